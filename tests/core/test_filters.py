"""The filter bank: what each filter keeps of a picture, by its definition."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.data import astronaut

from phiz_core import filters
from phiz_core.colour import luminance

PICTURES = arrays(np.uint8, st.tuples(st.integers(1, 12), st.integers(1, 12), st.just(3)))
LEVELS = st.integers(0, 255)


@given(PICTURES)
def test_every_filter_keeps_the_shape_and_leaves_its_input_as_it_was(rgb: np.ndarray) -> None:
    before = rgb.copy()
    for name, apply in filters.FILTERS.items():
        result = apply(rgb)
        assert result.shape == rgb.shape, name
        assert result.dtype == np.uint8, name
    np.testing.assert_array_equal(rgb, before)


@given(PICTURES)
def test_gray_is_the_luminance_in_every_channel(rgb: np.ndarray) -> None:
    for channel in np.moveaxis(filters.gray(rgb), -1, 0):
        np.testing.assert_array_equal(channel, luminance(rgb))


@given(PICTURES, st.tuples(LEVELS, LEVELS, LEVELS))
def test_a_channel_is_white_exactly_where_it_is_above_its_own_level(
    rgb: np.ndarray, levels: tuple[int, int, int]
) -> None:
    layers = filters.rgb_thresholds(rgb, levels)
    for channel, level in enumerate(levels):
        for value, layer in zip(rgb[..., channel].flat, layers[..., channel].flat, strict=True):
            assert layer == (255 if value > level else 0)


@given(PICTURES, st.lists(LEVELS, min_size=1, max_size=4))
def test_a_contour_lies_where_a_level_is_crossed_to_a_neighbour_below_it(rgb: np.ndarray, levels: list[int]) -> None:
    lines = filters.colour_contours(rgb, levels)
    for y, x, channel in np.ndindex(rgb.shape):
        near = [(y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)]
        inside = [rgb[v, u, channel] for v, u in near if 0 <= v < rgb.shape[0] and 0 <= u < rgb.shape[1]]
        crossed = any(rgb[y, x, channel] > level >= value for level in levels for value in inside)
        assert lines[y, x, channel] == (255 if crossed else 0)


def test_a_plain_picture_has_neither_contours_nor_edges() -> None:
    plain = np.full((20, 30, 3), 180, np.uint8)
    assert not filters.colour_contours(plain).any()
    assert not filters.canny(plain).any()


def test_canny_finds_the_border_of_a_square_and_nothing_else() -> None:
    picture = np.zeros((40, 40, 3), np.uint8)
    picture[10:30, 10:30] = 255
    rows, columns = np.nonzero(filters.canny(picture)[..., 0])
    assert len(rows) > 60
    from_border = np.minimum.reduce([abs(rows - 9.5), abs(rows - 29.5), abs(columns - 9.5), abs(columns - 29.5)])
    assert from_border.max() <= 1.5


def test_a_higher_threshold_leaves_fewer_edges_of_a_photograph() -> None:
    photo = astronaut()
    counts = [int(np.count_nonzero(filters.canny(photo, low, 2 * low))) for low in (30, 100, 200)]
    assert counts[0] > counts[1] > counts[2] > 0


def test_a_sketch_leaves_flat_areas_as_paper_and_draws_detail_darker() -> None:
    picture = np.full((40, 40, 3), 120, np.uint8)
    picture[:, 20:22] = 40
    drawn = filters.sketch(picture)[..., 0]
    assert (drawn[:, :4] == 255).all()
    assert (drawn[:, 20:22] < 120).all()


def test_a_sketch_does_not_tell_how_bright_the_photograph_was() -> None:
    photo = astronaut()
    bright, dark = (filters.sketch((photo * part).astype(np.uint8)).astype(float) for part in (1.0, 0.6))
    assert abs(bright - dark).mean() < 3.0


@pytest.mark.parametrize(
    ("call", "complaint"),
    [
        (lambda rgb: filters.rgb_thresholds(rgb, (1, 2)), "three levels"),
        (lambda rgb: filters.rgb_thresholds(rgb, (1, 2, 256)), "256 is not"),
        (lambda rgb: filters.colour_contours(rgb, ()), "at least one level"),
        (lambda rgb: filters.colour_contours(rgb, (-1,)), "-1 is not"),
        (lambda rgb: filters.canny(rgb, 5, 4), "not in order"),
        (lambda rgb: filters.canny(rgb, -1, 4), "not in order"),
        (lambda rgb: filters.sketch(rgb, 0), "width of a line"),
    ],
)
def test_parameters_out_of_range_are_refused(call: Callable[[np.ndarray], np.ndarray], complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        call(np.zeros((4, 4, 3), np.uint8))
