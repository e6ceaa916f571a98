"""Faces as the command line names them: a photograph, a latent file, or ``seed:123``.

A latent file, ``NAME.latent``, is the message phiz.v1.Latent, serialized.
"""

import argparse
import re
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import grpc
from google.protobuf.message import DecodeError

from phiz.calls import Face
from phiz.cli import files, options
from phiz.cli.report import Report
from phiz.cli.session import connect
from phiz.client import Client
from phiz.errors import PhizError
from phiz.v1.face_pb2 import Latent
from phiz.v1.image_pb2 import Image, ImageOptions

LATENT_SUFFIX = ".latent"

_SEED = "seed:"
_KINDS = "a photograph, a .latent file or seed:NUMBER"


def seed_of(name: str) -> int | None:
    """The seed that ``name`` stands for; None where it names a file. To be used as a check of arguments, too."""
    return options.seed(name.removeprefix(_SEED)) if name.startswith(_SEED) else None


def argument(name: str) -> str:
    """Checks a face on the command line."""
    seed_of(name)
    if not name:
        raise argparse.ArgumentTypeError(f"a face is {_KINDS}")
    return name


def add_to(parser: argparse.ArgumentParser, *, folders: bool = False) -> None:
    """The faces that a command works on, and with ``folders`` folders of them."""
    kinds = "a photograph, a .latent file, seed:NUMBER or a folder" if folders else _KINDS
    parser.add_argument("faces", metavar="FACE", nargs="+", type=argument, help=kinds)


def load_all(names: Sequence[str], report: Report) -> list[Face]:
    """The faces that ``names`` stand for; those whose files cannot be read are reported and left out."""
    loaded = []
    for name in names:
        try:
            loaded.append(load(name))
        except PhizError as error:
            report.failure(name, error)
    return loaded


def at_fault(names: Sequence[str], error: PhizError) -> str | None:
    """The name of the face that the server refused; None where it refused something else."""
    place = re.match(r"faces\[(\d+)\]", error.field)
    return names[int(place[1])] if place else None


def files_among(names: Sequence[str]) -> list[str]:
    """Those of ``names`` that are files."""
    return [name for name in names if seed_of(name) is None]


def to_one_picture(
    args: argparse.Namespace,
    names: Sequence[str],
    stem: str,
    ask: Callable[[Client, list[Face], ImageOptions], Image],
) -> int:
    """Makes one picture of several faces and writes it, as ``stem`` unless ``--out`` says where; the exit code."""
    destination = files.Destination.of(args.out, several=False)
    image_format = destination.image_format(args)
    output = destination.path(f"{stem}{files.suffix_of(image_format)}")
    files.refuse_clashes(files_among(names), [output])
    report = Report(args.json)
    loaded = load_all(names, report)
    if report.exit_code:
        return report.exit_code
    with connect(args) as client:
        started = time.perf_counter()
        try:
            image = ask(client, loaded, options.image_options(args, image_format))
            seconds = time.perf_counter() - started
            files.write(output, image.data)
        except PhizError as error:
            report.failure(at_fault(names, error), error)
        else:
            report.result({"output": str(output), "seconds": round(seconds, 3)}, f"{output}  ({seconds:.1f} s)")
    return report.exit_code


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
