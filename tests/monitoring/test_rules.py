"""The rules: each is well formed, fires when it should and not when not, and names what there is."""

import re
import subprocess
from pathlib import Path
from typing import Final

import grpc
import pytest
import yaml

from serving.metrics import SERVICE
from tests.monitoring.known import metric_names, rules
from tests.monitoring.tools import MONITORING, RULES, program
from tests.tools import ROOT

CASES: Final = sorted((Path(__file__).parent / "rules").glob("*.yaml"))
ALERTS: Final = [rule for rule in rules() if "alert" in rule]
NAMES: Final = sorted({rule["alert"] for rule in ALERTS})
RUNBOOKS: Final = ROOT / "docs" / "runbooks"


def run(*command: str | Path) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


class TestForm:
    def test_prometheus_takes_the_rules_and_its_configuration(self) -> None:
        run(program("promtool"), "check", "rules", *sorted(RULES.glob("*.yaml")))
        run(program("promtool"), "check", "config", MONITORING / "prometheus.yaml")

    def test_alertmanager_takes_its_configuration(self) -> None:
        run(program("amtool"), "check-config", MONITORING / "alertmanager.yaml")

    @pytest.mark.parametrize("rule", ALERTS, ids=lambda rule: rule["alert"])
    def test_an_alert_says_how_urgent_it_is_and_what_to_do(self, rule: dict[str, dict[str, str]]) -> None:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["annotations"]["runbook_url"].endswith(f"/docs/runbooks/{rule['alert']}.md")

    def test_there_is_a_runbook_for_each_alert_and_no_other(self) -> None:
        assert sorted(page.stem for page in RUNBOOKS.glob("*.md") if page.stem != "README") == NAMES


class TestBehaviour:
    @pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
    def test_rules_do_as_told(self, case: Path) -> None:
        run(program("promtool"), "test", "rules", case)

    @pytest.mark.parametrize("name", NAMES)
    def test_each_alert_is_tried_to_fire_and_not_to_fire(self, name: str) -> None:
        tried = [
            bool(case["exp_alerts"])
            for file in CASES
            for test in yaml.safe_load(file.read_text("utf-8"))["tests"]
            for case in test.get("alert_rule_test", ())
            if case["alertname"] == name
        ]
        assert set(tried) == {True, False}


class TestTruth:
    def test_an_expression_is_understood(self) -> None:
        """Which everything below relies on."""
        expr = 'sum by (a, b) (rate(x_total{c="d",e=~"f_g"}[5m])) > 1e6 / on (h) group_left () y:z:rate5m or vector(0)'
        assert metric_names(expr) == {"x_total", "y:z:rate5m"}

    @pytest.mark.parametrize("rule", list(rules()), ids=lambda rule: rule.get("alert") or rule["record"])
    def test_a_rule_names_metrics_that_there_are(self, rule: dict[str, str], known: set[str]) -> None:
        names = metric_names(rule["expr"])
        assert names
        assert names <= known

    def test_each_method_has_one_objective_of_latency_unless_it_streams(self) -> None:
        (rule,) = (rule for rule in ALERTS if rule["alert"] == "PhizLatencyHigh")
        named = [name for names in re.findall(r'grpc_method=~"([^"]+)"', rule["expr"]) for name in names.split("|")]
        assert sorted(named) == sorted(method.name for method in SERVICE.methods if not method.server_streaming)

    def test_failures_are_codes_that_grpc_has(self) -> None:
        (rule,) = (rule for rule in rules() if rule.get("record") == "phiz:errors:rate5m")
        (names,) = re.findall(r'grpc_code=~"([^"]+)"', rule["expr"])
        assert set(names.split("|")) < {code.name for code in grpc.StatusCode}


@pytest.mark.parametrize(
    "page", [RUNBOOKS.parent / "monitoring.md", *RUNBOOKS.glob("*.md")], ids=lambda page: page.stem
)
def test_a_page_names_metrics_that_there_are(page: Path, known: set[str]) -> None:
    named = set(re.findall(r"\b(?:phiz|nv|grpc_server|process)[_:][a-z_:\d]+", page.read_text("utf-8")))
    assert named <= known
