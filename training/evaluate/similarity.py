"""How near one picture is to another: PSNR, SSIM, the error of the colours."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray

Hidden = npt.NDArray[np.bool_]
"""[H, W], the pixels that count."""

_C1: Final = (0.01 * 255.0) ** 2
_C2: Final = (0.03 * 255.0) ** 2
_WINDOW_PX: Final = 11
_DEVIATION_PX: Final = 1.5
_LEAST_ERROR: Final = 1e-3


def psnr_db(made: ImageArray, wanted: ImageArray, counted: Hidden) -> float:
    """Peak signal-to-noise ratio of RGB [H, W, 3], all channels together; pictures that are equal have about 78 dB."""
    error = float(np.square(made[counted].astype(np.float64) - wanted[counted]).mean())
    return float(10.0 * np.log10(255.0**2 / max(error, _LEAST_ERROR)))


def ssim(made: ImageArray, wanted: ImageArray, counted: Hidden) -> float:
    """Structural similarity of the luminance of RGB [H, W, 3] (Wang et al. 2004: Gaussian window of 11 pixels)."""
    a, b = (luminance(x).astype(np.float64) for x in (made, wanted))
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    variances = _local_mean(a * a) - mean_a**2 + _local_mean(b * b) - mean_b**2
    covariance = _local_mean(a * b) - mean_a * mean_b
    brightness = (2.0 * mean_a * mean_b + _C1) / (mean_a**2 + mean_b**2 + _C1)
    similarity = brightness * (2.0 * covariance + _C2) / (variances + _C2)
    return float(similarity[counted].mean())


def ab_error(made: ImageArray, wanted: ImageArray, counted: Hidden) -> float:
    """Mean distance in the a and b of CIELAB of RGB [H, W, 3]."""
    a, b = (cv2.cvtColor(x.astype(np.float32) / 255.0, cv2.COLOR_RGB2Lab)[..., 1:] for x in (made, wanted))
    return float(np.linalg.norm(a - b, axis=-1)[counted].mean())


def _local_mean(x: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    size = (_WINDOW_PX, _WINDOW_PX)
    return np.asarray(cv2.GaussianBlur(x, size, _DEVIATION_PX, borderType=cv2.BORDER_REFLECT), np.float64)
