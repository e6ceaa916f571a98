"""What processes take, by Linux' /proc."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_TICKS: Final = os.sysconf("SC_CLK_TCK")


def tree(process: int) -> Iterator[int]:
    """A process, its children, theirs, and so on: those that live."""
    yield process
    for children in (_PROC / str(process)).glob("task/*/children"):
        try:
            found = children.read_text("ascii").split()
        except OSError:  # its thread has just ended
            continue
        for child in found:
            yield from tree(int(child))


def processor_seconds(process: int) -> float:
    """Time on processors that a process and those below it have had so far, of those that live."""
    return sum(_ticks(each) for each in tree(process)) / _TICKS


def memory_mebibytes(process: int) -> float:
    """Memory of a process and those below it; what several processes share counts once (proportional set size)."""
    return sum(_proportional_kibibytes(each) for each in tree(process)) / 1024


def busy_seconds() -> float:
    """Time that all of the machine's processors together have been busy so far."""
    fields = [int(field) for field in (_PROC / "stat").read_text("ascii").splitlines()[0].split()[1:]]
    user, nice, system, _idle, _waiting, interrupts, soft_interrupts, stolen = fields[:8]
    return (user + nice + system + interrupts + soft_interrupts + stolen) / _TICKS


def _ticks(process: int) -> int:
    fields = (_PROC / str(process) / "stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _proportional_kibibytes(process: int) -> int:
    lines = (_PROC / str(process) / "smaps_rollup").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
