"""The filter bank: what is left of a picture when most of it is taken away.

Each filter is a pure function of RGB [H, W, 3] uint8 and of its parameters; its result has the same height and width.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import cv2
import numpy as np

from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray

CONTOUR_LEVELS: Final = (50, 100, 150, 200)

_CROSS: Final = np.asarray(cv2.getStructuringElement(cv2.MORPH_CROSS, (3, 3)), np.uint8)


def gray(rgb: ImageArray) -> ImageArray:
    """BT.601 luminance in each channel: [H, W, 3] to [H, W, 3]."""
    return np.repeat(luminance(rgb)[..., None], 3, axis=2)


def rgb_thresholds(rgb: ImageArray, levels: Sequence[int] = (128, 128, 128)) -> ImageArray:
    """Three binary layers: a channel is 255 where it is above its own level, else 0. Eight colours are left.

    Args:
        rgb: [H, W, 3].
        levels: of red, green and blue, 0 to 255.

    Returns:
        [H, W, 3], 0 or 255.

    Raises:
        ValueError: not three levels, or one that is not in 0..255.
    """
    if len(levels) != 3:
        raise ValueError(f"three levels are needed, one a channel; there are {len(levels)}")
    _check_levels(levels)
    return np.asarray(np.where(rgb > np.asarray(levels), 255, 0), np.uint8)


def colour_contours(rgb: ImageArray, levels: Sequence[int] = CONTOUR_LEVELS) -> ImageArray:
    """Lines of equal value: in each channel, the contours of the channel binarised at each level.

    A pixel is on the contour of a level if it is above the level and one of its four neighbours is not; what lies
    beyond the edge of the picture counts as above. The contours of all levels are drawn into one layer a channel, so
    that the colour of a line tells whose it is: white where all three channels have their contour.

    Args:
        rgb: [H, W, 3].
        levels: at least one, each 0 to 255.

    Returns:
        [H, W, 3], 0 or 255.

    Raises:
        ValueError: no level, or one that is not in 0..255.
    """
    if not levels:
        raise ValueError("at least one level is needed")
    _check_levels(levels)
    lines = np.zeros_like(rgb)
    for level in levels:
        above = rgb_thresholds(rgb, (level, level, level))
        lines |= above & ~np.asarray(cv2.erode(above, _CROSS), np.uint8).reshape(rgb.shape)
    return lines


def canny(rgb: ImageArray, low: float = 100.0, high: float = 200.0) -> ImageArray:
    """Edges of the luminance after Canny (A Computational Approach to Edge Detection, 1986), L2 norm, 3x3 Sobel.

    Args:
        rgb: [H, W, 3].
        low: gradient above which an edge goes on.
        high: gradient above which an edge starts.

    Returns:
        [H, W, 3], 0 or 255, the same in each channel.

    Raises:
        ValueError: not 0 <= low <= high.
    """
    if not 0 <= low <= high:
        raise ValueError(f"the thresholds {low} and {high} are not in order from 0 up")
    edges = np.asarray(cv2.Canny(luminance(rgb), low, high, L2gradient=True), np.uint8)
    return np.repeat(edges[..., None], 3, axis=2)


def sketch(rgb: ImageArray, line_px: float = 4.0) -> ImageArray:
    """A pencil drawing: the luminance over its own blur, so that flat areas become paper and darker detail a stroke.

    It is what the colour dodge of image editors makes of a gray picture and its blurred negative.

    Args:
        rgb: [H, W, 3].
        line_px: standard deviation of the blur; the larger, the broader and darker the strokes.

    Returns:
        [H, W, 3], the same in each channel; 255 is paper.

    Raises:
        ValueError: ``line_px`` is not greater than 0.
    """
    if not line_px > 0:
        raise ValueError(f"the width of a line is greater than 0; {line_px} is not")
    gray_level = luminance(rgb)
    paper = np.maximum(np.asarray(cv2.GaussianBlur(gray_level, (0, 0), line_px)), 1)
    drawn = np.minimum(gray_level.astype(np.float32) * 255.0 / paper, 255.0).round().astype(np.uint8)
    return np.repeat(drawn[..., None], 3, axis=2)


FILTERS: Final[Mapping[str, Callable[[ImageArray], ImageArray]]] = {
    "gray": gray,
    "rgb_thresholds": rgb_thresholds,
    "colour_contours": colour_contours,
    "canny": canny,
    "sketch": sketch,
}
"""By name, with their default parameters."""


def _check_levels(levels: Sequence[int]) -> None:
    if outside := [level for level in levels if not 0 <= level <= 255]:
        raise ValueError(f"levels are 0 to 255; {outside[0]} is not")
