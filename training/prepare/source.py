"""The photographs that a CSV lists, each with the landmarks of its one face."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError

_POINTS = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
_COLUMNS = ("file", "split", "licence", "attribution", *(f"{point}_{axis}" for point in _POINTS for axis in "xy"))


@dataclass(frozen=True)
class Photograph:
    """One photograph of one face.

    Attributes:
        path: the image file.
        name: the file's name as the CSV gives it, unique in the set.
        split: "train" or "val".
        licence: its licence, for the credits.
        attribution: whom to credit.
        landmarks: [5, 2] float64, pixels of the file: eyes, nose, mouth corners; left and right as seen.
    """

    path: Path
    name: str
    split: str
    licence: str
    attribution: str
    landmarks: npt.NDArray[np.float64]


def read_photographs(table: Path) -> list[Photograph]:
    """Reads ``table``: one row a photograph, files at ``<folder of the table>/<split>/<file>``.

    Raises:
        TrainingError: no such table, a column missing, or not one row in it.
    """
    try:
        with table.open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
    except OSError as error:
        raise TrainingError(f"cannot read the table of photographs {table}: {error.strerror}") from error
    if not rows:
        raise TrainingError(f"{table} lists no photographs")
    if missing := [column for column in _COLUMNS if column not in rows[0]]:
        raise TrainingError(f"{table} lacks the columns {', '.join(missing)}")
    return [_photograph(table.parent, row) for row in rows]


def _photograph(folder: Path, row: dict[str, str]) -> Photograph:
    landmarks = np.array([[float(row[f"{point}_x"]), float(row[f"{point}_y"])] for point in _POINTS])
    path = folder / row["split"] / row["file"]
    return Photograph(path, row["file"], row["split"], row["licence"], row["attribution"], landmarks)
