"""What a translator sees of a picture with a hole, and its answer put into it."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core.geometry import ImageArray
from serving.holes import HIDDEN, Mask, around, fill, see, soften

sides = st.integers(1, 60)


@st.composite
def holes(draw: st.DrawFn) -> Mask:
    """Of any size, with one rectangle that is hidden."""
    height, width = draw(sides), draw(sides)
    top, left = draw(st.integers(0, height - 1)), draw(st.integers(0, width - 1))
    bottom, right = draw(st.integers(top + 1, height)), draw(st.integers(left + 1, width))
    return rectangle(height, width, top, bottom, left, right)


def rectangle(height: int, width: int, top: int, bottom: int, left: int, right: int) -> Mask:
    hole = np.zeros((height, width), np.bool_)
    hole[top:bottom, left:right] = True
    return hole


def noise(hole: Mask) -> ImageArray:
    return np.random.default_rng(3).integers(0, 256, (*hole.shape, 3), np.uint8)


@given(hole=holes(), least_px=sides)
def test_the_window_holds_the_hole_and_lies_in_the_picture(hole: Mask, least_px: int) -> None:
    window = around(hole, least_px)

    assert hole[window.slices].sum() == hole.sum()
    for start, stop, side_px in (
        (window.top, window.bottom, hole.shape[0]),
        (window.left, window.right, hole.shape[1]),
    ):
        assert 0 <= start < stop <= side_px
        assert stop - start >= min(side_px, least_px)


def test_a_small_hole_is_seen_with_what_is_around_it_only() -> None:
    window = around(rectangle(1000, 2000, 400, 500, 1900, 2000), least_px=50)

    assert (window.top, window.bottom) == (300, 600)
    assert (window.left, window.right) == (1700, 2000), "the hole is at the edge"


@given(hole=holes(), longest_px=sides)
def test_nothing_of_the_hole_is_seen(hole: Mask, longest_px: int) -> None:
    picture = np.full((*hole.shape, 3), 60, np.uint8)
    picture[hole] = 255

    seen, mask = see(picture, hole, longest_px)

    assert max(seen.shape) <= max(longest_px, 3)
    assert set(np.unique(mask)) <= {0, 255}
    assert np.all(seen[mask[..., 0] == 255] == HIDDEN)
    assert np.all(seen[mask[..., 0] == 0] == 60)


def test_a_picture_that_is_small_enough_is_seen_as_it_is() -> None:
    hole = rectangle(40, 30, 5, 10, 5, 10)

    seen, mask = see(noise(hole), hole, 40)

    assert np.array_equal(seen[~hole], noise(hole)[~hole])
    assert np.array_equal(mask[..., 0] == 255, hole)


@given(hole=holes(), least_px=sides, longest_px=sides)
def test_what_is_not_in_the_hole_stays_to_the_bit(hole: Mask, least_px: int, longest_px: int) -> None:
    picture = noise(hole)
    window = around(hole, least_px)
    seen, _ = see(picture[window.slices], hole[window.slices], longest_px)

    fill(picture, hole, window, np.full_like(seen, 77))

    assert np.array_equal(picture[~hole], noise(hole)[~hole])
    assert np.all(picture[hole] == 77)


@given(hole=holes())
def test_softening_changes_nothing_outside_of_the_hole(hole: Mask) -> None:
    mask = np.where(hole[..., None], np.uint8(255), np.uint8(0))

    softened = soften(noise(hole), mask)

    assert np.array_equal(softened[~hole], noise(hole)[~hole])


@given(hole=holes().filter(lambda hole: not hole.all()), level=st.integers(0, 255), made=st.integers(0, 255))
def test_a_filling_of_another_colour_takes_on_that_around_it(hole: Mask, level: int, made: int) -> None:
    mask = np.where(hole[..., None], np.uint8(255), np.uint8(0))

    softened = soften(np.where(mask > 0, np.uint8(made), np.full((*hole.shape, 3), level, np.uint8)), mask)

    assert np.abs(softened.astype(int) - level).max() <= 1


def test_what_a_filling_shows_by_itself_stays() -> None:
    hole = rectangle(60, 60, 10, 50, 10, 50)
    picture = np.full((60, 60, 3), 90, np.uint8)
    picture[28:32, 28:32] = 200

    assert np.array_equal(soften(picture, np.where(hole[..., None], np.uint8(255), np.uint8(0))), picture)


@pytest.mark.parametrize("longest_px", [320, 64])
def test_a_filling_that_is_right_leaves_no_seam(astronaut: ImageArray, longest_px: int) -> None:
    soft = np.asarray(cv2.GaussianBlur(astronaut, (0, 0), 12), np.uint8)
    hole = rectangle(512, 512, 200, 330, 150, 300)
    picture = soft.copy()
    picture[hole] = 0
    window = around(hole, 300)
    size = (*see(picture[window.slices], hole[window.slices], longest_px)[0].shape[1::-1],)
    right = cv2.resize(soft[window.slices], size, interpolation=cv2.INTER_AREA)

    fill(picture, hole, window, np.asarray(right, np.uint8))

    assert np.abs(picture.astype(int) - soft).max() <= 6
