"""What was measured, as a table to read, as JSON, and as a plot."""

import io
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

OURS: Final = "Phiz"
PIX2PIX: Final = "pix2pix"
HEAD: Final = (
    f"{'task':<12}{'by':<13}{'PSNR dB':>9}{'SSIM':>8}{'ab error':>10}{'colourfulness':>15}{'Frechet':>9}{'ms':>8}"
)

_PANELS: Final = {
    "psnr_db": "PSNR, dB (higher)",
    "ssim": "SSIM (higher)",
    "ab_error": "error of a and b (lower)",
    "colourfulness_ratio": "colourfulness over the real one (near 1)",
    "frechet_distance": "Frechet distance of the faces (lower)",
}


@dataclass(frozen=True)
class Row:
    """One way to do one task; the figures are those of :func:`training.evaluate.translator.figures`."""

    task: str
    by: str
    milliseconds: float
    psnr_db: float
    ssim: float
    ab_error: float
    colourfulness_ratio: float
    frechet_distance: float


def line(row: Row) -> str:
    """``row`` for a terminal, below :data:`HEAD`."""
    milliseconds = f"{row.milliseconds:>8.1f}" if row.milliseconds else f"{'':>8}"
    return (
        f"{row.task:<12}{row.by:<13}{row.psnr_db:>9.2f}{row.ssim:>8.3f}{row.ab_error:>10.2f}"
        f"{row.colourfulness_ratio:>15.2f}{row.frechet_distance:>9.1f}{milliseconds}"
    )


def write(rows: Sequence[Row], folder: Path) -> None:
    """Writes ``translate.json`` and ``translate.png`` into ``folder``, which is made if need be."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps([asdict(row) for row in rows], indent=2)
    (folder / "translate.json").write_text(text + "\n", encoding="utf-8")
    (folder / "translate.png").write_bytes(plot(rows))


def plot(rows: Sequence[Row]) -> bytes:
    """A PNG file with a panel for each figure and a bar for each task and way."""
    tasks = list(dict.fromkeys(row.task for row in rows))
    ways = list(dict.fromkeys(row.by for row in rows))
    figure, panels = plt.subplots(len(_PANELS), 1, figsize=(10, 2.2 * len(_PANELS)), sharex=True, layout="constrained")
    for panel, (name, label) in zip(panels, _PANELS.items(), strict=True):
        for index, way in enumerate(ways):
            found = {row.task: getattr(row, name) for row in rows if row.by == way}
            at = np.arange(len(tasks)) + (index - (len(ways) - 1) / 2) * 0.8 / len(ways)
            panel.bar(at, [found.get(task, np.nan) for task in tasks], 0.8 / len(ways), label=way)
        panel.set_title(label, fontsize=9)
        panel.grid(axis="y", alpha=0.3)
    panels[0].legend(fontsize=8, ncols=len(ways))
    panels[-1].set_xticks(range(len(tasks)), tasks)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=90)
    plt.close(figure)
    return file.getvalue()
