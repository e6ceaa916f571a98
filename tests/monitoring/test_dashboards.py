"""The dashboards: as generated, well laid out, and naming what there is."""

import json
import re
from itertools import combinations
from typing import Any, Final

import pytest

from deploy.monitoring.dashboards.__main__ import DASHBOARDS, FOLDER, text
from deploy.monitoring.dashboards.grafana import COLUMNS, Dashboard
from tests.monitoring.known import metric_names

PAGES: Final = [json.loads(text(dashboard)) for dashboard in DASHBOARDS]
PANELS: Final = [panel for page in PAGES for panel in page["panels"] if panel["type"] != "row"]


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_the_file_is_as_generated(dashboard: Dashboard) -> None:
    assert (FOLDER / f"{dashboard.uid}.json").read_text("utf-8") == text(dashboard), "run make dashboards"


def test_there_are_no_other_files() -> None:
    assert {file.stem for file in FOLDER.iterdir()} == {dashboard.uid for dashboard in DASHBOARDS}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page["uid"])
class TestLayout:
    def test_panels_have_numbers_of_their_own_and_do_not_overlap(self, page: dict[str, Any]) -> None:
        panels = page["panels"]
        assert len({panel["id"] for panel in panels}) == len(panels)
        for one, other in combinations((panel["gridPos"] for panel in panels), 2):
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            assert beside or below
        assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= COLUMNS for panel in panels)

    def test_the_data_source_is_chosen_at_the_top(self, page: dict[str, Any]) -> None:
        assert page["templating"]["list"][0]["type"] == "datasource"
        uids = re.findall(r'"uid": "(?!phiz-)([^"]*)"', json.dumps(page))
        assert set(uids) == {"${datasource}"}

    def test_variables_are_used(self, page: dict[str, Any]) -> None:
        exprs = " ".join(target["expr"] for panel in page["panels"] for target in panel.get("targets", ()))
        assert all(f"${variable['name']}" in exprs for variable in page["templating"]["list"][1:])


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
class TestPanel:
    def test_it_says_what_it_means_and_in_which_unit(self, panel: dict[str, Any]) -> None:
        assert panel["description"].endswith(".")
        assert panel["fieldConfig"]["defaults"]["unit"]

    def test_it_names_metrics_that_there_are(self, panel: dict[str, Any], known: set[str]) -> None:
        for target in panel["targets"]:
            names = metric_names(target["expr"])
            assert names
            assert names <= known
