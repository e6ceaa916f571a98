"""Thousands of damaged and hostile picture files, the same ones for the same seed.

Each is a small JPEG, PNG or WebP file of some kind, in which a few bytes, numbers or stretches were changed; of half of
the PNG files the checksums were put right again, or their parsers would stop at the first changed chunk.
"""

import io
import random
import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from PIL import Image

Mutation = Callable[[bytearray, random.Random], None]

_NUMBERS = (
    b"\0",
    b"\xff",
    b"\0\0",
    b"\xff\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\0\0\x4e\x20",
)


def whole_files() -> list[bytes]:
    """Files of all kinds that are taken, 48 x 32 px, undamaged."""
    y, x = np.mgrid[0:32, 0:48]
    rgb = Image.fromarray(np.stack([x * 5, y * 8, (x + y) * 3], axis=-1).astype(np.uint8))
    deep = Image.fromarray((x * 1300 + y).astype(np.uint16))
    veiled = rgb.convert("RGBA")
    veiled.putalpha(100)
    exif = Image.Exif()
    exif[0x0112] = 6
    frames = {"save_all": True, "append_images": [rgb.rotate(90), rgb.rotate(180)]}
    return [
        _saved(rgb, "JPEG"),
        _saved(rgb, "JPEG", progressive=True, exif=exif, xmp=b"<x/>"),
        _saved(rgb, "JPEG", subsampling=2, restart_marker_blocks=1),
        _saved(rgb.convert("CMYK"), "JPEG"),
        _saved(rgb.convert("L"), "JPEG"),
        _saved(rgb, "PNG", exif=exif),
        _saved(rgb.quantize(16), "PNG", transparency=3),
        _saved(rgb.convert("1"), "PNG"),
        _saved(rgb.convert("LA"), "PNG"),
        _saved(deep, "PNG"),
        _saved(rgb, "PNG", **frames),
        _saved(rgb, "WEBP", exif=exif, xmp=b"<x/>"),
        _saved(veiled, "WEBP"),
        _saved(veiled, "WEBP", lossless=True),
        _saved(rgb, "WEBP", **frames),
    ]


def mutated_files(seed: int, count: int) -> Iterator[bytes]:
    """Damaged files, as many as asked for."""
    chance = random.Random(seed)
    whole = whole_files()
    mutations: list[Callable[[bytearray, random.Random], None]] = [
        _flip,
        _flip,
        _number,
        _number,
        _remove,
        _repeat,
        _cut,
    ]
    for _ in range(count):
        data = bytearray(chance.choice(whole))
        for _ in range(chance.choice((1, 1, 2, 4, 8))):
            chance.choice(mutations)(data, chance)
        if chance.random() < 0.05:
            data += chance.choice(whole)[chance.randrange(200) :]
        yield _with_checksums(bytes(data)) if chance.random() < 0.5 else bytes(data)


def _saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def _place(data: bytearray, chance: random.Random) -> int:
    """Mostly near the beginning, where headers and tables are; never in the first bytes, which tell the format."""
    end = min(len(data), chance.choice((40, 200, 1 << 20)))
    return chance.randrange(4, max(5, end))


def _flip(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    data[place : place + 1] = bytes([chance.randrange(256)])


def _number(data: bytearray, chance: random.Random) -> None:
    place, number = _place(data, chance), chance.choice(_NUMBERS)
    data[place : place + len(number)] = number


def _remove(data: bytearray, chance: random.Random) -> None:
    place = _place(data, chance)
    del data[place : place + chance.choice((1, 2, 4, 30))]


def _repeat(data: bytearray, chance: random.Random) -> None:
    place, length = _place(data, chance), chance.choice((1, 4, 40))
    data[place:place] = data[place : place + length] * chance.choice((1, 3, 100))


def _cut(data: bytearray, chance: random.Random) -> None:
    del data[_place(data, chance) :]


def _with_checksums(data: bytes) -> bytes:
    """A PNG file whose chunks have the right checksums, as far as they are chunks; other files as they are."""
    if not data.startswith(b"\x89PNG"):
        return data
    right, at = bytearray(data), 8
    while at + 12 <= len(data):
        end = at + 8 + int.from_bytes(data[at : at + 4], "big")
        if end + 4 > len(data):
            break
        right[end : end + 4] = struct.pack(">I", zlib.crc32(data[at + 4 : end]))
        at = end + 4
    return bytes(right)
