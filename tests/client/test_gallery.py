"""Many faces on one sheet."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from phiz.gallery import MAX_PICTURES, Gallery, shape


@given(count=st.integers(1, MAX_PICTURES))
def test_the_grid_holds_all_without_an_empty_row_and_is_no_strip(count: int) -> None:
    columns, rows = shape(count)

    assert columns * (rows - 1) < count <= columns * rows
    assert rows <= columns <= 2 * rows


@pytest.mark.parametrize(("count", "grid"), [(1, (1, 1)), (2, (2, 1)), (3, (2, 2)), (16, (4, 4)), (200, (20, 10))])
def test_no_place_is_empty_where_that_can_be(count: int, grid: tuple[int, int]) -> None:
    assert shape(count) == grid


def sheet(count: int, side_px: int, caption: str = "7") -> Image.Image:
    gallery = Gallery(count)
    for index in range(count):
        gallery.add(Image.new("RGB", (side_px, side_px), (255, index, 0)), caption)
    return Image.open(io.BytesIO(gallery.file("png")))


def test_every_picture_is_there_in_its_order() -> None:
    pixels = np.asarray(sheet(12, 100).convert("RGB"))

    reds = pixels[(pixels[..., 0] == 255) & (pixels[..., 2] == 0)]
    assert list(dict.fromkeys(reds[:, 1].tolist())) == list(range(12))
    assert len(reds) == 12 * 100**2


@pytest.mark.parametrize(("count", "side_px"), [(4, 2048), (MAX_PICTURES, 64)])
def test_a_sheet_never_grows_too_large(count: int, side_px: int) -> None:
    assert sheet(count, side_px).width <= 4096


def test_the_longest_seed_stays_under_its_picture() -> None:
    """Small pictures are made as wide as it needs."""
    pixels = np.asarray(sheet(2, 16, str(2**64 - 1)).convert("L")).astype(int)

    between = pixels[:, pixels.shape[1] // 2 - 1]
    assert np.ptp(between) == 0, "nothing is written between the columns"
