"""Dashboards as plain values, and the JSON that Grafana reads."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

COLUMNS: Final = 24
_SCHEMA_VERSION: Final = 39  # Grafana 11; newer ones take it as well
_HEIGHTS: Final = {"stat": 4, "timeseries": 8}
_DATASOURCE: Final = {"type": "prometheus", "uid": "${datasource}"}

GREEN: Final = "green"
AMBER: Final = "orange"
RED: Final = "red"


@dataclass(frozen=True)
class Query:
    """What to ask Prometheus, and how to name each series, as ``{{label}}``."""

    expr: str
    legend: str = ""


@dataclass(frozen=True)
class Panel:
    """One picture.

    Attributes:
        title: what is seen.
        description: what it means and what to make of it; shown when the pointer rests on it.
        unit: of Grafana: "s", "bytes", "reqps", "percentunit", "short", "watt".
        queries: their series are shown together.
        kind: curves, or the newest value of each series as a number.
        width: of ``COLUMNS``.
        steps: colours by value, from each value up; the first holds from minus infinity.
        limits: whether curves show ``steps`` as lines; else those have no meaning for them.
        stacked: whether curves are put upon each other.
        logarithmic: whether the vertical axis is; then ``low`` has no meaning.
        low: end of the vertical axis; None for that of the data.
        high: as ``low``.
        names: words to show instead of values.
    """

    title: str
    description: str
    unit: str
    queries: Sequence[Query]
    kind: Literal["timeseries", "stat"] = "timeseries"
    width: int = 8
    steps: Sequence[tuple[float | None, str]] = ((None, GREEN),)
    limits: bool = False
    stacked: bool = False
    logarithmic: bool = False
    low: float | None = 0
    high: float | None = None
    names: Sequence[tuple[float, str]] = ()


@dataclass(frozen=True)
class Row:
    """A line of panels, or several; panels that do not fit begin a new one."""

    title: str
    panels: Sequence[Panel]


@dataclass(frozen=True)
class Variable:
    """A choice at the top: values of the label ``name`` of a metric, any number of them."""

    name: str
    label: str
    metric: str


NAMESPACE: Final = Variable("namespace", "Namespace", "phiz_build_info")
HERE: Final = 'namespace=~"$namespace"'
"""Picks the series of the chosen namespaces; all there are where there is no such label."""


@dataclass(frozen=True)
class Dashboard:
    """A page."""

    uid: str
    title: str
    description: str
    variables: Sequence[Variable]
    rows: Sequence[Row]
    hours: int = 3


def to_json(dashboard: Dashboard) -> dict[str, Any]:
    """What Grafana reads."""
    return {
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.description,
        "tags": ["phiz"],
        "schemaVersion": _SCHEMA_VERSION,
        "editable": False,
        "graphTooltip": 1,  # the pointer is at one time in all panels
        "refresh": "30s",
        "time": {"from": f"now-{dashboard.hours}h", "to": "now"},
        "links": [{"type": "dashboards", "tags": ["phiz"], "title": "Phiz", "asDropdown": False, "keepTime": True}],
        "templating": {"list": [_datasource_variable(), *map(_variable, dashboard.variables)]},
        "panels": list(_panels(dashboard.rows)),
    }


def _datasource_variable() -> dict[str, Any]:
    return {"name": "datasource", "label": "Data source", "type": "datasource", "query": "prometheus"}


def _variable(variable: Variable) -> dict[str, Any]:
    query = f"label_values({variable.metric}, {variable.name})"
    return {
        "name": variable.name,
        "label": variable.label,
        "type": "query",
        "datasource": _DATASOURCE,
        "query": {"query": query, "refId": variable.name},
        "definition": query,
        "refresh": 2,  # when the time range changes
        "multi": True,
        "includeAll": True,
        "allValue": ".*",  # also where there is no such label
        "current": {"text": ["All"], "value": ["$__all"]},
    }


def _panels(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    number = top = 0
    for row in rows:
        number += 1
        place = {"x": 0, "y": top, "w": COLUMNS, "h": 1}
        yield {"id": number, "type": "row", "title": row.title, "collapsed": False, "panels": [], "gridPos": place}
        top += 1
        left = height = 0
        for panel in row.panels:
            if left + panel.width > COLUMNS:
                left, top, height = 0, top + height, 0
            number += 1
            height = max(height, _HEIGHTS[panel.kind])
            place = {"x": left, "y": top, "w": panel.width, "h": _HEIGHTS[panel.kind]}
            yield {"id": number, "gridPos": place, **_panel(panel)}
            left += panel.width
        top += height


def _panel(panel: Panel) -> dict[str, Any]:
    return {
        "type": panel.kind,
        "title": panel.title,
        "description": panel.description,
        "datasource": _DATASOURCE,
        "targets": [
            {
                "refId": chr(ord("A") + index),
                "datasource": _DATASOURCE,
                "expr": query.expr,
                "legendFormat": query.legend or "__auto",
                "instant": panel.kind == "stat",
                "range": panel.kind != "stat",
            }
            for index, query in enumerate(panel.queries)
        ],
        "fieldConfig": {"defaults": _defaults(panel), "overrides": []},
        "options": _stat_options() if panel.kind == "stat" else _curve_options(),
    }


def _defaults(panel: Panel) -> dict[str, Any]:
    names = {f"{value:g}": {"text": text, "index": index} for index, (value, text) in enumerate(panel.names)}
    defaults: dict[str, Any] = {
        "unit": panel.unit,
        "thresholds": {
            "mode": "absolute",
            "steps": [{"value": value, "color": color} for value, color in panel.steps],
        },
        "color": {"mode": "thresholds" if panel.kind == "stat" else "palette-classic"},
        "mappings": [{"type": "value", "options": names}] if names else [],
    }
    if panel.low is not None and not panel.logarithmic:
        defaults["min"] = panel.low
    if panel.high is not None:
        defaults["max"] = panel.high
    if panel.kind == "timeseries":
        defaults["custom"] = {
            "lineWidth": 1,
            "fillOpacity": 30 if panel.stacked else 0,
            "showPoints": "auto",
            "scaleDistribution": {"type": "log", "log": 10} if panel.logarithmic else {"type": "linear"},
            "stacking": {"mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "dashed" if panel.limits else "off"},
        }
    return defaults


def _stat_options() -> dict[str, Any]:
    return {
        "reduceOptions": {"calcs": ["lastNotNull"]},
        "colorMode": "background",
        "graphMode": "none",
        "textMode": "auto",  # with the series' name where there are several
        "orientation": "auto",
    }


def _curve_options() -> dict[str, Any]:
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }
