"""The translators' tasks: what is left of a photograph, from which it is to be made again."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from phiz_core import filters
from phiz_core.geometry import ImageArray
from training.synthesis.photometry import Random

_BY_DEFAULT: Final = 0.5
"""Part of the pictures whose filter has its default parameters, as serving has them."""


@dataclass(frozen=True)
class Task:
    """One task.

    Attributes:
        name: the model that serves it is ``translator_<name>``.
        vary: a photograph [H, W, 3] to the input [H, W, 3], with parameters that vary.
        filter: the filter of :data:`phiz_core.filters.FILTERS` that makes the input from a photograph, "" for none.
        hide: (random, height, width) to a mask [H, W], 255 where the photograph is hidden; None: nothing is hidden.
        skips: as in :class:`training.models.translator.Translator`.
    """

    name: str
    vary: Callable[[Random, ImageArray], ImageArray]
    filter: str = ""
    hide: Callable[[Random, int, int], ImageArray] | None = None
    skips: bool = True


def as_it_is(_random: Random, rgb: ImageArray) -> ImageArray:
    """The photograph."""
    return rgb


def thresholds(random: Random, rgb: ImageArray) -> ImageArray:
    """Three binary layers, at levels around the middle."""
    if random.random() < _BY_DEFAULT:
        return filters.rgb_thresholds(rgb)
    return filters.rgb_thresholds(rgb, [int(level) for level in random.integers(104, 153, 3)])


def contours(random: Random, rgb: ImageArray) -> ImageArray:
    """Lines of equal value, at levels near the default ones."""
    if random.random() < _BY_DEFAULT:
        return filters.colour_contours(rgb)
    shifts = random.integers(-10, 11, len(filters.CONTOUR_LEVELS))
    return filters.colour_contours(
        rgb, [int(level + shift) for level, shift in zip(filters.CONTOUR_LEVELS, shifts, strict=True)]
    )


def canny(random: Random, rgb: ImageArray) -> ImageArray:
    """Edges, from few to many, of the photograph more or less soft."""
    if random.random() < _BY_DEFAULT:
        return filters.canny(rgb)
    soft = cv2.GaussianBlur(rgb, (0, 0), random.uniform(0.3, 1.2))
    low = random.uniform(40.0, 120.0)
    return filters.canny(np.asarray(soft, np.uint8), low, low * random.uniform(1.5, 2.5))


def sketch(random: Random, rgb: ImageArray) -> ImageArray:
    """Pencil strokes, fine to broad."""
    if random.random() < _BY_DEFAULT:
        return filters.sketch(rgb)
    return filters.sketch(rgb, math.exp(random.uniform(math.log(2.0), math.log(8.0))))


def holes(random: Random, height: int, width: int) -> ImageArray:
    """Boxes, or strokes as of a broad brush, in the proportions of LaMa (Suvorov et al. 2022)."""
    mask = np.zeros((height, width), np.uint8)
    unit = min(height, width)
    if random.random() < 0.5:
        for _ in range(random.integers(1, 4)):
            tall, wide = random.uniform(0.12, 0.45, 2) * unit
            top, left = random.uniform(0, height - tall), random.uniform(0, width - wide)
            mask[int(top) : int(top + tall), int(left) : int(left + wide)] = 255
        return mask
    for _ in range(random.integers(1, 5)):
        thickness = int(random.uniform(0.04, 0.2) * unit)
        point, angle = random.uniform(0, 1, 2) * (width, height), random.uniform(0, 2 * math.pi)
        for _ in range(random.integers(1, 6)):
            angle += random.uniform(-1.2, 1.2)
            end = point + random.uniform(0.1, 0.5) * unit * np.array([math.cos(angle), math.sin(angle)])
            ends = [(int(x), int(y)) for x, y in (point, end)]
            cv2.line(mask, ends[0], ends[1], 255, max(1, thickness))
            point = end
    return mask


def border(random: Random, height: int, width: int) -> ImageArray:
    """Up to a third of the width or height on some of the four sides, at least one."""
    mask = np.zeros((height, width), np.uint8)
    sides = random.random(4) < 0.6
    sides[random.integers(4)] = True
    top, bottom, left, right = (random.uniform(0.06, 0.33, 4) * (height, height, width, width) * sides).astype(int)
    mask[:top] = mask[height - bottom :] = 255
    mask[:, :left] = mask[:, width - right :] = 255
    return mask


TASKS: Final[Mapping[str, Task]] = {
    task.name: task
    for task in (
        Task("autoencode", as_it_is, skips=False),
        Task("thresholds", thresholds, "rgb_thresholds"),
        Task("contours", contours, "colour_contours"),
        Task("canny", canny, "canny"),
        Task("sketch", sketch, "sketch"),
        Task("inpaint", as_it_is, hide=holes),
        Task("outpaint", as_it_is, hide=border),
    )
}
"""By name."""
