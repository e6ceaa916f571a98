"""Writes the dashboards where Grafana finds them: ``python -m deploy.monitoring.dashboards``."""

import json
from pathlib import Path
from typing import Final

from deploy.monitoring.dashboards.grafana import Dashboard, to_json
from deploy.monitoring.dashboards.models import MODELS
from deploy.monitoring.dashboards.overview import OVERVIEW
from deploy.monitoring.dashboards.stages import STAGES
from deploy.monitoring.dashboards.training import TRAINING

DASHBOARDS: Final = (OVERVIEW, STAGES, MODELS, TRAINING)
FOLDER: Final = Path(__file__).resolve().parents[1] / "grafana" / "dashboards"


def text(dashboard: Dashboard) -> str:
    """The content of a dashboard's file."""
    return json.dumps(to_json(dashboard), indent=1) + "\n"


def main() -> None:
    """Writes them."""
    for dashboard in DASHBOARDS:
        (FOLDER / f"{dashboard.uid}.json").write_text(text(dashboard), encoding="utf-8")


if __name__ == "__main__":
    main()
