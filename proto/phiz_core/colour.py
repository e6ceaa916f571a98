"""Luminance and chroma, and joining them so that the luminance stays.

The colour space is full-range BT.601 YCbCr, that of JPEG: luminance is linear in RGB there, so a chroma can be scaled
into the gamut without moving the luminance, which no clipping in CIELAB allows.
"""

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray

NEUTRAL_CHROMA = 128
"""The value of Cb and Cr without colour."""

_STRIP_PIXELS = 1 << 17
"""Few enough that a strip's numbers stay in the processor's cache: that is three times as fast as with 1 << 20."""

_MAX_GAIN = 2.0


def luminance(rgb: ImageArray) -> ImageArray:
    """BT.601 luminance: RGB [H, W, 3] uint8 to [H, W] uint8."""
    return np.asarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY), np.uint8)


def chroma(rgb: ImageArray) -> ImageArray:
    """Cb and Cr around 128: RGB [H, W, 3] uint8 to [H, W, 2] uint8."""
    return np.ascontiguousarray(cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb)[..., 2:0:-1])


def join(luma: ImageArray, cb_cr: ImageArray, saturation: float = 1.0, strength: float = 1.0) -> ImageArray:
    """Gives a gray photograph its colour.

    The chroma is resized to the photograph and shrunk, pixel by pixel, to what the gamut holds at that luminance: the
    luminance of the result is within 1 level of ``luma`` everywhere. Memory beyond the result is bounded: the work
    goes strip by strip.

    Args:
        luma: [H, W] uint8.
        cb_cr: [h, w, 2] uint8 around 128, at any size.
        saturation: factor on the chroma, 0 or more.
        strength: how much of the coloured photograph is mixed into the gray one, 0 to 1.

    Returns:
        RGB [H, W, 3] uint8.
    """
    height, width = luma.shape
    full = np.asarray(cv2.resize(cb_cr, (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)
    rgb = np.empty((height, width, 3), np.uint8)
    rows = max(1, _STRIP_PIXELS // width)
    for top in range(0, height, rows):
        strip = slice(top, top + rows)
        rgb[strip] = _join_strip(luma[strip], full[strip], saturation, strength)
    return rgb


def _join_strip(luma: ImageArray, cb_cr: ImageArray, saturation: float, strength: float) -> ImageArray:
    y = luma.astype(np.float32)
    cb, cr = np.moveaxis((cb_cr.astype(np.float32) - NEUTRAL_CHROMA) * np.float32(saturation), -1, 0)
    offsets = (1.402 * cr, -0.344136 * cb - 0.714136 * cr, 1.772 * cb)
    fit = np.ones_like(y)
    for offset in offsets:
        room = np.where(offset > 0, 255.0 - y, y)
        np.minimum(fit, room / np.maximum(np.abs(offset), 1e-6), out=fit)
    fit *= np.float32(strength)
    rgb = np.stack([y + fit * offset for offset in offsets], axis=-1)
    return np.asarray(np.rint(rgb), np.uint8)


def match(rgb: ImageArray, like: ImageArray, weight: npt.NDArray[np.float32]) -> ImageArray:
    """Gives a picture the light of another: a gain a channel, after von Kries, which leaves black black.

    Args:
        rgb: [H, W, 3] uint8.
        like: [H, W, 3] uint8, whose mean the result gets, as far as gains of 1/2 to 2 and the gamut allow.
        weight: [H, W], how much each pixel counts in the means, 0 or more.

    Returns:
        [H, W, 3] uint8.
    """
    mean, wanted = (np.tensordot(weight, picture, axes=([0, 1], [0, 1])) for picture in (rgb, like))
    gain = np.clip(wanted / np.maximum(mean, 1e-6), 1 / _MAX_GAIN, _MAX_GAIN).astype(np.float32)
    return np.asarray(np.clip(np.rint(rgb * gain), 0, 255), np.uint8)


def colourfulness(rgb: npt.NDArray[np.uint8]) -> float:
    """Colourfulness after Hasler and Suesstrunk (2003) of RGB [..., 3] uint8; 0 is gray, 60 is vivid."""
    red, green, blue = np.moveaxis(rgb.astype(np.float64), -1, 0)
    red_green = red - green
    yellow_blue = 0.5 * (red + green) - blue
    spread = np.hypot(red_green.std(), yellow_blue.std())
    return float(spread + 0.3 * np.hypot(red_green.mean(), yellow_blue.mean()))
