"""Faces as the command line names them: a photograph, a latent file, or ``seed:123``.

A latent file, ``NAME.latent``, is the message phiz.v1.Latent, serialized.
"""

import argparse
from pathlib import Path

import grpc
from google.protobuf.message import DecodeError

from phiz.calls import Face
from phiz.cli import files, options
from phiz.errors import PhizError
from phiz.v1.face_pb2 import Latent

LATENT_SUFFIX = ".latent"

_SEED = "seed:"


def seed_of(name: str) -> int | None:
    """The seed that ``name`` stands for; None where it names a file. To be used as a check of arguments, too."""
    return options.seed(name.removeprefix(_SEED)) if name.startswith(_SEED) else None


def argument(name: str) -> str:
    """Checks a face on the command line."""
    seed_of(name)
    if not name:
        raise argparse.ArgumentTypeError("a face is a photograph, a .latent file or seed:NUMBER")
    return name


def load(name: str) -> Face:
    """The face that ``name`` stands for; PhizError where its file cannot be read."""
    seed = seed_of(name)
    if seed is not None:
        return seed
    data = files.read(name)
    return _parse(data) if Path(name).suffix == LATENT_SUFFIX else data


def _parse(data: bytes) -> Latent:
    try:
        latent = Latent.FromString(data)
    except DecodeError:
        latent = Latent()
    if not latent.data:
        raise PhizError(grpc.StatusCode.INVALID_ARGUMENT, "LATENT_FILE_INVALID", "is not a latent file")
    return latent
