"""Where the photographs are: a folder of any shape, or a table that may tell more of each."""

import csv
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from phiz_core.geometry import Points
from training.errors import TrainingError

SPLITS = ("train", "val")
LANDMARK_COLUMNS = tuple(
    f"{point}_{axis}" for point in ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right") for axis in "xy"
)


@dataclass(frozen=True)
class Photograph:
    """One photograph, before anybody looked into the file.

    Attributes:
        path: the image file.
        name: how it is called in the manifest: the path below the folder, or the file as the table gives it.
        split: "train" or "val", or "" where nobody decided.
        person: who is on it, or "" where nobody said.
        licence: its licence, for the credits.
        attribution: whom to credit.
        landmarks: [5, 2] float64, pixels of the upright photograph: eyes, nose, mouth corners, left and right as seen;
            None where the face is to be searched.
    """

    path: Path
    name: str
    split: str = ""
    person: str = ""
    licence: str = ""
    attribution: str = ""
    landmarks: Points | None = None


def read_photographs(photos: Path, *, folders_are_persons: bool = False) -> list[Photograph]:
    """The photographs of a folder, in the order of their paths, or of a table, in its order.

    In a folder every file counts, at any depth, except hidden ones; links to folders are not followed. A table is a CSV
    with the column ``file``, and as far as known ``split``, ``person``, ``licence``, ``attribution`` and
    :data:`LANDMARK_COLUMNS`. Its files lie beside the table, or there in the folder of their split.

    Args:
        photos: a folder, or a table.
        folders_are_persons: the first sub-folder names the person. For folders only; a table has a column.

    Raises:
        TrainingError: neither folder nor table, nothing in it, a column missing, or a cell that makes no sense.
    """
    if photos.is_dir():
        photographs = list(_in_folder(photos, folders_are_persons))
        if not photographs:
            raise TrainingError(f"{photos} holds no files")
        return photographs
    if folders_are_persons:
        raise TrainingError(
            f"{photos} is no folder whose sub-folders could name persons; use the table's person column"
        )
    return _in_table(photos)


def _in_folder(root: Path, folders_are_persons: bool) -> Iterator[Photograph]:
    for path in sorted(_files(root)):
        parts = path.relative_to(root).parts
        # A name may hold any bytes; the manifest is UTF-8.
        name = os.fsencode("/".join(parts)).decode(errors="replace")
        person = name.split("/")[0] if folders_are_persons and len(parts) > 1 else ""
        yield Photograph(path, name, person=person)


def _files(root: Path) -> Iterator[Path]:
    def tell(error: OSError) -> None:
        raise TrainingError(f"cannot list {error.filename}: {error.strerror}") from error

    for folder, folders, files in os.walk(root, onerror=tell):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(folder, name)
            if not name.startswith(".") and path.is_file():
                yield path


def _in_table(table: Path) -> list[Photograph]:
    try:
        with table.open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise TrainingError(f"cannot read the table of photographs {table}: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise TrainingError(f"{table} is neither a folder nor a CSV table of photographs") from error
    if not rows:
        raise TrainingError(f"{table} lists no photographs")
    some = [column for column in LANDMARK_COLUMNS if column in rows[0]]
    needed = ("file", *LANDMARK_COLUMNS) if some else ("file",)
    if missing := [column for column in needed if column not in rows[0]]:
        raise TrainingError(f"{table} lacks the columns {', '.join(missing)}")
    return [_photograph(table, line, row) for line, row in enumerate(rows, start=2)]


def _photograph(table: Path, line: int, row: dict[str, str | None]) -> Photograph:
    name, split, person, licence, attribution = (
        row.get(column) or "" for column in ("file", "split", "person", "licence", "attribution")
    )
    if not name:
        raise TrainingError(f"{table}, line {line}: no file is named")
    if split and split not in SPLITS:
        raise TrainingError(f"{table}, line {line}: the split is {split!r}; it can be train or val, or be left empty")
    path = table.parent / split / name
    if split and not path.exists():
        path = table.parent / name
    cells = [row.get(column) or "" for column in LANDMARK_COLUMNS]
    landmarks = _landmarks(table, line, cells) if any(cells) else None
    return Photograph(path, name, split, person, licence, attribution, landmarks)


def _landmarks(table: Path, line: int, cells: list[str]) -> Points:
    try:
        values = [float(cell) for cell in cells]
    except ValueError:
        values = [math.nan]
    if not all(math.isfinite(value) for value in values):
        raise TrainingError(f"{table}, line {line}: the landmarks are not ten numbers")
    return np.array(values).reshape(5, 2)
