"""Enlarging pictures without a model: bicubic, Lanczos, and directional cubic convolution, which follows edges.

All of them, as the trained upscalers, keep the picture's edges where they are: pixel (0, 0) of twice the size lies
over the top left quarter of pixel (0, 0).
"""

from enum import Enum
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray

_Floats = npt.NDArray[np.float32]


class Interpolation(Enum):
    """How a picture is resized: to more pixels, or (area) to fewer, each the mean of those that it covers."""

    AREA = cv2.INTER_AREA
    BICUBIC = cv2.INTER_CUBIC
    LANCZOS = cv2.INTER_LANCZOS4


def interpolate(pixels: ImageArray, width_px: int, height_px: int, how: Interpolation) -> ImageArray:
    """Resizes [H, W, C] uint8 to [height_px, width_px, C] uint8."""
    resized = cv2.resize(pixels, (width_px, height_px), interpolation=how.value)
    return np.asarray(resized, np.uint8).reshape(height_px, width_px, -1)


_MARGIN_PX: Final = 4
_THRESHOLD: Final = 1.15
_DIAGONAL_PAIRS: Final = np.ones((3, 3), np.float32)
_HORIZONTAL_PAIRS: Final = np.array([[0, 1, 0], [1, 0, 1], [0, 1, 0], [1, 0, 1], [0, 1, 0]], np.float32)
_CUBIC: Final = np.array([[-1, 0, 9, 0, 9, 0, -1]], np.float32) / 16


def edge_directed(pixels: ImageArray, scale: int) -> ImageArray:
    """Enlarges by directional cubic convolution (Zhou, Shen and Dong 2012, "Image zooming using directional cubic
    convolution interpolation"): along edges, not across them.

    The method fills in pixels between those that are there, 2 N - 1 of N. The result is moved by half a pixel, by
    cubic convolution again, to the 2 N pixels that cover the picture. One direction is chosen for all channels of a
    pixel, from the mean of their gradients, so that no colour breaks away at an edge.

    Args:
        pixels: [H, W, C] uint8.
        scale: 2 or 4, which is twice 2.

    Returns:
        [scale * H, scale * W, C] uint8.
    """
    floats = pixels.astype(np.float32)
    for _ in range(scale // 2):
        floats = _double(floats)
    return np.asarray(np.clip(np.rint(floats), 0, 255), np.uint8)


def _double(pixels: _Floats) -> _Floats:
    dense = _fill(_mirror(pixels, _MARGIN_PX))
    height_px, width_px = pixels.shape[:2]
    rows = _midpoints(dense[2 * _MARGIN_PX - 2 :], 2 * height_px)
    return _midpoints(rows[:, 2 * _MARGIN_PX - 2 :].swapaxes(0, 1), 2 * width_px).swapaxes(0, 1)


def _fill(known: _Floats) -> _Floats:
    """[H, W, C] to [2 H - 1, 2 W - 1, C], where the known pixels have even places; right ``_MARGIN_PX`` inside."""
    height, width, channels = known.shape
    dense = np.zeros((2 * height - 1, 2 * width - 1, channels), np.float32)
    dense[::2, ::2] = known
    dense[1::2, 1::2] = _diagonal_pixels(known)
    filled = _straight_pixels(dense)
    dense[::2, 1::2] = filled[::2, 1::2]
    dense[1::2, ::2] = filled[1::2, ::2]
    return dense


def _diagonal_pixels(known: _Floats) -> _Floats:
    """The pixels between four known ones: [H, W, C] to [H - 1, W - 1, C]."""
    rising = _filter(_difference(known[1:, :-1], known[:-1, 1:]), _DIAGONAL_PAIRS)
    falling = _filter(_difference(known[1:, 1:], known[:-1, :-1]), _DIAGONAL_PAIRS)
    near = _mirror(known, 1)
    inner = [slice(i, i + size - 1) for size in known.shape[:2] for i in range(4)]
    rows, columns = inner[:4], inner[4:]
    along_rising = _cubic(*(near[rows[3 - i], columns[i]] for i in range(4)))
    along_falling = _cubic(*(near[rows[i], columns[i]] for i in range(4)))
    return _blend(rising, along_rising, falling, along_falling)


def _straight_pixels(dense: _Floats) -> _Floats:
    """All pixels of [H, W, C] from known ones beside, above and below, which those at odd places have."""
    horizontal, vertical = np.zeros((2, *dense.shape[:2]), np.float32)
    horizontal[:, 1:-1] = _difference(dense[:, 2:], dense[:, :-2])
    vertical[1:-1] = _difference(dense[2:], dense[:-2])
    return _blend(
        _filter(horizontal, _HORIZONTAL_PAIRS),
        _filter(dense, _CUBIC),
        _filter(vertical, _HORIZONTAL_PAIRS.T),
        _filter(dense, _CUBIC.T),
    )


def _blend(gradient: _Floats, value: _Floats, other_gradient: _Floats, other_value: _Floats) -> _Floats:
    """The value [H, W, C] of the direction in which the pixels change less [H, W]; of both where none is clear.

    Both are weighted by 1 / (1 + gradient^5) then.
    """
    weight, other_weight = 1 + other_gradient**2 * other_gradient**3, 1 + gradient**2 * gradient**3
    share = weight / (weight + other_weight)
    share[1 + gradient > _THRESHOLD * (1 + other_gradient)] = 0
    share[1 + other_gradient > _THRESHOLD * (1 + gradient)] = 1
    return other_value + share[..., None] * (value - other_value)


def _midpoints(dense: _Floats, count: int) -> _Floats:
    """The ``count`` values halfway between rows 1 and 2, 2 and 3 and so on."""
    return _cubic(*(dense[i : i + count] for i in range(4)))


def _cubic(first: _Floats, second: _Floats, third: _Floats, fourth: _Floats) -> _Floats:
    """Cubic convolution halfway between the second and the third."""
    return (9 * (second + third) - first - fourth) / np.float32(16)


def _difference(one: _Floats, other: _Floats) -> _Floats:
    """The mean of the channels' distances: twice [H, W, C] to [H, W]."""
    channels = one.shape[-1]
    return np.asarray(np.abs(one - other) @ np.full(channels, 1 / channels, np.float32), np.float32)


def _mirror(pixels: _Floats, margin_px: int) -> _Floats:
    mirrored = cv2.copyMakeBorder(pixels, margin_px, margin_px, margin_px, margin_px, cv2.BORDER_REFLECT_101)
    return np.asarray(mirrored, np.float32).reshape(*mirrored.shape[:2], -1)


def _filter(pixels: _Floats, kernel: npt.NDArray[Any]) -> _Floats:
    return np.asarray(cv2.filter2D(pixels, -1, kernel), np.float32).reshape(pixels.shape)
