"""Luminance and chroma: joined again, the luminance stays, whatever the chroma says."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.data import astronaut

from phiz_core import colour

sides = st.integers(1, 40)


@given(data=st.data(), saturation=st.floats(0, 4), strength=st.floats(0, 1))
def test_the_luminance_stays_within_one_level_at_every_pixel(
    data: st.DataObject, saturation: float, strength: float
) -> None:
    luma = data.draw(arrays(np.uint8, st.tuples(sides, sides)))
    chroma = data.draw(arrays(np.uint8, st.tuples(sides, sides, st.just(2))))
    joined = colour.join(luma, chroma, saturation, strength)
    assert joined.shape == (*luma.shape, 3)
    assert np.abs(colour.luminance(joined).astype(int) - luma).max() <= 1


def test_a_photograph_taken_apart_and_joined_is_itself_but_for_rounding() -> None:
    photo = astronaut()
    joined = colour.join(colour.luminance(photo), colour.chroma(photo))
    assert np.abs(joined.astype(int) - photo).max() <= 3


def test_neutral_chroma_and_zero_saturation_are_exactly_gray() -> None:
    luma = colour.luminance(astronaut())
    gray = np.repeat(luma[..., None], 3, axis=2)
    neutral = np.full((9, 9, 2), colour.NEUTRAL_CHROMA, np.uint8)
    np.testing.assert_array_equal(colour.join(luma, neutral), gray)
    np.testing.assert_array_equal(colour.join(luma, colour.chroma(astronaut()), 0.0), gray)


def test_strength_mixes_the_coloured_photograph_into_the_gray_one() -> None:
    luma, chroma = colour.luminance(astronaut()), colour.chroma(astronaut())
    gray = np.repeat(luma[..., None].astype(float), 3, axis=2)
    vivid = colour.join(luma, chroma, 1.5)
    half = colour.join(luma, chroma, 1.5, 0.5)
    assert np.abs(half - (vivid + gray) / 2).max() <= 1
    np.testing.assert_array_equal(colour.join(luma, chroma, 1.5, 0.0), gray)


def test_strips_leave_no_seam() -> None:
    """The work goes in strips of about 130,000 pixels; this photograph needs twenty."""
    luma = np.tile(np.arange(256, dtype=np.uint8), (10_000, 1))
    chroma = np.full((4, 4, 2), 150, np.uint8)
    joined = colour.join(luma, chroma)
    assert (joined == joined[:1]).all()


def test_colourfulness_is_zero_for_gray_and_grows_with_saturation() -> None:
    photo = astronaut()
    luma, chroma = colour.luminance(photo), colour.chroma(photo)
    values = [colour.colourfulness(colour.join(luma, chroma, saturation)) for saturation in (0.0, 0.5, 1.0)]
    assert values[0] == pytest.approx(0.0, abs=1e-9)
    assert values[0] < values[1] < values[2]


@given(gains=st.lists(st.floats(0.5, 2.0), min_size=3, max_size=3))
def test_a_picture_gets_the_light_of_another(gains: list[float]) -> None:
    photo = np.asarray(astronaut() // 2, np.uint8)
    everywhere = np.ones(photo.shape[:2], np.float32)
    tinted = np.asarray(np.rint(photo * np.array(gains)), np.uint8)
    matched = colour.match(tinted, photo, everywhere)
    assert np.abs(matched.astype(int) - photo).max() <= 2


def test_only_what_has_weight_counts_in_the_light() -> None:
    gray, white = np.full((4, 4, 3), 100, np.uint8), np.full((4, 4, 3), 100, np.uint8)
    white[:2] = 255
    weight = np.zeros((4, 4), np.float32)
    weight[2:] = 1
    np.testing.assert_array_equal(colour.match(gray, white, weight), gray)


def test_black_stays_black_and_the_light_changes_by_half_or_double_at_most() -> None:
    everywhere = np.ones((4, 4), np.float32)
    black, dim, bright = (np.full((4, 4, 3), level, np.uint8) for level in (0, 10, 250))
    assert np.all(colour.match(black, bright, everywhere) == 0)
    assert np.all(colour.match(dim, bright, everywhere) == 20)
    assert np.all(colour.match(bright, dim, everywhere) == 125)
