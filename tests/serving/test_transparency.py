"""Colours behind what is transparent."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core.geometry import ImageArray
from serving.transparency import fill_hidden


def disc(side_px: int = 64) -> ImageArray:
    """A red disc on nothing, whose hidden pixels are black, as they mostly are."""
    rgba = np.zeros((side_px, side_px, 4), np.uint8)
    centre = (side_px // 2, side_px // 2)
    cv2.circle(rgba, centre, side_px // 3, (200, 30, 30, 255), cv2.FILLED)
    return rgba


def test_hidden_pixels_get_the_colour_of_what_is_seen() -> None:
    filled = fill_hidden(disc())

    assert np.abs(filled[..., :3].astype(int) - (200, 30, 30)).max() <= 1
    assert np.array_equal(filled[..., 3], disc()[..., 3])


def test_no_dark_rim_is_left_when_it_is_enlarged() -> None:
    enlarged = cv2.resize(fill_hidden(disc()), (128, 128), interpolation=cv2.INTER_CUBIC)
    seen = enlarged[enlarged[..., 3] > 20]

    assert np.abs(seen[:, :3].astype(int) - (200, 30, 30)).max() <= 1


@given(height=st.integers(1, 40), width=st.integers(1, 40), seed=st.integers(0, 100))
def test_what_is_seen_stays_as_it_is(height: int, width: int, seed: int) -> None:
    rgba = np.random.default_rng(seed).integers(0, 256, (height, width, 4), np.uint8)
    rgba[rgba[..., 3] < 128, 3] = 0

    filled = fill_hidden(rgba)

    assert np.array_equal(filled[..., 3], rgba[..., 3])
    seen = rgba[..., 3] > 0
    assert np.array_equal(filled[seen], rgba[seen])


@pytest.mark.parametrize("alpha", [0, 255])
def test_a_picture_of_which_nothing_or_all_is_seen_is_taken(alpha: int) -> None:
    rgba = np.full((5, 7, 4), alpha, np.uint8)

    assert fill_hidden(rgba).shape == (5, 7, 4)
