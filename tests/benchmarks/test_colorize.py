"""The benchmark as it is run, on a portrait of astronaut Eileen Collins."""

import csv
import shutil
from pathlib import Path

import cv2
import pytest

from benchmarks.__main__ import main
from phiz_core.geometry import ImageArray
from serving.settings import Settings

MARKS = {
    "left_eye": (66, 112),
    "right_eye": (107, 110),
    "nose": (90, 130),
    "mouth_left": (72, 148),
    "mouth_right": (103, 147),
}


@pytest.fixture
def data(astronaut: ImageArray, tmp_path: Path) -> Path:
    """A data folder with one portrait."""
    folder = tmp_path / "data" / "portraits"
    (folder / "val").mkdir(parents=True)
    cv2.imwrite(str(folder / "val" / "astronaut.png"), astronaut[:225, 140:320, ::-1])
    columns = {f"{mark}_{axis}": point["xy".index(axis)] for mark, point in MARKS.items() for axis in "xy"}
    with (folder / "portraits.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, ["file", "split", *columns])
        writer.writeheader()
        writer.writerow({"file": "astronaut.png", "split": "val", **columns})
    return tmp_path / "data"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """What is needed of the repository."""
    for name in ("colorizer", "face_detector", "face_landmarks"):
        shutil.copytree(Settings().model_repository / name, tmp_path / "models" / name)
    return tmp_path / "models"


def test_cost_and_faces_are_measured(data: Path, models: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["colorize", "--data", str(data), "--models", str(models), "--shapes", "1"]) == 0
    costs, faces = capsys.readouterr().out.split("1 portraits; ab error of their faces")
    rows = [line.split() for line in costs.splitlines()[1:] if line]
    assert [row[:4] for row in rows] == [["100", "x", "75", answer] for answer in ("JPEG", "PNG")]
    for *_, seconds, processor_seconds, mebibytes in rows:
        assert float(seconds) >= 0
        assert float(processor_seconds) >= 0
        assert float(mebibytes) > 50
    groups = [line.split() for line in faces.splitlines() if line and line.split()[0].isdecimal()]
    assert [row[0] for row in groups] == ["1", "4", "9", "16"]
    for _, as_gray, whole, each, *looked_at in groups:
        assert min(float(as_gray), float(whole), float(each)) > 0
        assert looked_at[1:] == ["of", "1"]
    assert [row[4] for row in groups][2:] == ["1", "1"], "a small face is looked at again"


def test_without_portraits_there_is_nothing_to_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["colorize", "--data", str(tmp_path)]) == 1
    assert "portraits.csv is absent" in capsys.readouterr().err
