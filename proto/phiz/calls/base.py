"""What the calls take and give."""

from collections.abc import Callable
from pathlib import Path
from typing import Generic, NamedTuple, TypeVar

from google.protobuf.message import Message

from phiz.v1.face_pb2 import FaceSource, Latent
from phiz.v1.phiz_pb2 import Margins, Rectangle

Photo = bytes | Path
"""A JPEG, PNG or WebP file: its bytes, or where it is."""

Face = Photo | Latent | int | FaceSource
"""A face: a photograph, a latent of an earlier answer, a seed, or a FaceSource, which gives a seed its truncation."""

Region = Photo | Rectangle | Margins
"""A part of a picture: a mask, which is a picture that is light there, a rectangle, or what lies beyond the edges."""

Response = TypeVar("Response")


class Call(NamedTuple, Generic[Response]):
    """A method of the stub and what to send to it."""

    rpc: Callable[..., Response]
    request: Message


def read(photo: Photo) -> bytes:
    """The file's bytes; OSError where it cannot be read."""
    return photo.read_bytes() if isinstance(photo, Path) else photo
