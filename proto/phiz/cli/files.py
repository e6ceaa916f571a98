"""Reading and writing files: whole, or not at all, and never over an input."""

import argparse
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import grpc

from phiz.cli.options import SUFFIXES
from phiz.client import MAX_MESSAGE_BYTES
from phiz.errors import PhizError


class UsageError(Exception):
    """The arguments do not go together."""


def read(file: str) -> bytes:
    """The bytes of ``file``; PhizError where it cannot be read."""
    try:
        with Path(file).open("rb") as stream:
            data = stream.read(MAX_MESSAGE_BYTES + 1)
    except FileNotFoundError as error:
        raise PhizError(grpc.StatusCode.NOT_FOUND, "FILE_NOT_FOUND", "no such file") from error
    except IsADirectoryError as error:
        raise PhizError(grpc.StatusCode.INVALID_ARGUMENT, "FILE_IS_FOLDER", "is a folder, not a file") from error
    except PermissionError as error:
        raise PhizError(grpc.StatusCode.PERMISSION_DENIED, "FILE_FORBIDDEN", "may not be read") from error
    except (OSError, ValueError) as error:  # ValueError: a name with a zero byte
        raise PhizError(grpc.StatusCode.UNKNOWN, "FILE_UNREADABLE", f"cannot be read: {error}") from error
    if len(data) > MAX_MESSAGE_BYTES:
        raise PhizError(
            grpc.StatusCode.INVALID_ARGUMENT, "FILE_TOO_LARGE", f"is larger than {MAX_MESSAGE_BYTES >> 20} MiB"
        )
    return data


def write(path: Path, data: bytes) -> None:
    """Writes ``path`` at once, its folder included: a reader sees the old file or the new one, never a part."""
    try:
        path = path.resolve()
        if path.exists() and not stat.S_ISREG(path.stat().st_mode):
            raise OSError("is there and is not a file")
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".phiz-{os.getpid()}.tmp")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise PhizError(
            grpc.StatusCode.FAILED_PRECONDITION,
            "OUTPUT_NOT_WRITABLE",
            f"cannot write {path}: {error.strerror or error}",
        ) from error


@dataclass(frozen=True)
class Destination:
    """Where outputs go: a file that the user named, or names of ours in a folder."""

    option: str
    folder: Path
    file: Path | None

    @classmethod
    def of(cls, out: str | None, *, several: bool, default: str = ".", option: str = "--out") -> "Destination":
        """What ``option`` means; ``default`` is the folder without it."""
        if out == "":
            raise UsageError(f"{option} is empty")
        if out is not None and not several and not out.endswith("/") and not Path(out).is_dir():
            return cls(option, Path(out).parent, Path(out))
        return cls(option, Path(default if out is None else out), None)

    def path(self, name: str) -> Path:
        """The user's file, or ``name`` in the folder."""
        return self.file or self.folder / name

    def image_format(self, args: argparse.Namespace) -> str:
        """The format of pictures: that of ``--format``, or of the file's name, which must not disagree."""
        suffix = self.file.suffix.lower() if self.file else ""
        named = SUFFIXES.get(suffix)
        if suffix and named is None:
            raise UsageError(f"{self.option} {self.file}: a picture ends in {', '.join(SUFFIXES)}")
        if named and args.format and named != args.format:
            raise UsageError(f"{self.option} {self.file} and --format {args.format} do not agree")
        return str(args.format or named or "png")


def suffix_of(image_format: str) -> str:
    """The end of a picture's file name, for example ".png"."""
    return next(suffix for suffix, name in SUFFIXES.items() if name == image_format)


def refuse_clashes(inputs: Sequence[str], outputs: Sequence[Path]) -> None:
    """UsageError where an output would replace an input, or another output of the same command."""
    known = {Path(file).resolve(): f"the input {file}" for file in inputs}
    for output in outputs:
        place = output.resolve()
        if place in known:
            raise UsageError(f"{output} would replace {known[place]}")
        known[place] = "another output of this command"


def one_picture_each(args: argparse.Namespace, names: Sequence[str], label: str) -> tuple[str, dict[str, Path]]:
    """The format of the pictures made of files and seeds, one each, and where each goes: NAME-LABEL, or as said.

    Raises:
        UsageError: an output would replace an input or another output, or its name and the format disagree.
    """
    destination = Destination.of(args.out, several=len(names) > 1)
    image_format = destination.image_format(args)
    suffix = suffix_of(image_format)
    outputs = [destination.path(f"{Path(name).stem.replace(':', '-')}-{label}{suffix}") for name in names]
    refuse_clashes(names, outputs)
    return image_format, dict(zip(names, outputs, strict=True))
