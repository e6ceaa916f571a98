"""Bytes of a picture file to pixels, whatever they hold."""

import io
import warnings
from typing import Final

import numpy as np
from PIL import Image, UnidentifiedImageError

from phiz_core.geometry import ImageArray

MAX_PIXELS: Final = 200_000_000

# Our own limit is judged from the header; Pillow's would only warn, or raise before the size can be told.
Image.MAX_IMAGE_PIXELS = None

_ORIENTATION_TAG: Final = 0x0112
_ORIENTATIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class UnreadableError(Exception):
    """The file holds no picture that can be read; the message says why."""


def decode(data: bytes) -> ImageArray:
    """Decodes any still picture that Pillow reads: upright by its EXIF orientation, on white where it is transparent.

    Of an animation or a file of several pages the first picture is taken; 16 bits a channel are scaled to 8.

    Returns:
        RGB [H, W, 3] uint8.

    Raises:
        UnreadableError: no picture, a damaged one, or one of more than :data:`MAX_PIXELS`.
    """
    if not data:
        raise UnreadableError("the file is empty")
    try:
        with warnings.catch_warnings(action="ignore"), Image.open(io.BytesIO(data)) as image:
            if image.width * image.height > MAX_PIXELS:
                raise UnreadableError(f"{image.width} x {image.height} pixels are more than {MAX_PIXELS:,}")
            orientation = _ORIENTATIONS.get(_orientation(image))
            rgb = _to_rgb(image)
    except UnreadableError:
        raise
    except UnidentifiedImageError as error:
        raise UnreadableError(_unknown(data)) from error
    except Exception as error:  # a damaged file may raise anything in Pillow's parsers
        raise UnreadableError(f"damaged: {error}" if str(error) else "damaged") from error
    upright = rgb if orientation is None else rgb.transpose(orientation)
    return np.array(upright, np.uint8)


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF says nothing about the pixels: take them as they are
        return 1


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):
        values = np.clip(np.asarray(image, np.int64), 0, 65535)
        return Image.fromarray(((values * 255 + 32767) // 65535).astype(np.uint8)).convert("RGB")
    if image.mode == "F":
        raise UnreadableError("pixels are floating point numbers of unknown range")
    if image.has_transparency_data:
        picture = image.convert("RGBA")
        paper = Image.new("RGBA", picture.size, "white")
        return Image.alpha_composite(paper, picture).convert("RGB")
    return image.convert("RGB")


def _unknown(data: bytes) -> str:
    if data[4:8] == b"ftyp":
        return "a HEIF picture or a video, which is not read; convert it to JPEG"
    return "no picture in a format that is read"
