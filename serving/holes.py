"""A hole in a picture: what a translator sees of it, and its answer put in at the picture's own size.

All functions block and are pure; run them in a thread.
"""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray
from serving.images import fit_longest
from serving.pull_push import Floats, pull_push

Mask = npt.NDArray[np.bool_]
"""[H, W]: true where a picture is to be made anew."""

HIDDEN: Final = 128
"""The gray that stands for what is not known."""

_SURROUNDINGS: Final = 3
"""Sides of what is seen over those of the hole."""

_LEAST_KNOWN: Final = 0.25
"""A pixel of a smaller copy is known if this part of what it stands for is."""

_NEAR_PX: Final = 1.0
"""Standard deviation of how far along a hole's rim colours are averaged."""

_NEIGHBOURS: Final = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Window:
    """The part of a picture that is seen; right and bottom are exclusive."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def around(hole: Mask, least_px: int) -> Window:
    """The part of a picture around a hole that is needed to fill it.

    The smaller it is, the less it must be shrunk, and the sharper is what goes into the hole; but the translator must
    see enough of what is around.

    Args:
        hole: [H, W], true somewhere.
        least_px: smallest side of the part, unless the picture's own is smaller.
    """
    height_px, width_px = hole.shape
    top, bottom = _along(np.flatnonzero(hole.any(axis=1)), height_px, least_px)
    left, right = _along(np.flatnonzero(hole.any(axis=0)), width_px, least_px)
    return Window(left, top, right, bottom)


def _along(hidden: npt.NDArray[np.intp], side_px: int, least_px: int) -> tuple[int, int]:
    """The part of one side, from start to stop, around the ``hidden`` rows or columns."""
    first, stop = int(hidden[0]), int(hidden[-1]) + 1
    wanted_px = min(side_px, max(least_px, _SURROUNDINGS * (stop - first)))
    start = min(max(0, (first + stop - wanted_px) // 2), side_px - wanted_px)
    return start, start + wanted_px


def see(picture: ImageArray, hole: Mask, longest_px: int) -> tuple[ImageArray, ImageArray]:
    """A copy that is no longer than ``longest_px``, with the hole in gray.

    A pixel of a smaller copy is the mean of what is known of it: nothing of the hole's old content comes through.

    Args:
        picture: RGB [H, W, 3] uint8.
        hole: [H, W].
        longest_px: longest side of the copy.

    Returns:
        RGB [h, w, 3] uint8, and the mask [h, w, 1] uint8: 255 in the hole, else 0.
    """
    height_px, width_px = hole.shape
    if max(height_px, width_px) <= longest_px:
        small, hidden = picture, hole
    else:
        size = fit_longest(width_px, height_px, longest_px)
        weight = np.where(hole, np.float32(0), np.float32(1))
        known = cv2.resize(weight, size, interpolation=cv2.INTER_AREA)
        sums = [cv2.resize(channel * weight, size, interpolation=cv2.INTER_AREA) for channel in _channels(picture)]
        small = np.rint(np.stack(sums, axis=-1) / np.maximum(known, _LEAST_KNOWN)[..., None]).astype(np.uint8)
        hidden = known < _LEAST_KNOWN
    mask = hidden[..., None]
    return np.where(mask, np.uint8(HIDDEN), small), np.where(mask, np.uint8(255), np.uint8(0))


def _channels(picture: ImageArray) -> list[npt.NDArray[Any]]:
    return [picture[..., channel] for channel in range(picture.shape[-1])]


def soften(made: ImageArray, mask: ImageArray) -> ImageArray:
    """Lets what was made in a hole meet what is around it.

    What the colours differ by along the rim is spread over the hole and added: the membrane of Poisson image editing
    (Perez et al. 2003), by pull-push.

    Args:
        made: RGB [h, w, 3] uint8.
        mask: [h, w, 1] uint8, as ``see`` gives it.

    Returns:
        RGB [h, w, 3] uint8, outside of the hole as ``made``.
    """
    hidden = mask[..., 0] // 255
    inner = (hidden - cv2.erode(hidden, _NEIGHBOURS)).astype(np.float32)
    outer = (cv2.dilate(hidden, _NEIGHBOURS) - hidden).astype(np.float32)
    pixels = made.astype(np.float32)
    differences = _near(pixels, outer) - _near(pixels, inner)
    met = pixels + pull_push(differences * inner[..., None], inner)
    return np.where(mask > 0, np.clip(np.rint(met), 0, 255), made).astype(np.uint8)


def _near(pixels: Floats, weight: Floats) -> Floats:
    """The mean [h, w, 3] of the near pixels that have weight [h, w]."""
    sums = cv2.GaussianBlur(pixels * weight[..., None], (0, 0), _NEAR_PX)
    return np.asarray(sums / np.maximum(cv2.GaussianBlur(weight, (0, 0), _NEAR_PX), 1e-6)[..., None], np.float32)


def fill(picture: ImageArray, hole: Mask, window: Window, made: ImageArray) -> None:
    """Puts what was made of a window of the picture into the hole, in place; all other pixels stay as they are.

    Args:
        picture: RGB [H, W, 3] uint8.
        hole: [H, W]; it lies within the window.
        window: the part of the picture.
        made: RGB [h, w, 3] uint8, the window at any size.
    """
    part, inside = picture[window.slices], hole[window.slices]
    sized = cv2.resize(made, inside.shape[::-1], interpolation=cv2.INTER_CUBIC)
    np.copyto(part, sized, where=inside[..., None])
