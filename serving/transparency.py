"""Pictures with transparency, before they are resized."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray

_Floats = npt.NDArray[np.float32]

_LEAST: Final = 1e-6


def fill_hidden(rgba: ImageArray) -> ImageArray:
    """Gives pixels that are wholly transparent the colours around them: RGBA [H, W, 4] uint8.

    What stands there is mostly black, and would bleed into what is seen when pixels are made from their neighbours.
    The colours come from coarser and coarser copies (pull-push; Gortler et al. 1996, "The Lumigraph").
    """
    hidden = rgba[..., 3] == 0
    if not hidden.any():
        return rgba
    weight = rgba[..., 3].astype(np.float32)
    colours = _pull_push(rgba[..., :3] * weight[..., None], weight)
    filled = rgba.copy()
    filled[hidden, :3] = np.rint(colours[hidden])
    return filled


def _pull_push(weighted: _Floats, weight: _Floats) -> _Floats:
    """The mean colour [H, W, 3] where there is weight [H, W], and where there is none, that of the coarser copy."""
    colours = np.asarray(weighted / np.maximum(weight, _LEAST)[..., None], np.float32)
    height, width = weight.shape
    if weight.all() or (height, width) == (1, 1):
        return colours
    half = (width + 1) // 2, (height + 1) // 2
    coarser = _pull_push(_resize(weighted, half, cv2.INTER_AREA), _resize(weight, half, cv2.INTER_AREA))
    return np.where(weight[..., None] > 0, colours, _resize(coarser, (width, height), cv2.INTER_LINEAR))


def _resize(values: _Floats, size: tuple[int, int], interpolation: int) -> _Floats:
    return np.asarray(cv2.resize(values, size, interpolation=interpolation), np.float32)
