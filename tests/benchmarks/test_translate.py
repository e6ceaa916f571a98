"""The benchmark as it is run: drawn portraits, the translators that ship, and a pix2pix that has seen one picture."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from benchmarks.__main__ import main
from phiz_core.filters import gray
from phiz_core.geometry import ImageArray

FIGURES = ("psnr_db", "ssim", "ab_error", "colourfulness_ratio", "frechet_distance")
LAYOUT = "portrait_256x320"


@pytest.fixture
def prepared(astronaut: ImageArray, tmp_path: Path) -> Path:
    """Three cuts around one face, as `prepare` would pack them."""
    folder = tmp_path / "prepared"
    folder.mkdir()
    corners = np.array([[0, 100], [10, 90], [20, 110]])
    photographs = np.stack([astronaut[top : top + 320, left : left + 256] for top, left in corners])
    face = np.array([[202, 103], [243, 103], [225, 128], [208, 148], [240, 148]], np.float32)
    for split in ("train", "val"):
        np.save(folder / f"{split}.{LAYOUT}.npy", photographs)
        np.save(folder / f"{split}.{LAYOUT}.landmarks.npy", (face - corners[:, None, ::-1]).astype(np.float32))
    (folder / "dataset.json").write_text(json.dumps({"layouts": [LAYOUT], "digest": "0" * 64}))
    return folder


def test_a_task_is_measured_beside_pix2pix_and_what_needs_no_model(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = ["translate", "--data", str(prepared), "--out", str(tmp_path), "--tasks", "sketch"]
    assert main([*told, "--pix2pix-seconds", "0", "--pix2pix-width", "2"]) == 0
    rows = {row["by"]: row for row in json.loads((tmp_path / "translate.json").read_text())}
    assert list(rows) == ["Phiz", "pix2pix", "input", "gray", "mean colour"]
    printed = capsys.readouterr().out
    for row in rows.values():
        assert f"{row['psnr_db']:.2f}" in printed
        assert all(np.isfinite(row[name]) for name in FIGURES)
    photographs = np.load(prepared / f"val.{LAYOUT}.npy")
    wanted = np.mean([peak_signal_noise_ratio(photo, gray(photo)) for photo in photographs])
    assert rows["gray"]["psnr_db"] == pytest.approx(wanted, abs=1e-3)
    assert rows["gray"]["colourfulness_ratio"] == pytest.approx(0.0, abs=1e-6)
    assert rows["Phiz"]["milliseconds"] > 0
    assert rows["gray"]["milliseconds"] == 0
    assert Image.open(tmp_path / "translate.png").width > 500


def test_the_colorizer_is_measured_as_a_translator_of_gray_photographs(prepared: Path, tmp_path: Path) -> None:
    assert main(["translate", "--data", str(prepared), "--out", str(tmp_path), "--tasks", "colorize"]) == 0
    rows = {row["by"]: row for row in json.loads((tmp_path / "translate.json").read_text())}
    assert rows["Phiz"]["ssim"] == pytest.approx(1.0, abs=0.02)  # the luminance is the photograph's
    assert rows["Phiz"]["ab_error"] != rows["gray"]["ab_error"]
    assert rows["input"] == rows["gray"] | {"by": "input"}


def test_without_data_or_models_there_is_nothing_to_measure(
    prepared: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["translate", "--data", str(tmp_path)]) == 1
    assert "is no prepared data set" in capsys.readouterr().err
    assert main(["translate", "--data", str(prepared), "--models", str(tmp_path)]) == 1
    assert "no translator_autoencode" in capsys.readouterr().err
