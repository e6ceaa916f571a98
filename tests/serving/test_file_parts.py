"""Files in so many parts that they would take a decoder minutes are refused for that, and ordinary ones are not."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from serving import images
from serving.errors import ImageTooLarge

MANY = 200_000
NOISE = Image.fromarray(np.random.default_rng(1).integers(0, 256, (64, 64, 3), dtype=np.uint8))
EOI = b"\xff\xd9"


def encoded(file_format: str, image: Image.Image = NOISE, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


JPEG = encoded("JPEG")
PROGRESSIVE = encoded("JPEG", progressive=True)
LAST_SCAN = PROGRESSIVE[PROGRESSIVE.rindex(b"\xff\xc4") : -len(EOI)]
"""With its table."""

PNG = encoded("PNG")
HEAD = 33


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def header(data: bytes) -> images.Header:
    return images.read_header(data, max_bytes=1 << 24, max_pixels=1 << 20, field="image")


TRAILING = np.random.default_rng(2).integers(0, 256, 1_000_000, dtype=np.uint8).tobytes()
THUMBNAIL = b"\xff\xe1" + struct.pack(">H", len(PROGRESSIVE) + 2) + PROGRESSIVE


@pytest.mark.parametrize(
    "data",
    [
        JPEG,
        PROGRESSIVE,
        encoded("JPEG", restart_marker_blocks=1),
        encoded("JPEG", Image.effect_noise((1000, 1000), 90), quality=100),
        JPEG + TRAILING,  # as of telephones that put a film behind the photograph
        JPEG[:2] + THUMBNAIL * 20 + JPEG[2:],
        PROGRESSIVE[: -len(EOI)] + LAST_SCAN * 20 + EOI,
        PNG,
        PNG + TRAILING,
        PNG[:HEAD] + chunk(b"teXt") * 1000 + PNG[HEAD:],
    ],
    ids=["jpeg", "progressive", "restarts", "large", "film", "thumbnails", "scans", "png", "trailing", "chunks"],
)
def test_ordinary_files_are_taken(data: bytes) -> None:
    found = header(data)
    assert images.decode(data, found, field="image").shape[:2] == (found.height_px, found.width_px)


@pytest.mark.parametrize("between", [b"", b"junk", b"\xff\0", b"\xff" * 9, b"\xff\xd0", b"\xff\x01"], ids=repr)
def test_a_jpeg_in_many_scans_is_refused(between: bytes) -> None:
    """Each makes libjpeg go through all blocks of the picture, though it has but some bytes."""
    with pytest.raises(ImageTooLarge, match="scans"):
        header(PROGRESSIVE[: -len(EOI)] + (between + LAST_SCAN) * 100 + EOI)


@pytest.mark.parametrize(
    "data",
    [
        *(JPEG[:2] + part * MANY + JPEG[2:] for part in (b"\xff\xfe\0\2", b"\xff\xe1\0\3x", b"\xff", b"\xff\0")),
        PNG[:HEAD] + chunk(b"teXt") * MANY + PNG[HEAD:],
        PNG[: -len(chunk(b"IEND"))] + chunk(b"teXt") * MANY + chunk(b"IEND"),
    ],
    ids=["comments", "exif", "fill", "stuffing", "chunks", "chunks behind"],
)
def test_a_file_in_many_parts_is_refused(data: bytes) -> None:
    with pytest.raises(ImageTooLarge, match="parts"):
        header(data)
