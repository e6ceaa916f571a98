"""A run's files: each is there whole or not at all, and one process at a time writes them."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from training.errors import TrainingError

_UNFINISHED = ".unfinished"


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Tells what keeps ``path`` from being written.

    Raises:
        TrainingError: instead of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"cannot write {path} ({error.strerror or error}); the checkpoints that are there stay, "
            "and the same command goes on from them"
        ) from error


@contextmanager
def unfinished(path: Path) -> Iterator[Path]:
    """A name to write to, which becomes ``path`` if all goes well and vanishes if not.

    Raises:
        TrainingError: it could not be written; ``path`` is as it was.
    """
    writing = path.with_name(path.name + _UNFINISHED)
    with told(path):
        try:
            yield writing
            with writing.open("rb") as file:
                os.fsync(file.fileno())
            writing.replace(path)
        finally:
            writing.unlink(missing_ok=True)


def write_whole(path: Path, content: bytes) -> None:
    """Writes ``content`` as ``path``, or leaves what is there.

    Raises:
        TrainingError: it could not be written.
    """
    with unfinished(path) as writing:
        writing.write_bytes(content)


@contextmanager
def claimed(folder: Path) -> Iterator[None]:
    """Makes ``folder`` if need be and keeps other processes from writing a run into it, too.

    What a killed process left unfinished is removed. The claim ends with the process, however that ends.

    Raises:
        TrainingError: another process writes into it, or this one may not.
    """
    with told(folder):
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / ".lock").open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise TrainingError(f"another process trains in {folder}; wait for it, or take another folder") from error
        for leftover in folder.rglob(f"*{_UNFINISHED}"):
            leftover.unlink()
        yield
