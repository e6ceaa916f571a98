"""Values for the whole of a picture from those of a part of it."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]

_LEAST: Final = 1e-6


def pull_push(weighted: Floats, weight: Floats) -> Floats:
    """Spreads what is known of a picture over all of it.

    Where nothing is known, a value comes from coarser and coarser copies (Gortler et al. 1996, "The Lumigraph").

    Args:
        weighted: [H, W, C], values times their weights.
        weight: [H, W], 0 where nothing is known.

    Returns:
        [H, W, C].
    """
    values = np.asarray(weighted / np.maximum(weight, _LEAST)[..., None], np.float32)
    height, width = weight.shape
    if weight.all() or (height, width) == (1, 1):
        return values
    half = (width + 1) // 2, (height + 1) // 2
    coarser = pull_push(_resize(weighted, half, cv2.INTER_AREA), _resize(weight, half, cv2.INTER_AREA))
    return np.where(weight[..., None] > 0, values, _resize(coarser, (width, height), cv2.INTER_LINEAR))


def _resize(values: Floats, size: tuple[int, int], interpolation: int) -> Floats:
    return np.asarray(cv2.resize(values, size, interpolation=interpolation), np.float32)
