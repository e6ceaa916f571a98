"""The metadata of a picture file, found without decoding it: where JPEG, PNG, WebP and GIF keep XMP and C2PA.

All functions are pure. They take any bytes: of what is damaged or goes on for ever they find what comes before that.
"""

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from serving.provenance import MAX_XMP_BYTES

MAX_PARTS: Final = 10_000
"""Parts of a file that are looked at: a PNG of 20 MiB in parts of 8 KiB, as is usual, has 2,560."""

_JPEG_FILL: Final = 0xFF
_JPEG_ENDS: Final = (0xD9, 0xDA)
_JPEG_APP1: Final = b"\xe1"
_JPEG_APP11: Final = b"\xeb"
_JPEG_XMP: Final = b"http://ns.adobe.com/xap/1.0/\0"
_PNG_XMP: Final = b"XML:com.adobe.xmp\0"
_GIF_XMP: Final = b"\x21\xff\x0bXMP DataXMP"
_GIF_C2PA: Final = b"\x21\xff\x0bC2PA_GIF"
_GIF_XMP_END: Final = bytes([1, *range(255, 251, -1)])


@dataclass(frozen=True)
class PictureMetadata:
    """What a file has beside its pixels.

    Attributes:
        xmp: the first XMP packet; None where there is none. One that is larger than is read may be cut off.
        content_credentials: whether there is a C2PA manifest store; it is not looked into here.
    """

    xmp: bytes | None
    content_credentials: bool


def find_metadata(data: bytes) -> PictureMetadata:
    """Finds the metadata of a JPEG, PNG, WebP or GIF file; there is none in other bytes."""
    view = memoryview(data)
    xmp: bytes | None = None
    content_credentials = False
    if data.startswith(b"\xff\xd8"):
        for marker, body in _jpeg_segments(view):
            if xmp is None and marker == _JPEG_APP1 and bytes(body[: len(_JPEG_XMP)]) == _JPEG_XMP:
                xmp = bytes(body[len(_JPEG_XMP) :])
            content_credentials |= marker == _JPEG_APP11 and b"c2pa" in bytes(body[:128])
    elif data.startswith(b"\x89PNG"):
        for name, body in png_chunks(view):
            if xmp is None and name == b"iTXt" and bytes(body[: len(_PNG_XMP)]) == _PNG_XMP:
                xmp = _text_of(bytes(body[len(_PNG_XMP) :][: 2 * MAX_XMP_BYTES]))
            content_credentials |= name == b"caBX"
    elif data.startswith(b"RIFF"):
        for name, body in _riff_chunks(view):
            if xmp is None and name == b"XMP ":
                xmp = bytes(body[: MAX_XMP_BYTES + 1])
            content_credentials |= name == b"C2PA"
    elif data.startswith(b"GIF8"):
        content_credentials = _GIF_C2PA in data
        if (at := data.find(_GIF_XMP)) >= 0:
            xmp = data[at + len(_GIF_XMP) : at + 2 * MAX_XMP_BYTES].partition(_GIF_XMP_END)[0]
    return PictureMetadata(xmp, content_credentials)


def _jpeg_segments(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Marker and body of the segments before the pixels."""
    at = 2
    for _ in range(MAX_PARTS):
        if at + 4 > len(data) or data[at] != _JPEG_FILL or data[at + 1] in _JPEG_ENDS:
            return
        if data[at + 1] == _JPEG_FILL:
            at += 1
            continue
        length = max(2, int.from_bytes(data[at + 2 : at + 4], "big"))
        yield bytes(data[at + 1 : at + 2]), data[at + 4 : at + 2 + length]
        at += 2 + length


def png_chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and body of the chunks."""
    at = 8
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at : at + 4], "big")
        yield bytes(data[at + 4 : at + 8]), data[at + 8 : at + 8 + length]
        at += 12 + length


def _riff_chunks(data: memoryview) -> Iterator[tuple[bytes, memoryview]]:
    """Name and body of the chunks of a WebP file."""
    at = 12
    for _ in range(MAX_PARTS):
        if at + 8 > len(data):
            return
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        yield bytes(data[at : at + 4]), data[at + 8 : at + 8 + length]
        at += 8 + length + length % 2


def _text_of(itxt: bytes) -> bytes:
    """The text of a PNG's iTXt chunk behind its keyword (PNG specification, 11.3.3.4)."""
    text = itxt[2:].partition(b"\0")[2].partition(b"\0")[2]  # behind the language and the translated keyword
    if not itxt.startswith(b"\1"):
        return text
    try:
        return zlib.decompressobj().decompress(text, MAX_XMP_BYTES + 1)
    except zlib.error:
        return b""
