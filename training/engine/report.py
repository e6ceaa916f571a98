"""What a run tells while it goes: a progress bar, the loss history with its plot, and sample pictures."""

import csv
import math
import tempfile
from collections.abc import Mapping
from pathlib import Path

import cv2
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from tqdm import tqdm

from phiz_core.geometry import ImageArray


class Report:
    """Writes ``history.csv``, ``history.png`` and ``samples/*.png`` into a run's folder.

    Args:
        folder: the run's folder.
        images_done: images seen before; rows of the history past that are dropped, as their steps are done again.
        images_total: images of the whole run.
        name: shown before the bar.
    """

    def __init__(self, folder: Path, images_done: int, images_total: int, name: str) -> None:
        self._folder = folder
        self._history = folder / "history.csv"
        self._rows = [row for row in _read(self._history) if row["images"] <= images_done]
        _write(self._history, self._rows)
        self._pending: list[Mapping[str, float]] = []
        self._bar = tqdm(total=images_total, initial=images_done, unit="img", desc=name, smoothing=0.05)

    def step(self, images: int, losses: Mapping[str, float]) -> None:
        """Counts ``images`` more, with the step's ``losses``."""
        self._pending.append(losses)
        self._bar.update(images)
        self._bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()}, refresh=False)

    def record(self, images: int, seconds: float) -> None:
        """Adds the mean of the losses since the last record as a row of the history."""
        if not self._pending:
            return
        names = {name for losses in self._pending for name in losses}
        means = {name: float(np.mean([x[name] for x in self._pending if name in x])) for name in sorted(names)}
        self._rows.append({"images": float(images), "seconds": seconds, **means})
        self._pending.clear()
        _write(self._history, self._rows)

    def pictures(self, images: int, samples: ImageArray) -> None:
        """Saves ``samples`` [H, W, 3] and draws the history anew."""
        (self._folder / "samples").mkdir(exist_ok=True)
        cv2.imwrite(str(self._folder / "samples" / f"{images:09d}.png"), samples[..., ::-1])
        _plot(self._rows, self._folder / "history.png")

    def close(self) -> None:
        """Ends the bar."""
        self._bar.close()


def grid(images: ImageArray, columns: int) -> ImageArray:
    """Lays [N, H, W, 3] out in rows of ``columns``; empty places are black."""
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * columns, height, width, channels), np.uint8)
    sheet[:count] = images
    sheet = sheet.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    return sheet.reshape(rows * height, columns * width, channels)


def _read(path: Path) -> list[dict[str, float]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]


def _write(path: Path, rows: list[dict[str, float]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row)) or ["images"]
    with tempfile.NamedTemporaryFile("w", newline="", dir=path.parent, delete=False, encoding="utf-8") as file:
        writer = csv.DictWriter(file, names)
        writer.writeheader()
        writer.writerows(rows)
    Path(file.name).replace(path)


def _plot(rows: list[dict[str, float]], path: Path) -> None:
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in ("images", "seconds")]
    if not names:
        return
    figure, panels = plt.subplots(len(names), 1, figsize=(9, 1.8 * len(names)), sharex=True, squeeze=False)
    for name, panel in zip(names, panels[:, 0], strict=True):
        points = [(row["images"], row[name]) for row in rows if name in row]
        panel.plot(*zip(*points, strict=True), linewidth=1)
        panel.set_ylabel(name)
        panel.grid(alpha=0.3)
    panels[-1, 0].set_xlabel("images seen")
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)
