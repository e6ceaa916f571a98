"""Which files belong together, in folders as the pix2pix and CycleGAN data sets are laid out."""

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from training.errors import TrainingError

SIDES: Final = ("A", "B")
"""Folders of the two kinds of pictures."""

_TRAIN: Final = "train"
_HELD_OUT: Final = ("val", "test")
_PART_HELD_OUT: Final = 0.1
_NAMED: Final = 5


@dataclass(frozen=True)
class Example:
    """What one row of a packed array is made of.

    Attributes:
        name: path below its folder, without the suffix.
        files: one picture, or that of A and that of B.
        side_by_side: whether the one picture holds A in its left half and B in its right one.
    """

    name: str
    files: tuple[Path, ...]
    side_by_side: bool = False

    @property
    def pictures(self) -> int:
        """How many it holds: 1, or 2 of A and B."""
        return 2 if self.side_by_side else len(self.files)


Splits = Mapping[str, Sequence[Example]]
"""Examples of "train" and "val", at least one each, in the order of their names."""


def find_pairs(folder: Path) -> Splits:
    """Pictures that hold A|B side by side, or that have equal names in ``folder/A`` and ``folder/B``.

    Either may be divided into folders train, val and test, which may also hold A and B themselves. What is in val or
    test is held out; where there is neither, a tenth is.

    Raises:
        TrainingError: nothing there, or files that do not fit that order; it names them.
    """
    if _has_sides(folder):
        sides = [_divided(folder / side) for side in SIDES]
        if sides[0].keys() != sides[1].keys():
            raise TrainingError(f"{folder / 'A'} and {folder / 'B'} are not divided into the same folders")
        found = {split: _matched(part, sides[1][split]) for split, part in sides[0].items()}
    else:
        found = {split: _of_folder(part) for split, part in _divided(folder).items()}
    return _with_held_out(found, folder)


def find_pictures(folder: Path) -> Splits:
    """All pictures of ``folder``, which may be divided as that of :func:`find_pairs` may.

    Raises:
        TrainingError: as :func:`find_pairs`.
    """
    found = {
        split: [Example(name, (file,)) for name, file in _files(part).items()]
        for split, part in _divided(folder).items()
    }
    return _with_held_out(found, folder)


def complain(complaints: Sequence[str]) -> None:
    """Tells the first of ``complaints``, and how many there are.

    Raises:
        TrainingError: if there are any.
    """
    if complaints:
        more = f"; and {len(complaints) - _NAMED} more" if len(complaints) > _NAMED else ""
        raise TrainingError("; ".join(complaints[:_NAMED]) + more)


def _has_sides(folder: Path) -> bool:
    """Whether ``folder`` holds folders A and B.

    Raises:
        TrainingError: it holds one of them, or something else, too.
    """
    there = [side for side in SIDES if (folder / side).is_dir()]
    if len(there) == 1:
        missing = SIDES[1 - SIDES.index(there[0])]
        raise TrainingError(f"{folder} has a folder {there[0]}, but no folder {missing}")
    if there:
        _nothing_beside(folder, SIDES)
    return bool(there)


def _divided(folder: Path) -> dict[str, Path]:
    """The folders train, val and test of ``folder``, as far as there are any; else it itself, as ""."""
    there = [split for split in (_TRAIN, *_HELD_OUT) if (folder / split).is_dir()]
    if not there:
        return {"": folder}
    _nothing_beside(folder, there)
    return {split: folder / split for split in there}


def _nothing_beside(folder: Path, expected: Sequence[str]) -> None:
    for entry in _visible(folder.iterdir()):
        if entry.name not in expected:
            raise TrainingError(f"{entry} lies beside the folders {', '.join(expected)}, where nothing else belongs")


def _of_folder(folder: Path) -> list[Example]:
    if _has_sides(folder):
        return _matched(*(folder / side for side in SIDES))
    return [Example(name, (file,), side_by_side=True) for name, file in _files(folder).items()]


def _matched(a: Path, b: Path) -> list[Example]:
    files_a, files_b = _files(a), _files(b)
    complain(
        [f"{file} has no partner in {b}" for name, file in files_a.items() if name not in files_b]
        + [f"{file} has no partner in {a}" for name, file in files_b.items() if name not in files_a]
    )
    return [Example(name, (file, files_b[name])) for name, file in files_a.items()]


def _files(folder: Path) -> dict[str, Path]:
    """All files of ``folder`` at any depth but hidden ones, by their names without suffix, in order."""
    if not folder.is_dir():
        raise TrainingError(f"{folder} is no folder")
    found: dict[str, Path] = {}
    for file in sorted(_visible(folder.rglob("*"), folder)):
        if not file.is_file():
            continue
        name = file.relative_to(folder).with_suffix("").as_posix()
        if name in found:
            raise TrainingError(f"{found[name]} and {file} have one name, so that it is not clear which belongs where")
        found[name] = file
    if not found:
        raise TrainingError(f"{folder} holds no pictures")
    return found


def _visible(entries: Iterable[Path], below: Path | None = None) -> list[Path]:
    """``entries`` without hidden ones, and without what lies in hidden folders below ``below``."""
    return [
        entry
        for entry in entries
        if not any(part.startswith(".") for part in (entry.relative_to(below).parts if below else (entry.name,)))
    ]


def _with_held_out(found: Mapping[str, list[Example]], folder: Path) -> Splits:
    if not found.keys() & {"", _TRAIN}:
        raise TrainingError(f"{folder} has no folder {_TRAIN} beside {', '.join(found)}")
    held_out = [example for split in _HELD_OUT for example in found.get(split, [])]
    learnt = found.get(_TRAIN) or found[""]
    if held_out:
        return {_TRAIN: learnt, "val": held_out}
    if len(learnt) < 2:
        raise TrainingError(f"{learnt[0].files[0]} is alone; at least one example is to be learnt, and one held out")
    # By a hash of the name: neighbours in a folder often show the same, and the order of a listing is nobody's choice.
    ordered = sorted(learnt, key=lambda example: hashlib.sha256(os.fsencode(example.name)).digest())
    chosen = {example.name for example in ordered[: max(1, round(_PART_HELD_OUT * len(learnt)))]}
    return {
        _TRAIN: [example for example in learnt if example.name not in chosen],
        "val": [example for example in learnt if example.name in chosen],
    }
