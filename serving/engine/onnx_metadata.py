"""The metadata of an ONNX file, read without loading the model.

A file is one protobuf message, ``ModelProto`` of onnx.proto. Its field 14, metadata_props, holds pairs of key (1) and
value (2); all else, above all the weights, is stepped over.
"""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from serving.errors import ModelInvalid

_METADATA_PROPS: Final = 14
_KEY: Final = 1
_VALUE: Final = 2


def read_metadata(file: Path) -> dict[str, str]:
    """What training wrote into a model file, by key.

    Raises:
        ModelInvalid: the file cannot be read or is no ONNX file.
    """
    try:
        with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as data:
            pairs = [dict(_fields(data[start:end])) for number, start, end in _spans(data) if number == _METADATA_PROPS]
        return {pair[_KEY].decode(): pair[_VALUE].decode() for pair in pairs}
    except (OSError, ValueError, LookupError) as error:  # an empty file cannot be mapped: ValueError
        raise ModelInvalid(f"{file} is no ONNX file that can be read: {error}") from error


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    for number, start, end in _spans(message):
        yield number, message[start:end]


def _spans(message: bytes | mmap.mmap) -> Iterator[tuple[int, int, int]]:
    """Number, start and end of each field of a message."""
    place = 0
    while place < len(message):
        key, place = _varint(message, place)
        match key & 7:
            case 0:  # a number of variable length
                _, end = _varint(message, place)
            case 1:
                end = place + 8
            case 2:  # bytes, text or a message
                length, place = _varint(message, place)
                end = place + length
            case 5:
                end = place + 4
            case kind:
                raise ValueError(f"a field of unknown kind {kind}")
        if end > len(message):
            raise ValueError("it ends too early")
        yield key >> 3, place, end
        place = end


def _varint(message: bytes | mmap.mmap, place: int) -> tuple[int, int]:
    """A number of variable length, and the place behind it."""
    number = shift = 0
    while True:
        byte = message[place]
        place += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number, place
        shift += 7
