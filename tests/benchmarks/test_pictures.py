"""The pictures that are searched: what is rolled goes along with its eyes, and cuts lie in their photographs."""

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.align import pictures
from benchmarks.align.pictures import FACE_FREE, Picture
from benchmarks.errors import MissingError


@given(
    width=st.integers(40, 200),
    height=st.integers(40, 200),
    degrees=st.sampled_from([-90, -30, 0, 17, 30, 180]),
    data=st.data(),
)
def test_eyes_roll_with_the_picture(width: int, height: int, degrees: int, data: st.DataObject) -> None:
    x, y = data.draw(st.integers(6, width - 7)), data.draw(st.integers(6, height - 7))
    rgb = np.zeros((height, width, 3), np.uint8)
    rgb[y - 2 : y + 3, x - 2 : x + 3] = 255
    turned, transform = pictures.rolled(rgb, degrees)
    bright = np.clip(turned[..., 0].astype(float) - 40, 0, None)
    rows, columns = np.indices(bright.shape)
    centre = np.array([(bright * (columns + 0.5)).sum(), (bright * (rows + 0.5)).sum()]) / bright.sum()
    expected = pictures.rolled_eyes(np.array([[x + 0.5, y + 0.5]] * 2), transform)[0]
    np.testing.assert_allclose(centre, expected, atol=0.25)


def test_rolling_is_clockwise_and_keeps_all_of_the_picture_on_a_canvas_of_its_mean_colour() -> None:
    rgb = np.full((60, 100, 3), (200, 100, 50), np.uint8)
    rgb[:, :10] = (0, 0, 0)
    turned, _ = pictures.rolled(rgb, 90)
    assert turned.shape == (100, 60, 3)
    assert turned[5].max() < 5  # what was at the left is at the top
    corner = pictures.rolled(rgb, 30)[0][0, 0]
    np.testing.assert_allclose(corner, rgb.reshape(-1, 3).mean(axis=0), atol=1)


@given(st.integers(1, 900), st.integers(1, 900), st.integers(16, 640))
def test_a_shrunk_picture_is_never_larger_and_tells_its_scale(width: int, height: int, longest_px: int) -> None:
    small, scale = pictures.shrunk(np.zeros((height, width, 3), np.uint8), longest_px)
    assert max(small.shape[:2]) == min(max(width, height), longest_px)
    np.testing.assert_allclose(np.array(small.shape[1::-1]), scale * [width, height])


def test_the_annotated_photographs_are_those_of_the_tables_that_are_there(tmp_path: Path) -> None:
    folder = tmp_path / "portraits"
    folder.mkdir()
    columns = ["file", "split", "left_eye_x", "left_eye_y", "right_eye_x", "right_eye_y"]
    rows = [["a.png", "train", 1, 2, 3, 4], ["b.png", "val", 5, 6, 7, 8]]
    with (folder / "portraits.csv").open("w", newline="") as file:
        csv.writer(file).writerows([columns, *rows])
    found, notes = pictures.annotated(tmp_path)
    assert [(item.group, item.path) for item in found] == [("portraits val", folder / "val" / "b.png")]
    assert found[0].eyes is not None
    assert found[0].eyes.tolist() == [[5, 6], [7, 8]]
    assert len(notes) == 1
    assert "landmarks.csv is absent" in notes[0]


def test_without_the_photographs_only_pictures_that_are_at_hand_have_no_face(tmp_path: Path) -> None:
    found, notes = pictures.face_free(tmp_path, None)
    assert found
    assert all(item.group == FACE_FREE and item.pixels().ndim == 3 for item in found)
    assert "cuts without a face are left out" in notes[0]


def test_a_folder_of_pictures_without_a_face_is_searched_too_and_may_not_be_empty(tmp_path: Path) -> None:
    with pytest.raises(MissingError, match="holds no pictures"):
        pictures.face_free(tmp_path, tmp_path)
    (tmp_path / "deep").mkdir()
    cv2.imwrite(str(tmp_path / "deep" / "wall.PNG"), np.zeros((5, 5, 3), np.uint8))
    found, _ = pictures.face_free(tmp_path, tmp_path)
    assert found[-1].name == "deep/wall.PNG"


def test_a_cut_is_that_part_of_the_photograph(tmp_path: Path) -> None:
    rgb = np.arange(20 * 30 * 3, dtype=np.uint32).astype(np.uint8).reshape(20, 30, 3)
    cv2.imwrite(str(tmp_path / "a.png"), rgb[..., ::-1])
    cut = Picture(FACE_FREE, tmp_path / "a.png", "a", cut=(4, 3, 10, 5)).pixels()
    np.testing.assert_array_equal(cut, rgb[3:8, 4:14])


@pytest.mark.parametrize("content", [None, b"", b"no image"])
def test_a_picture_that_cannot_be_read_is_told_by_name(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "broken.jpg"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MissingError, match=r"broken\.jpg"):
        Picture(FACE_FREE, path, "broken").pixels()


def test_the_list_of_cuts_names_none_twice_and_none_that_is_empty() -> None:
    with Path(pictures.__file__).with_name("face_free.csv").open(newline="") as file:
        rows = [tuple(row.values()) for row in csv.DictReader(file)]
    assert len(set(rows)) == len(rows) >= 300
    assert all(int(x) >= 0 and int(y) >= 0 and int(width) > 0 and int(height) > 0 for _, x, y, width, height in rows)
