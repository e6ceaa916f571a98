"""Which metrics there are, and which ones an expression of Prometheus names."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.request import urlopen

import yaml

from tests.monitoring.tools import RULES
from training.engine.prometheus import exposition

TRITON: Final = {
    "nv_inference_count",
    "nv_inference_exec_count",
    "nv_inference_request_success",
    "nv_inference_request_failure",
    "nv_inference_queue_duration_us",
    "nv_inference_pending_request_count",
    "nv_inference_compute_infer_duration_us",
}
"""What rules and dashboards use of those that a Triton shows without a GPU; test_live.py asks the real one."""

TRITON_GPU: Final = {
    "nv_gpu_memory_used_bytes",
    "nv_gpu_memory_total_bytes",
    "nv_gpu_utilization",
    "nv_gpu_power_usage",
}
"""What it shows beside with one, by its documentation."""

OTHERS: Final = {"ALERTS", "node_textfile_mtime_seconds"}
"""Prometheus's own, and the node exporter's."""

_SUFFIXES: Final = {"histogram": ("_bucket", "_sum", "_count")}
_NOT_NAMES: Final = {"and", "or", "unless", "bool", "by", "on", "without", "ignoring", "group_left", "group_right"}


def shown(text: str) -> set[str]:
    """Names of the series that an exposition has, or will have as soon as there is something to show."""
    families = re.findall(r"^# TYPE (\S+) (\S+)$", text, re.MULTILINE)
    return {name + suffix for name, kind in families for suffix in _SUFFIXES.get(kind, ("",))}


def shown_at(port: int) -> set[str]:
    """The same, of a server on this machine."""
    with urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        return shown(answer.read().decode())


def shown_by_training() -> set[str]:
    """Of a run with one loss."""
    row = {"images": 1.0, "seconds": 1.0, "images_per_second": 1.0, "generator": 0.5}
    return shown(exposition("recipe", "run", 10, row).decode())


def rules(path: Path | None = None) -> Iterator[dict[str, Any]]:
    """All rules, or those of one file."""
    for file in sorted(RULES.glob("*.yaml")) if path is None else [path]:
        for group in yaml.safe_load(file.read_text("utf-8"))["groups"]:
            yield from group["rules"]


def recorded() -> set[str]:
    """Names that the rules record."""
    return {rule["record"] for rule in rules() if "record" in rule}


def metric_names(expr: str) -> set[str]:
    """Metrics that an expression names: all words outside of selectors, ranges and groupings that are no function."""
    bare = re.sub(r'"[^"]*"|\{[^}]*\}|\[[^\]]*\]', " ", re.sub(r'"[^"]*"', "", expr))
    bare = re.sub(r"\b(by|on|without|ignoring|group_left|group_right)\s*\([^)]*\)", " ", bare)
    words = re.finditer(r"(?<![\w:.])([A-Za-z_:][\w:]*)(?!\s*\()(?![\w:])", bare)
    return {word[1] for word in words} - _NOT_NAMES
