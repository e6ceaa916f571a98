"""In how many parts a picture's file is: each takes a decoder its time, however small it is.

A scan of a progressive JPEG may have 50 bytes, and libjpeg goes through the whole picture for it: some MB could keep a
core busy for hours. Pillow looks at each segment and chunk by itself, of which 20 MiB hold millions.
"""

import re
from typing import Final

from serving.errors import ImageTooLarge
from serving.picture_metadata import MAX_PARTS, png_chunks

MAX_SCANS: Final = 64
"""Scans of a JPEG; encoders make up to 20 or so."""

_MARKER: Final = re.compile(rb"\xff+[^\0\1\xd0-\xd7\xff]")
"""As libjpeg looks for it, past whatever is no marker, or one of those that have no body."""

_START: Final = b"\xff\xd8"
_END: Final = 0xD9
_SCAN: Final = 0xDA


def check_jpeg_parts(data: bytes, field: str) -> None:
    """Raises ImageTooLarge if a JPEG has too many scans or segments."""
    # Hardly ever, and then most often by chance, in what is behind the picture. To look closer costs 7 ms a MiB.
    may_have_too_many_scans = data.count(bytes((0xFF, _SCAN))) > MAX_SCANS
    at, parts, scans = len(_START), 0, 0
    while (found := _MARKER.search(data, at)) and (marker := data[found.end() - 1]) != _END:
        # Before the first scan Pillow looks at each byte that belongs to no segment.
        parts += 1 if scans else found.end() - at
        scans += marker == _SCAN
        _check("JPEG", "scans", scans, MAX_SCANS, field)
        _check("JPEG", "parts", parts, MAX_PARTS, field)
        if scans and not may_have_too_many_scans:
            return
        at = found.end() + int.from_bytes(data[found.end() : found.end() + 2], "big")


def check_png_parts(data: bytes, field: str) -> None:
    """Raises ImageTooLarge if a PNG has too many chunks."""
    _check("PNG", "parts", sum(1 for _ in png_chunks(memoryview(data))), MAX_PARTS - 1, field)


def _check(name: str, things: str, count: int, most: int, field: str) -> None:
    if count > most:
        raise ImageTooLarge(f"The {name} file has more than {most} {things}.", field=field, **{f"max_{things}": most})
