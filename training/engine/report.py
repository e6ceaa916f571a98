"""What a run tells while it goes: a progress bar, its losses, sample sheets, events for TensorBoard and Prometheus."""

import csv
import io
import sys
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from tqdm import tqdm

from phiz_core.geometry import ImageArray
from training.engine.files import told, write_whole
from training.engine.pictures import animation, plot, png
from training.engine.prometheus import exposition
from training.engine.tensorboard import Events


class Report:
    """Writes ``history.csv``, ``history.png``, ``samples/``, ``progress.gif``, ``tensorboard/`` and ``metrics.prom``.

    What is there from steps after the last checkpoint is dropped, because they are done again: so all of it is as if
    the run had never been stopped.

    Args:
        folder: the run's folder.
        images_done: images seen before.
        seconds_done: seconds that they took.
        images_total: images of the whole run.
        name: the recipe's, shown before the bar.
    """

    def __init__(self, folder: Path, images_done: int, seconds_done: float, images_total: int, name: str) -> None:
        self._folder = folder
        self._name = name
        self._images_total = images_total
        self._rows = [row for row in _read(folder / "history.csv") if row["images"] <= images_done]
        self._write_history()
        self._samples = folder / "samples"
        with told(self._samples):
            self._samples.mkdir(exist_ok=True)
            for sheet in self._sheets():
                if int(sheet.stem) > images_done:
                    sheet.unlink()
        self._events = Events(folder / "tensorboard", images_done)
        self._recorded = (images_done, seconds_done)
        self._pending: list[Mapping[str, float]] = []
        seldom = 0.5 if sys.stderr.isatty() else 30.0  # a log file is not overwritten in place
        self._bar = tqdm(
            total=images_total, initial=images_done, unit="img", desc=name, smoothing=0.05, mininterval=seldom
        )

    def step(self, images: int, losses: Mapping[str, float]) -> None:
        """Counts ``images`` more, with the step's ``losses``."""
        self._pending.append(losses)
        self._bar.set_postfix({name: f"{value:.3f}" for name, value in losses.items()}, refresh=False)
        self._bar.update(images)

    def record(self, images: int, seconds: float) -> None:
        """Adds the means since the last record as a row of the history, at so many ``images`` and ``seconds``."""
        if not self._pending:
            return
        names = {name for losses in self._pending for name in losses}
        means = {name: float(np.mean([x[name] for x in self._pending if name in x])) for name in sorted(names)}
        images_before, seconds_before = self._recorded
        means["images_per_second"] = (images - images_before) / max(seconds - seconds_before, 1e-9)
        self._recorded = (images, seconds)
        self._pending.clear()
        self._rows.append({"images": float(images), "seconds": seconds, **means})
        self._write_history()
        self._events.scalars(images, means)
        metrics = exposition(self._name, self._folder.resolve().name, self._images_total, self._rows[-1])
        write_whole(self._folder / "metrics.prom", metrics)

    def pictures(self, images: int, samples: ImageArray) -> None:
        """Saves ``samples`` [H, W, 3] and draws the history anew."""
        sheet = png(samples)
        write_whole(self._samples / f"{images:09d}.png", sheet)
        height_px, width_px, _ = samples.shape
        self._events.picture(images, "samples", sheet, width_px, height_px)
        if self._rows:
            write_whole(self._folder / "history.png", plot(self._rows))

    def animate(self) -> None:
        """Shows all sheets so far one after another."""
        write_whole(self._folder / "progress.gif", animation(self._sheets()))

    def close(self) -> None:
        """Ends the bar."""
        self._bar.close()

    def _sheets(self) -> list[Path]:
        return sorted(self._samples.glob("*.png"))

    def _write_history(self) -> None:
        names = list(dict.fromkeys(name for row in self._rows for name in row)) or ["images"]
        text = io.StringIO()
        writer = csv.DictWriter(text, names)
        writer.writeheader()
        writer.writerows(self._rows)
        write_whole(self._folder / "history.csv", text.getvalue().encode())


def _read(path: Path) -> list[dict[str, float]]:
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return [{key: float(value) for key, value in row.items() if value} for row in csv.DictReader(file)]
