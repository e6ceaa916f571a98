"""Enlarging without a model."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import upscale
from phiz_core.geometry import ImageArray
from phiz_core.upscale import Interpolation

Enlarge = Callable[[ImageArray, int], ImageArray]


def interpolated(how: Interpolation) -> Enlarge:
    return lambda pixels, scale: upscale.interpolate(pixels, scale * pixels.shape[1], scale * pixels.shape[0], how)


METHODS = {
    "bicubic": interpolated(Interpolation.BICUBIC),
    "lanczos": interpolated(Interpolation.LANCZOS),
    "edge-directed": upscale.edge_directed,
}
each_method = pytest.mark.parametrize("method", METHODS.values(), ids=METHODS)


def shrink(pixels: ImageArray, side_px: int) -> ImageArray:
    return upscale.interpolate(pixels, side_px, side_px, Interpolation.AREA)


def psnr_db(one: ImageArray, other: ImageArray) -> float:
    return float(-10 * np.log10(np.mean((one.astype(float) - other) ** 2) / 255**2))


def stairs(pixels: ImageArray) -> float:
    """How uneven [N, N, 1] is along its diagonals near the middle, the mean of their standard deviations."""
    margin = len(pixels) // 8
    middle = pixels[margin:-margin, margin:-margin, 0]
    return float(np.mean([np.diagonal(middle, offset).std() for offset in range(-10, 11)]))


@each_method
@given(
    height=st.integers(1, 20),
    width=st.integers(1, 20),
    channels=st.sampled_from([1, 3]),
    scale=st.sampled_from([2, 4]),
    level=st.integers(0, 255),
)
def test_every_size_and_a_plain_picture_stays_plain(
    method: Enlarge, height: int, width: int, channels: int, scale: int, level: int
) -> None:
    enlarged = method(np.full((height, width, channels), level, np.uint8), scale)

    assert enlarged.shape == (scale * height, scale * width, channels)
    assert np.all(enlarged == level)


@each_method
@pytest.mark.parametrize("scale", [2, 4])
def test_the_picture_stays_where_it_is(method: Enlarge, scale: int, astronaut: ImageArray) -> None:
    """Shrunk again, it is what it was; half a pixel aside, it would not be."""
    small = shrink(astronaut, 128)
    again = shrink(method(small, scale), 128)

    assert psnr_db(again, small) > 33
    assert psnr_db(np.roll(again, 1, axis=1), small) < 20


@each_method
@pytest.mark.parametrize("turn", [np.fliplr, np.flipud, lambda pixels: np.swapaxes(pixels, 0, 1)])
def test_no_direction_is_preferred(
    method: Enlarge, turn: Callable[[ImageArray], ImageArray], astronaut: ImageArray
) -> None:
    face = np.ascontiguousarray(astronaut[80:140, 190:260])
    difference = method(np.ascontiguousarray(turn(face)), 2).astype(int) - turn(method(face, 2))

    assert np.abs(difference).max() <= 1  # rounding


@pytest.mark.parametrize("scale", [2, 4])
def test_only_edge_directed_draws_a_diagonal_edge_without_stairs(scale: int) -> None:
    edge = np.zeros((32, 32, 1), np.uint8)
    edge[np.triu_indices(32)] = 200

    assert stairs(METHODS["edge-directed"](edge, scale)) == 0
    assert stairs(METHODS["bicubic"](edge, scale)) > 1
    assert stairs(METHODS["lanczos"](edge, scale)) > 1


def test_channels_go_the_same_way(astronaut: ImageArray) -> None:
    gray = np.ascontiguousarray(astronaut[80:140, 190:260, :1])
    difference = upscale.edge_directed(np.repeat(gray, 3, axis=-1), 2).astype(int) - upscale.edge_directed(gray, 2)

    assert np.abs(difference).max() <= 1  # rounding


@given(top=st.integers(10, 50), left=st.integers(10, 50), scale=st.sampled_from([2, 4]))
def test_what_is_far_away_does_not_matter(top: int, left: int, scale: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (60, 60, 3), np.uint8)
    changed = pixels.copy()
    changed[top, left] = 255 - changed[top, left]

    difference = np.argwhere(np.any(upscale.edge_directed(pixels, scale) != upscale.edge_directed(changed, scale), 2))

    centre = (np.array([top, left]) + 0.5) * scale
    assert np.abs(difference + 0.5 - centre).max() <= 12 * scale
