"""Writes prometheusrule.yaml, for the Prometheus operator, from the rules of deploy/monitoring: ``make rules``."""

from pathlib import Path
from textwrap import indent
from typing import Final

HERE: Final = Path(__file__).resolve().parent
RULES: Final = HERE.parents[2] / "monitoring" / "rules"
FILE: Final = HERE / "prometheusrule.yaml"

_HEAD: Final = """\
# Written by make rules from deploy/monitoring/rules; change those.
apiVersion: monitoring.coreos.com/v1
kind: PrometheusRule
metadata:
  name: phiz
  labels:
    app.kubernetes.io/name: phiz
    app.kubernetes.io/part-of: phiz
spec:
  groups:
"""


def rule() -> str:
    """The PrometheusRule with the groups of all files, as they stand there."""
    groups = (file.read_text("utf-8").partition("groups:\n")[2] for file in sorted(RULES.glob("*.yaml")))
    return _HEAD + indent("".join(groups), "  ")


if __name__ == "__main__":
    FILE.write_text(rule(), "utf-8")
