"""The benchmark as it is run: astronaut Eileen Collins, made small and enlarged again."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from benchmarks.__main__ import main
from phiz_core.geometry import ImageArray


@pytest.fixture
def data(astronaut: ImageArray, tmp_path: Path) -> Path:
    """A data folder with one portrait, whose sides the factors do not divide."""
    folder = tmp_path / "data" / "portraits"
    (folder / "val").mkdir(parents=True)
    cv2.imwrite(str(folder / "val" / "astronaut.png"), astronaut[:239, 140:321, ::-1])
    with (folder / "portraits.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["file", "split"], ["astronaut.png", "val"], ["absent.png", "train"]])
    return tmp_path / "data"


def rows(printed: str) -> dict[tuple[int, str], list[float]]:
    """The numbers of each factor and mode: PSNR, that over bicubic, SSIM, PSNR of JPEG, milliseconds."""
    lines = [line for line in printed.splitlines() if line.strip()[:2] in ("2 ", "4 ")]
    return {(int(line[:6]), line[8:23].strip()): [float(x) for x in line[23:].split()] for line in lines}


def test_the_models_and_all_that_needs_none_are_measured(
    data: Path, astronaut: ImageArray, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upscale", "--data", str(data)]) == 0
    table = rows(capsys.readouterr().out)
    for factor in (2, 4):
        modes = {"bicubic", "bicubic, Pillow", "Lanczos", "edge-directed", f"upscaler_x{factor}"}
        assert {name for own, name in table if own == factor} == modes
    wanted = astronaut[:236, 140:320]
    small = Image.fromarray(wanted).resize((45, 59), Image.Resampling.BICUBIC)
    enlarged = np.asarray(small.resize((180, 236), Image.Resampling.BICUBIC))
    assert table[4, "bicubic, Pillow"][0] == pytest.approx(peak_signal_noise_ratio(wanted, enlarged), abs=0.006)
    for (factor, _), (psnr_db, over_bicubic, ssim, jpeg_psnr_db, milliseconds) in table.items():
        assert 10 < jpeg_psnr_db < psnr_db < 50
        assert 0.5 < ssim < 1
        assert milliseconds >= 0
        assert over_bicubic == pytest.approx(psnr_db - table[factor, "bicubic"][0], abs=0.011)


def test_without_models_there_is_still_something_to_measure(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upscale", "--data", str(data), "--models", str(tmp_path)]) == 0
    assert {factor for factor, _ in rows(capsys.readouterr().out)} == {2, 4}


def test_without_portraits_there_is_nothing_to_measure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["upscale", "--data", str(tmp_path)]) == 1
    assert "portraits.csv is absent" in capsys.readouterr().err
