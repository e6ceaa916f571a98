"""Draws a dashboard as Grafana would, roughly: to see whether it can be read."""

import math
import time
from collections.abc import Callable
from itertools import pairwise
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from deploy.monitoring.dashboards.grafana import COLUMNS

Series = list[dict[str, Any]]

_COLUMN_INCHES: Final = 0.75
_LINE_INCHES: Final = 0.42
_COLORS: Final = {"green": "#56a64b", "orange": "#e0752d", "red": "#c4162a"}


def draw(page: dict[str, Any], title: str, now: Callable[[str], Series], then: Callable[[str], Series]) -> Figure:
    """Draws all panels of a dashboard's JSON.

    Args:
        page: what Grafana reads.
        title: written above.
        now: asks for the newest values of an expression, as Prometheus's API gives them.
        then: asks for its curves.
    """
    lines = max(panel["gridPos"]["y"] + panel["gridPos"]["h"] for panel in page["panels"]) + 1
    width, height = COLUMNS * _COLUMN_INCHES, lines * _LINE_INCHES
    figure = Figure(figsize=(width, height), facecolor="#f4f5f5", dpi=72)
    FigureCanvasAgg(figure)
    figure.text(0.15 / width, 1 - 0.25 / height, title, size=13, weight="bold", va="center")
    for panel in page["panels"]:
        place = panel["gridPos"]
        left, top = place["x"] * _COLUMN_INCHES, (place["y"] + 1) * _LINE_INCHES
        if panel["type"] == "row":
            middle = 1 - (top + 0.5 * _LINE_INCHES) / height
            figure.text((left + 0.15) / width, middle, panel["title"], size=11, va="center", color="#464c54")
            continue
        box = (left + 0.06, top + 0.06, place["w"] * _COLUMN_INCHES - 0.12, place["h"] * _LINE_INCHES - 0.12)
        back = figure.add_axes((box[0] / width, 1 - (box[1] + box[3]) / height, box[2] / width, box[3] / height))
        back.set(xticks=[], yticks=[], xlim=(0, box[2]), ylim=(box[3], 0))
        back.spines[:].set_color("#d8d9da")
        back.text(0.1, 0.17, panel["title"], size=9, weight="bold", va="center")
        if panel["type"] == "stat":
            _draw_numbers(back, panel, now, box[2], box[3])
        else:
            _draw_curves(figure, back, box, panel, then)
    return figure


def _draw_numbers(axes: Axes, panel: dict[str, Any], now: Callable[[str], Series], width: float, height: float) -> None:
    defaults = panel["fieldConfig"]["defaults"]
    words = {value: each["text"] for mapping in defaults["mappings"] for value, each in mapping["options"].items()}
    found = [(_legend(panel["targets"][0], series), float(series["value"][1])) for series in now(_expr(panel))]
    columns = min(len(found), 8) or 1
    rows = -(-len(found) // columns) or 1
    wide, high = width / columns, (height - 0.35) / rows
    for index, (name, value) in enumerate(sorted(found)):
        x, y = index % columns * wide, 0.35 + index // columns * high
        color = _COLORS[[step["color"] for step in defaults["thresholds"]["steps"] if _reached(step, value)][-1]]
        axes.fill_between([x + 0.03, x + wide - 0.03], y, y + high - 0.04, color=color)
        text = words.get(f"{value:g}", formatted(value, defaults["unit"]))
        center: dict[str, Any] = {"ha": "center", "va": "center", "color": "white"}
        axes.text(x + wide / 2, y + high / 2 - (0.09 if name else 0), text, size=10 if name else 19, **center)
        if name:
            axes.text(x + wide / 2, y + high / 2 + 0.1, name, size=8, **center)


def _draw_curves(
    figure: Figure,
    back: Axes,
    box: tuple[float, float, float, float],
    panel: dict[str, Any],
    then: Callable[[str], Series],
) -> None:
    """``box`` is left, top, width and height of the panel, in inches."""
    defaults = panel["fieldConfig"]["defaults"]
    custom = defaults["custom"]
    stacked = custom["stacking"]["mode"] == "normal"
    found = [(_legend(target, each), each) for target in panel["targets"] for each in then(target["expr"])]
    columns = max(1, int(box[2] / 1.4))
    legend_inches = 0.18 * -(-len(found) // columns) + 0.1
    left, top, width, height = box[0] + 0.8, box[1] + 0.4, box[2] - 0.95, box[3] - 0.65 - legend_inches
    full_width, full_height = figure.get_size_inches()
    axes = figure.add_axes(
        (left / full_width, 1 - (top + height) / full_height, width / full_width, height / full_height)
    )
    base: dict[float, float] = {}
    for name, series in found:
        points = _with_gaps({float(at): float(value) for at, value in series["values"]})
        below = [base.get(at, 0.0) if stacked else 0.0 for at in points]
        above = [value + under for value, under in zip(points.values(), below, strict=True)]
        (line,) = axes.plot(list(points), above, linewidth=1.2, label=name)
        if stacked:
            axes.fill_between(list(points), below, above, alpha=0.3, color=line.get_color())
            base |= {at: value for at, value in zip(points, above, strict=True) if math.isfinite(value)}
    if custom["thresholdsStyle"]["mode"] != "off":
        for step in defaults["thresholds"]["steps"][1:]:
            axes.axhline(step["value"], linestyle="--", linewidth=1, color=_COLORS[step["color"]])
    if custom["scaleDistribution"]["type"] == "log":
        axes.set_yscale("log")
    else:
        low, high = axes.get_ylim()
        axes.set_ylim(defaults.get("min", low), max(defaults.get("max", 0), high))
        axes.yaxis.set_major_locator(MaxNLocator(4))
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: formatted(value, defaults["unit"])))
    axes.xaxis.set_major_locator(MaxNLocator(4))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda at, _: time.strftime("%H:%M:%S", time.gmtime(at))))
    axes.tick_params(labelsize=7, length=0, which="both")
    axes.grid(color="#e6e7e8")
    axes.spines[:].set_visible(False)
    if found:
        handles, names = axes.get_legend_handles_labels()
        back.legend(handles, names, loc="lower left", ncols=columns, fontsize=7, frameon=False, columnspacing=1)
    else:
        axes.text(0.5, 0.5, "No data", ha="center", transform=axes.transAxes, color="#7b8087")


def _with_gaps(points: dict[float, float]) -> dict[float, float]:
    """Nothing is drawn where three values in a row are missing."""
    times = sorted(points)
    step = min((after - before for before, after in pairwise(times)), default=0.0)
    gaps = {before + step: math.nan for before, after in pairwise(times) if after - before > 3 * step}
    return dict(sorted((points | gaps).items()))


def formatted(value: float, unit: str) -> str:
    """A value as Grafana writes it, with its unit."""
    match unit:
        case "percentunit":
            return f"{100 * value:,.3g} %" if abs(value) < 10 else f"{100 * value:,.0f} %"
        case "s" if 0 < abs(value) < 1:
            return f"{1000 * value:.3g} ms"
        case "s" if abs(value) >= 120:
            return f"{value / 60:.3g} min"
        case "bytes":
            return f"{value / 2**20:.3g} MiB"
        case "short":
            return f"{value:.3g}"
    return f"{value:.3g} {({'reqps': 'req/s', 'ops': 'ops/s', 's': 's', 'watt': 'W'})[unit]}"


def _expr(panel: dict[str, Any]) -> str:
    return str(panel["targets"][0]["expr"])


def _legend(target: dict[str, Any], series: dict[str, Any]) -> str:
    text: str = target["legendFormat"]
    for name, value in series["metric"].items():
        text = text.replace(f"{{{{{name}}}}}", value)
    return "" if text == "__auto" else text


def _reached(step: dict[str, Any], value: float) -> bool:
    return step["value"] is None or value >= step["value"]
