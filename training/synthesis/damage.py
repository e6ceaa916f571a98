"""Faults that a face can have, each with a strength from 0 (none) to 1."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import cv2
import numpy as np

from phiz_core.geometry import ImageArray
from training.synthesis.photometry import Random

Damage = Callable[[Random, ImageArray, float], ImageArray]

_TEAR_POINTS: Final = 6


def blur(_random: Random, rgb: ImageArray, strength: float) -> ImageArray:
    """Gaussian blur of up to 2 px of 64."""
    deviation_px = max(strength, 1e-2) * 2.0 * rgb.shape[1] / 64.0
    return np.asarray(cv2.GaussianBlur(rgb, (0, 0), deviation_px), np.uint8)


def noise(random: Random, rgb: ImageArray, strength: float) -> ImageArray:
    """Gaussian noise of up to 40 levels."""
    grain = random.standard_normal(rgb.shape, dtype=np.float32) * np.float32(40.0 * strength)
    return np.asarray((rgb + grain).round().clip(0, 255), np.uint8)


def compression(_random: Random, rgb: ImageArray, strength: float) -> ImageArray:
    """JPEG of quality 95 down to 5."""
    quality = round(5 + 90 * (1.0 - strength) ** 2)
    _, data = cv2.imencode(".jpg", rgb[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def tear(random: Random, rgb: ImageArray, strength: float) -> ImageArray:
    """Parts pulled apart, as a generator does far from its data: smooth shifts of up to about 4 px of 64."""
    height, width = rgb.shape[:2]
    shift_px = strength * 4.0 * width / 64.0
    coarse = random.normal(0.0, shift_px, (_TEAR_POINTS, _TEAR_POINTS, 2)).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    torn = cv2.remap(rgb, x + field[..., 0], y + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(torn, np.uint8)


DAMAGES: Final[Mapping[str, Damage]] = MappingProxyType(
    {"tear": tear, "blur": blur, "noise": noise, "compression": compression}
)
"""By name, in the order in which several are done to one picture."""
