"""The benchmark as it is run: on a photograph of astronaut Eileen Collins, with the cascades that are always there."""

import csv
import json
from pathlib import Path

import cv2
import pytest
from skimage.data import astronaut

from benchmarks.__main__ import main

EYES = ["205", "111", "249", "110"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    folder = tmp_path / "data" / "landmarks"
    folder.mkdir(parents=True)
    cv2.imwrite(str(folder / "astronaut.png"), astronaut()[..., ::-1])
    with (folder / "landmarks.csv").open("w", newline="") as file:
        columns = ["file", "set", "left_eye_x", "left_eye_y", "right_eye_x", "right_eye_y"]
        csv.writer(file).writerows([columns, ["astronaut.png", "space", *EYES]])
    return tmp_path / "data"


def test_what_is_there_is_measured_and_what_is_not_is_noted(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    models = tmp_path / "models"
    assert main(["align", "--data", str(data), "--models", str(models), "--out", str(out), "--workers", "1"]) == 0
    printed = capsys.readouterr().out
    for note in ("portraits.csv is absent", "Phiz is left out: no face_detector", "YuNet is left out: no YuNet"):
        assert note in printed
    figures = json.loads((out / "align.json").read_text())
    upright = figures["accuracy"]["space"]["0"]
    assert list(upright) == ["Haar"]
    assert upright["Haar"]["found"] == 1
    assert 0 < upright["Haar"]["mean"] < 0.3
    assert figures["accuracy"]["space"]["30"]["Haar"]["photographs"] == 2
    assert figures["milliseconds"]["Haar"] > 0
    with (out / "align.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["set"], row["roll_degrees"]) for row in rows[:3]] == [
        ("space", "0"),
        ("space", "-30"),
        ("space", "30"),
    ]
    assert len(rows) == 3 + figures["face_free_pictures"]
    assert cv2.imread(str(out / "align.png")) is not None
    assert sorted(path.name for path in out.iterdir()) == ["align.csv", "align.json", "align.png"]


def test_without_photographs_there_is_nothing_to_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["align", "--data", str(tmp_path), "--out", str(tmp_path / "out")]) == 1
    assert "landmarks.csv is absent" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_a_detector_there_is_nothing_to_measure(data: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["align", "--data", str(data), "--models", str(data), "--detectors", "Phiz", "YuNet"]
    assert main(arguments) == 1
    assert "no face_detector" in capsys.readouterr().err
