"""Photographs with landmarks become a packed, aligned set, whole or not at all."""

import csv
import hashlib
import json
from pathlib import Path

import numpy as np
import pytest

from phiz_core import geometry
from tests.training.tiny import draw_photograph, prepare, write_photographs
from training.dataset import PackedImages
from training.errors import TrainingError
from training.prepare.layouts import DEFAULT_LAYOUTS, layout
from training.prepare.source import read_photographs


def test_every_photograph_is_packed_in_every_layout(prepared: Path) -> None:
    for cut in map(layout, DEFAULT_LAYOUTS):
        for split, count in (("train", 18), ("val", 4)):
            images = PackedImages.open(prepared, split, cut.name).images
            assert images.shape == (count, cut.height_px, cut.width_px, 3)
            assert images.dtype == np.uint8


def test_the_packed_faces_are_the_aligned_cuts_in_the_tables_order(photographs: Path, prepared: Path) -> None:
    first = next(photo for photo in read_photographs(photographs) if photo.split == "train")
    photo, landmarks = _nth_drawn(4)
    assert first.landmarks is not None
    np.testing.assert_allclose(first.landmarks, landmarks)
    packed = PackedImages.open(prepared, "train", "face_128").images[0]
    np.testing.assert_array_equal(packed, geometry.align(photo, landmarks, 128))


def test_the_landmarks_are_stored_in_the_pixels_of_each_cut(photographs: Path, prepared: Path) -> None:
    first = next(photo for photo in read_photographs(photographs) if photo.split == "train")
    stored = np.load(prepared / "train.face_128.landmarks.npy")
    assert stored.dtype == np.float32
    assert stored.shape == (18, 5, 2)
    assert first.landmarks is not None
    expected = geometry.apply(geometry.invert(geometry.crop_to_photo(first.landmarks, 128)), first.landmarks)
    np.testing.assert_allclose(stored[0], expected, atol=1e-4)


def _nth_drawn(index: int) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(7)
    return [draw_photograph(random) for _ in range(index + 1)][index]


def test_the_manifest_credits_each_photograph(prepared: Path) -> None:
    rows = manifest(prepared)
    assert len(rows) == 22
    assert {row["licence"] for row in rows} == {"CC0-1.0"}
    assert len({row["sha256"] for row in rows}) == 22


def _digest(folder: Path) -> str:
    return str(json.loads((folder / "dataset.json").read_text())["digest"])


def test_the_digest_follows_from_the_photographs_alone(photographs: Path, prepared: Path, tmp_path: Path) -> None:
    lines = "".join(
        f"{split} {photo.name} {hashlib.sha256(photo.path.read_bytes()).hexdigest()}\n"
        for split in ("train", "val")
        for photo in read_photographs(photographs)
        if photo.split == split
    )
    assert _digest(prepared) == hashlib.sha256(lines.encode()).hexdigest()
    prepare("--photos", photographs, "--out", tmp_path / "again", "--layouts", "face_16", "--workers", 2)
    assert _digest(tmp_path / "again") == _digest(prepared)


def test_a_damaged_photograph_is_listed_and_the_others_are_packed(tmp_path: Path) -> None:
    table = write_photographs(tmp_path, 4, 1)
    (tmp_path / "train" / "2.png").write_bytes(b"no picture")
    (tmp_path / "train" / "3.png").unlink()
    prepare("--photos", table, "--out", tmp_path / "set", "--layouts", "face_16", "--workers", 1)
    assert np.load(tmp_path / "set" / "train.face_16.npy").shape[0] == 1
    rejected = {row["file"]: row["detail"] for row in manifest(tmp_path / "set") if row["reason"] == "unreadable"}
    assert rejected == {"2.png": "no picture in a format that is read", "3.png": "No such file or directory"}


def manifest(folder: Path) -> list[dict[str, str]]:
    with (folder / "manifest.csv").open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_an_existing_set_is_not_overwritten(photographs: Path, prepared: Path) -> None:
    with pytest.raises(TrainingError, match="exists"):
        prepare("--photos", photographs, "--out", prepared)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [("", "lists no photographs"), ("name,split\na.png,train\n", "lacks the columns file")],
)
def test_a_table_that_does_not_fit_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    table = tmp_path / "photos.csv"
    table.write_text(text)
    with pytest.raises(TrainingError, match=complaint):
        read_photographs(table)


def test_a_missing_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="cannot read the table"):
        read_photographs(tmp_path / "none.csv")


def test_a_folder_that_is_no_set_and_a_layout_that_is_not_packed_are_refused(prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="no prepared data set"):
        PackedImages.open(tmp_path, "train", "face_64")
    with pytest.raises(TrainingError, match="no layout face_512"):
        PackedImages.open(prepared, "train", "face_512")
