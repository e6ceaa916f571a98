"""`python -m training` as a user runs it, from photographs to a model repository that a gateway serves."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import onnxruntime


def training(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "training", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, timeout=400, check=False)


def test_from_photographs_to_a_published_model(photographs: Path, tmp_path: Path) -> None:
    data, run, repository = tmp_path / "data", tmp_path / "run", tmp_path / "repository"
    for arguments in (
        ("prepare", "--photos", photographs, "--out", data, "--layouts", "portrait_256x320", "--workers", "1"),
        ("train", "colorizer", "--data", data, "--out", run, "--images", "32", "--threads", "1"),
        ("evaluate", "colorizer", "--run", run, "--data", data),
        ("export", "colorizer", "--run", run),
        ("publish", "--run", run, "--repository", repository),
    ):
        done = training(*arguments)
        assert done.returncode == 0, done.stderr
    assert "ab_error_of_gray" in (run / "metrics.json").read_text()
    session = onnxruntime.InferenceSession(repository / "colorizer" / "1" / "model.onnx")
    (chroma,) = session.run(None, {"luminance": np.zeros((3, 32, 48, 1), np.uint8)})
    assert chroma.shape == (3, 32, 48, 2)


def test_a_mistake_is_told_in_one_line_before_any_work(prepared: Path, tmp_path: Path) -> None:
    for arguments, complaint in (
        (("train", "phiz-64", "--data", prepared, "--out", tmp_path), "18 images are too few for a batch of 32"),
        (
            ("train", "encoder", "--data", prepared, "--out", tmp_path, "--set", "batch=4"),
            "name its run with --generator",
        ),
        (("train", "colorizer", "--data", tmp_path, "--out", tmp_path, "--set", "crop=64"), "did you mean crop_px?"),
        (("train", "colorizer", "--data", tmp_path, "--out", tmp_path), "no prepared data set"),
        (("export", "colorizer", "--run", tmp_path), "holds no checkpoint; train first"),
        (("train", "upscaler-x4", "--data", prepared, "--out", tmp_path, "--start", tmp_path), "holds no checkpoint"),
        (("publish", "--run", tmp_path), "holds no exported model"),
        (("prepare", "--photos", tmp_path / "none.csv", "--out", tmp_path / "out"), "cannot read the table"),
    ):
        done = training(*arguments)
        assert done.returncode == 1
        assert done.stderr.startswith("training: ")
        assert complaint in done.stderr
        assert len(done.stderr.splitlines()) == 1
