"""Telling photographs in colour from those of one tone: gray, sepia and faded ones."""

from typing import Final

import cv2
import numpy as np

from phiz_core.geometry import ImageArray

MAX_SPREAD: Final = 14.0
"""Spread of the chroma up to which a photograph counts as of one tone."""

_COPY_PX: Final = 128
_STEPS: Final = 16
_QUANTILE: Final = 0.98


def chroma_spread(rgb: ImageArray) -> float:
    """How far colours of equal luminance lie apart, in levels of Cb and Cr; 0 for gray.

    A toned or faded print has one colour for each luminance, however strong, and stains move it a little; in a
    photograph in colour, things of the same luminance differ. That tells them apart where a line through the chroma
    does not: skin, wood and sepia lie on the same one.

    Args:
        rgb: [H, W, 3] uint8, of which a copy of at most 128 px is looked at.

    Returns:
        The distance from the median colour of the same luminance that 98 % of the pixels do not pass.
    """
    height, width = rgb.shape[:2]
    scale = min(1.0, _COPY_PX / max(height, width))
    size = max(1, round(scale * width)), max(1, round(scale * height))
    small = np.asarray(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA), np.float32)
    pixels = np.asarray(cv2.cvtColor(small / 255, cv2.COLOR_RGB2YCrCb) * 255).reshape(-1, 3)
    luma, chroma = pixels[:, 0], pixels[:, 1:]
    step = (luma * (_STEPS / 256)).astype(int)
    distances = np.zeros(len(luma))
    for number in np.unique(step):
        alike = step == number
        distances[alike] = np.linalg.norm(chroma[alike] - np.median(chroma[alike], axis=0), axis=1)
    return float(np.quantile(distances, _QUANTILE))
