"""What was measured, as a table in Markdown, as JSON, and as a plot."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
from matplotlib.ticker import NullFormatter

from benchmarks.serve.calls import Rpc
from benchmarks.serve.measure import Figures

_COLOURS: Final = {"floor": "0.45", "Phiz, embedded": "tab:blue", "Phiz, Triton": "tab:orange"}
_HEAD: Final = (
    "| RPC | load | system | offered/s | goodput/s | refused | p50 ms | p99 ms | processor ms | MiB | others |\n"
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"
)


@dataclass(frozen=True)
class Row:
    """What a system showed at a load, in parts of what the floor can do."""

    rpc: Rpc
    system: str
    load: float
    figures: Figures


def table(rows: Sequence[Row]) -> str:
    """A row a system and load; below, which of them were not loaded as they should have been."""
    lines = [_HEAD, *(_line(row) for row in rows)]
    lines += [f"\n{_place(row)}: {row.figures.unsent:.0f} requests not sent" for row in rows if row.figures.unsent]
    return "\n".join(lines)


def write(rows: Sequence[Row], folder: Path) -> None:
    """Writes serve.json, serve.md and serve.png."""
    figures = [{"rpc": row.rpc.value, "system": row.system, "load": row.load, **asdict(row.figures)} for row in rows]
    (folder / "serve.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    (folder / "serve.md").write_text(table(rows) + "\n", encoding="utf-8")
    _plot(rows, folder / "serve.png")


def _line(row: Row) -> str:
    of = row.figures
    cells = [
        *(row.rpc.value, f"{row.load:.0%}", row.system, f"{of.offered:.1f}", f"{of.goodput:.1f}", f"{of.refused:.0%}"),
        *(_milliseconds(of.p50_ms), _milliseconds(of.p99_ms), f"{of.processor_ms:.2f}"),
        *(f"{of.mebibytes:.0f}", f"{of.others:.2f}"),
    ]
    return "| " + " | ".join(cells) + " |"


def _place(row: Row) -> str:
    return f"{row.rpc.value}, {row.load:.0%}, {row.system}"


def _milliseconds(value: float) -> str:
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def _plot(rows: Sequence[Row], path: Path) -> None:
    """Goodput above, latency below, over the load; a column an RPC."""
    rpcs = list(dict.fromkeys(row.rpc for row in rows))
    figure, axes = plt.subplots(2, len(rpcs), figsize=(4 * len(rpcs), 6.4), squeeze=False, sharex=True)
    for latency in axes[1, 1:]:
        latency.sharey(axes[1, 0])
    for column, rpc in enumerate(rpcs):
        goodput, latency = axes[:, column]
        for system, colour in _COLOURS.items():
            mine = [row for row in rows if row.rpc is rpc and row.system == system]
            if not mine:
                continue
            loads = [100 * row.load for row in mine]
            goodput.plot(loads, [row.figures.goodput for row in mine], "o-", color=colour, label=system)
            latency.plot(loads, [row.figures.p50_ms for row in mine], "o-", color=colour, label=f"{system}, p50")
            latency.plot(loads, [row.figures.p99_ms for row in mine], "o:", color=colour, label=f"{system}, p99")
        goodput.set_title(rpc.value)
        goodput.set_ylim(bottom=0)
        latency.set_yscale("log")
        latency.yaxis.set_major_formatter("{x:g}")
        latency.yaxis.set_minor_formatter(NullFormatter())
        latency.set_xlabel("load, % of what the floor can do")
        for plot in (goodput, latency):
            plot.grid(alpha=0.3)
    axes[0, 0].set_ylabel("answers a second")
    axes[1, 0].set_ylabel("ms")
    axes[0, 0].legend(fontsize="small")
    axes[1, 0].legend(fontsize="x-small")
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    plt.close(figure)
