"""What it costs to refuse pictures that claim far more pixels than are taken.

``python -m benchmarks refusal``, or ``make bench-refusal``. Each file is sent to Colorize, to a gateway in a new
process that has coloured a small photograph before. Time is that of the call, as its caller in the same process sees
it; memory is how far the process' peak rose over all the calls, of which the file itself is a part.
"""

import io
import multiprocessing
import resource
import statistics
import struct
import time
import zlib
from argparse import ArgumentParser, Namespace
from collections.abc import Mapping
from typing import Final, NamedTuple

from PIL import Image

from phiz.client import Client, PhizError
from serving.local import local_server

_CALLS: Final = 100
_SIDE_PX: Final = 20_000


class _Cost(NamedTuple):
    """Of refusing one file: milliseconds of a call, and mebibytes that the peak of memory rose by."""

    median_ms: float
    worst_ms: float
    mebibytes: float


def add_arguments(parser: ArgumentParser) -> None:
    """There is nothing to tell."""
    parser.set_defaults(command=measure)


def measure(_arguments: Namespace) -> None:
    """Prints a row a file."""
    print(f"{'file':<24} {'bytes':>9} {'median ms':>9} {'worst ms':>9} {'MiB more':>9}")
    processes = multiprocessing.get_context("spawn")
    for name, data in _bombs().items():
        with processes.Pool(1) as alone:
            cost = alone.apply(_refuse, (data,))
        print(f"{name:<24} {len(data):>9} {cost.median_ms:>9.2f} {cost.worst_ms:>9.2f} {cost.mebibytes:>9.2f}")


def _bombs() -> Mapping[str, bytes]:
    """Files that are small and claim to be large; the first one really is a picture of that size."""
    jpeg = bytearray(_saved("JPEG"))
    frame = jpeg.index(b"\xff\xc0") + 5
    jpeg[frame : frame + 4] = struct.pack(">HH", _SIDE_PX, _SIDE_PX)
    extended = b"VP8X" + struct.pack("<IB", 10, 2) + bytes(3) + (2**24 - 1).to_bytes(3, "little") + b"\x1f\0\0"
    return {
        "PNG 20000 x 20000": _png(),
        "JPEG 20000 x 20000": bytes(jpeg),
        "WebP 16777216 x 32": b"RIFF" + struct.pack("<I", 4 + len(extended)) + b"WEBP" + extended,
    }


def _png() -> bytes:
    """A whole PNG of black pixels, one bit each."""
    packer = zlib.compressobj(9)
    row = bytes(1 + _SIDE_PX // 8)
    pixels = b"".join(packer.compress(row) for _ in range(_SIDE_PX)) + packer.flush()
    header = struct.pack(">IIBBBBB", _SIDE_PX, _SIDE_PX, 1, 0, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )


def _saved(file_format: str) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (64, 64), "gray").save(buffer, file_format)
    return buffer.getvalue()


def _refuse(data: bytes) -> _Cost:
    with local_server() as target, Client(target) as client:
        client.colorize(_saved("PNG"))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        milliseconds = [_one(client, data) for _ in range(_CALLS)]
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return _Cost(statistics.median(milliseconds), max(milliseconds), grown / 1024)


def _one(client: Client, data: bytes) -> float:
    began = time.perf_counter()
    try:
        client.colorize(data)
    except PhizError as error:
        if error.reason == "IMAGE_TOO_LARGE":
            return 1000 * (time.perf_counter() - began)
        raise
    raise AssertionError("the picture was taken")
