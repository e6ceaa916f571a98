"""Pictures of a run: sheets of samples, their animation, and the plot of its history."""

import io
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from PIL import Image

from phiz_core.geometry import ImageArray

FRAMES = 32
"""Frames of an animation, at most."""
FRAME_PX = 512
"""Longer side of an animation, at most."""
_FRAME_MILLISECONDS = 200
_LAST_FRAME_MILLISECONDS = 2_000


def grid(images: ImageArray, columns: int) -> ImageArray:
    """Lays [N, H, W, 3] out in rows of ``columns``; empty places are black."""
    count, height, width, channels = images.shape
    rows = math.ceil(count / columns)
    sheet = np.zeros((rows * columns, height, width, channels), np.uint8)
    sheet[:count] = images
    sheet = sheet.reshape(rows, columns, height, width, channels).transpose(0, 2, 1, 3, 4)
    return sheet.reshape(rows * height, columns * width, channels)


def png(image: ImageArray) -> bytes:
    """RGB [H, W, 3] as the bytes of a PNG file."""
    _, encoded = cv2.imencode(".png", image[..., ::-1])
    return encoded.tobytes()


def animation(sheets: Sequence[Path]) -> bytes:
    """The pictures ``sheets``, of one size, one after another as a GIF file, as :data:`FRAMES` evenly chosen ones."""
    chosen = np.unique(np.linspace(0, len(sheets) - 1, FRAMES).round().astype(int))
    frames = []
    for index in chosen:
        with Image.open(sheets[index]) as sheet:
            sheet.thumbnail((FRAME_PX, FRAME_PX))
            frames.append(sheet.convert("RGB"))
    durations = [_FRAME_MILLISECONDS] * (len(frames) - 1) + [_LAST_FRAME_MILLISECONDS]
    file = io.BytesIO()
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return file.getvalue()


def plot(rows: Sequence[Mapping[str, float]]) -> bytes:
    """A PNG file with one panel for each column of a history, over ``images``."""
    names = [name for name in dict.fromkeys(name for row in rows for name in row) if name not in ("images", "seconds")]
    figure, panels = plt.subplots(len(names), 1, figsize=(9, 1.8 * len(names)), sharex=True, squeeze=False)
    for name, panel in zip(names, panels[:, 0], strict=True):
        points = [(row["images"], row[name]) for row in rows if name in row]
        panel.plot(*zip(*points, strict=True), linewidth=1)
        panel.set_ylabel(name)
        panel.grid(alpha=0.3)
    panels[-1, 0].set_xlabel("images seen")
    figure.tight_layout()
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=90)
    plt.close(figure)
    return file.getvalue()
