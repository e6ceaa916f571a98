"""Picture files: bytes to pixels within limits, and pixels to bytes with their provenance inside.

All functions block and are pure; run them in a thread. Nothing here touches the network or the disk.
"""

import io
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageFile
from PIL.PngImagePlugin import PngInfo

from phiz.pictures import as_rgb, as_rgba
from phiz_core.geometry import ImageArray
from serving.errors import ImageMissing, ImageTooLarge, ImageTruncated, ImageUnreadable, UnsupportedFormat
from serving.file_parts import check_jpeg_parts, check_png_parts
from serving.provenance import Provenance, to_xmp
from serving.webp import webp_size

# Our own limit is judged from the header; Pillow's would only warn, or raise before the size can be told.
Image.MAX_IMAGE_PIXELS = None

_PNG_LEVEL: Final = 3  # half the time of 6 on a noisy picture, for a seventh more bytes
_OTHER_FORMATS: Final = {
    b"GIF8": "GIF",
    b"BM": "BMP",
    b"II*\0": "TIFF",
    b"MM\0*": "TIFF",
    b"\0\0\1\0": "ICO",
    b"%PDF": "PDF",
    b"8BPS": "PSD",
    b"<svg": "SVG",
    b"<?xml": "SVG",
    b"\xff\x0a": "JPEG XL",
    b"\0\0\0\x0cJXL ": "JPEG XL",
    b"\0\0\0\x0cjP  ": "JPEG 2000",
}


class Format(Enum):
    """A file format, by Pillow's name."""

    PNG = "PNG"
    JPEG = "JPEG"
    WEBP = "WEBP"

    @property
    def mime_type(self) -> str:
        """The MIME type, for example "image/png"."""
        return f"image/{self.value.lower()}"

    @property
    def max_side_px(self) -> int:
        """Longest side that a file of this format holds."""
        return {Format.PNG: 2**31 - 1, Format.JPEG: 65_500, Format.WEBP: 16_383}[self]


class Upscaling(Enum):
    """How a picture is made larger than it is."""

    MODEL = auto()
    BICUBIC = auto()
    LANCZOS = auto()
    EDGE_DIRECTED = auto()


@dataclass(frozen=True)
class Encoding:
    """How a picture is to be encoded.

    Attributes:
        format: of the file.
        quality: of JPEG and WebP, 1..100.
        size_px: longest side; None for that of the picture.
        upscaling: how the picture gets there if it is smaller; None for the best that there is.
    """

    format: Format = Format.PNG
    quality: int = 92
    size_px: int | None = None
    upscaling: Upscaling | None = None


@dataclass(frozen=True)
class EncodedImage:
    """A picture file and what it holds."""

    data: bytes
    mime_type: str
    width_px: int
    height_px: int
    provenance: Provenance


@dataclass(frozen=True)
class Header:
    """What a picture file says of itself before it is decoded."""

    format: Format
    width_px: int
    height_px: int

    @property
    def pixels(self) -> int:
        """Width times height."""
        return self.width_px * self.height_px


def read_header(data: bytes, *, max_bytes: int, max_pixels: int, field: str) -> Header:
    """Judges a file by its first bytes and its header; nothing is decoded.

    Raises:
        ImageMissing: there are no bytes.
        ImageTooLarge: too many bytes, parts or pixels.
        UnsupportedFormat: a picture, but neither JPEG, PNG nor WebP.
        ImageUnreadable, ImageTruncated: no picture, or a damaged one.
    """
    check_bytes(data, max_bytes, field)
    file_format = recognise(data, field)
    match file_format:
        case Format.JPEG:
            check_jpeg_parts(data, field)
        case Format.PNG:
            check_png_parts(data, field)
    header = Header(file_format, *_size(data, file_format, field))
    if header.pixels > max_pixels:
        message = f"The photograph has {header.width_px} x {header.height_px} pixels; at most {max_pixels} are taken."
        size = {"width_px": header.width_px, "height_px": header.height_px}
        raise ImageTooLarge(message, field=field, **size, max_pixels=max_pixels)
    return header


def check_bytes(data: bytes, max_bytes: int, field: str) -> None:
    """Raises ImageMissing if there are no bytes, and ImageTooLarge if there are too many."""
    if not data:
        raise ImageMissing("A photograph is required.", field=field)
    if len(data) > max_bytes:
        message = f"The photograph has {len(data)} bytes; at most {max_bytes} are taken."
        raise ImageTooLarge(message, field=field, bytes=len(data), max_bytes=max_bytes)


def recognise(data: bytes, field: str) -> Format:
    """Tells the format by a file's first bytes.

    Raises:
        UnsupportedFormat: a picture, but neither JPEG, PNG nor WebP.
        ImageUnreadable: no picture.
    """
    if data.startswith(b"\xff\xd8\xff"):
        return Format.JPEG
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return Format.PNG
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return Format.WEBP
    other = next((name for magic, name in _OTHER_FORMATS.items() if data.startswith(magic)), None)
    if data[4:8] == b"ftyp":
        other = "HEIF, AVIF or video"
    if other is None:
        raise ImageUnreadable("The bytes are no picture.", field=field)
    raise UnsupportedFormat(f"{other} is not taken; send JPEG, PNG or WebP.", field=field, format=other)


def decode(data: bytes, header: Header, *, field: str, keep_alpha: bool = False) -> ImageArray:
    """Decodes a file whose header was accepted: upright by its EXIF orientation, on white where it is transparent.

    Of an animation the first frame is taken; 16 bits a channel become 8.

    Returns:
        RGB [H, W, 3] uint8, or with ``keep_alpha`` RGBA [H, W, 4] uint8 if the file has transparency.

    Raises:
        ImageUnreadable, ImageTruncated: the file is damaged.
    """
    with _open(data, header.format, field) as image:
        try:
            return np.array(as_rgba(image) if keep_alpha and image.has_transparency_data else as_rgb(image), np.uint8)
        except Exception as error:  # a hostile file may raise anything in Pillow's parsers
            raise _damaged(data, header.format, field) from error


def check_side(side_px: int, file_format: Format) -> None:
    """Raises UnsupportedFormat if the format holds no picture with such a side."""
    name, max_side_px = file_format.value, file_format.max_side_px
    if side_px > max_side_px:
        message = (
            f"{name} holds no picture of {side_px} px; at most {max_side_px} px. Ask for PNG, or for a smaller size."
        )
        raise UnsupportedFormat(message, field="output.format", format=name, side_px=side_px, max_side_px=max_side_px)


def encode(pixels: ImageArray, encoding: Encoding, provenance: Provenance) -> EncodedImage:
    """Encodes RGB [H, W, 3] or RGBA [H, W, 4] uint8 as it is, with the provenance as XMP; JPEG on white.

    The encoding's size is left to ``serving.upscaling``. Equal arguments give equal bytes.

    Raises:
        UnsupportedFormat: the format holds no picture of this size.
    """
    check_side(max(pixels.shape), encoding.format)
    image = Image.fromarray(pixels)
    if encoding.format is Format.JPEG:
        image = as_rgb(image)
    xmp = to_xmp(provenance)
    buffer = io.BytesIO()
    match encoding.format:
        case Format.PNG:
            text = PngInfo()
            text.add_itxt("XML:com.adobe.xmp", xmp)
            image.save(buffer, "PNG", pnginfo=text, compress_level=_PNG_LEVEL)
        case Format.JPEG:
            subsampling = "4:4:4" if encoding.quality >= 90 else "4:2:0"
            image.save(buffer, "JPEG", quality=encoding.quality, subsampling=subsampling, xmp=xmp.encode())
        case Format.WEBP:
            image.save(buffer, "WEBP", quality=encoding.quality, xmp=xmp.encode())
    return EncodedImage(buffer.getvalue(), encoding.format.mime_type, image.width, image.height, provenance)


def fit_longest(width_px: int, height_px: int, longest_px: int) -> tuple[int, int]:
    """Width and height scaled so that the longer one is ``longest_px``; neither falls below 1."""
    scale = longest_px / max(width_px, height_px)
    return max(1, round(width_px * scale)), max(1, round(height_px * scale))


def resize_longest(pixels: ImageArray, longest_px: int) -> ImageArray:
    """Resizes [H, W] or [H, W, C] uint8 to a longest side: averaged when it shrinks, Lanczos when it grows."""
    height_px, width_px = pixels.shape[:2]
    size = fit_longest(width_px, height_px, longest_px)
    if size == (width_px, height_px):
        return pixels
    shrinks = longest_px < max(width_px, height_px)
    return np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LANCZOS4))


def mirror_to(pixels: ImageArray, multiple_px: int) -> ImageArray:
    """Mirrors the right and lower edge of [H, W, C] uint8, until height and width are multiples of ``multiple_px``."""
    height_px, width_px, channels = pixels.shape
    bottom, right = -height_px % multiple_px, -width_px % multiple_px
    mirrored = cv2.copyMakeBorder(pixels, 0, bottom, 0, right, cv2.BORDER_REFLECT_101)
    return np.asarray(mirrored, np.uint8).reshape(height_px + bottom, width_px + right, channels)


def _size(data: bytes, file_format: Format, field: str) -> tuple[int, int]:
    """Width and height by the file's header."""
    if file_format is Format.WEBP:  # of which Pillow takes memory for the whole canvas as soon as it is opened
        size = webp_size(data)
        if size is None:
            raise _damaged(data, file_format, field)
        return size
    with _open(data, file_format, field) as image:
        return image.size


def _open(data: bytes, file_format: Format, field: str) -> ImageFile.ImageFile:
    try:
        return Image.open(io.BytesIO(data), formats=[file_format.value])
    except Exception as error:  # a hostile file may raise anything in Pillow's parsers
        raise _damaged(data, file_format, field) from error


def _damaged(data: bytes, file_format: Format, field: str) -> ImageTruncated | ImageUnreadable:
    """The error for a file that does not decode: cut off if the mark that ends its format is missing."""
    match file_format:
        case Format.JPEG:
            complete = b"\xff\xd9" in data[-1024:]
        case Format.PNG:
            complete = b"IEND" in data[-1024:]
        case Format.WEBP:
            complete = int.from_bytes(data[4:8], "little") + 8 <= len(data)
    if complete:
        return ImageUnreadable(f"The {file_format.value} file is damaged.", field=field)
    return ImageTruncated(f"The {file_format.value} file ends too early.", field=field)
