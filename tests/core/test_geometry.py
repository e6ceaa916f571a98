"""The aligned cut: where the landmarks come to lie, and that it undoes every turn, scale and shift."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.data import astronaut

from phiz_core import geometry

ASTRONAUT = np.array([[205.0, 111.0], [249.0, 110.0], [227.0, 137.0], [208.0, 152.0], [246.0, 151.0]])


def turned(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(scale * points @ turn.T + np.array(shift))


@given(
    degrees=st.floats(-180, 180),
    scale=st.floats(0.05, 20),
    shift=st.tuples(st.floats(-1000, 1000), st.floats(-1000, 1000)),
    size_px=st.integers(16, 1024),
)
def test_the_face_lies_in_the_crop_alike_however_it_lay_in_the_photograph(
    degrees: float, scale: float, shift: tuple[float, float], size_px: int
) -> None:
    straight = geometry.apply(geometry.invert(geometry.crop_to_photo(ASTRONAUT, size_px)), ASTRONAUT)
    moved = turned(ASTRONAUT, degrees, scale, shift)
    found = geometry.apply(geometry.invert(geometry.crop_to_photo(moved, size_px)), moved)
    np.testing.assert_allclose(found, straight, atol=1e-6 * size_px)


def test_the_eyes_are_level_above_the_centre_and_a_quarter_of_the_crop_apart_at_least() -> None:
    inside = geometry.apply(geometry.invert(geometry.crop_to_photo(ASTRONAUT, 64)), ASTRONAUT)
    left, right = inside[geometry.LEFT_EYE], inside[geometry.RIGHT_EYE]
    assert abs(right[1] - left[1]) < 1.5
    assert left[0] < 32 < right[0]
    assert left[1] < 32
    assert 0 < right[0] - left[0] <= 16.001


@given(size_px=st.integers(8, 512))
def test_crop_to_photo_and_back_is_the_identity(size_px: int) -> None:
    transform = geometry.crop_to_photo(ASTRONAUT, size_px)
    corners = np.array([[0.0, 0.0], [size_px, 0.0], [0.0, size_px]])
    there = geometry.apply(transform, corners)
    np.testing.assert_allclose(geometry.apply(geometry.invert(transform), there), corners, atol=1e-6)


def test_a_crop_of_whole_pixels_copies_them() -> None:
    photo = astronaut()
    shift = np.array([[1.0, 0.0, 100.0], [0.0, 1.0, 50.0]])
    np.testing.assert_array_equal(geometry.crop(photo, shift, 40, 30), photo[50:80, 100:140])


def test_a_shrinking_crop_is_the_mean_of_what_it_covers() -> None:
    photo = astronaut()
    shrink = np.array([[4.0, 0.0, 0.0], [0.0, 4.0, 0.0]])
    wanted = cv2.resize(photo, (128, 128), interpolation=cv2.INTER_AREA)
    assert np.abs(geometry.crop(photo, shrink, 128, 128).astype(int) - wanted).max() <= 1


def test_a_fine_grid_shrinks_to_gray_and_not_to_stripes() -> None:
    grid = np.zeros((512, 512, 3), np.uint8)
    grid[:, ::2] = 255
    shrink = np.array([[6.0, 0.0, 0.0], [0.0, 6.0, 0.0]])
    assert np.ptp(geometry.crop(grid, shrink, 80, 80)) <= 1


def test_landmarks_in_one_point_are_refused() -> None:
    with pytest.raises(ValueError, match="span no face"):
        geometry.crop_to_photo(np.ones((5, 2)), 64)


@given(degrees=st.floats(-179, 179))
def test_roll_is_the_angle_of_the_eyes_clockwise(degrees: float) -> None:
    level = np.array([[0.0, 0.0], [40.0, 0.0], [20.0, 20.0], [5.0, 40.0], [35.0, 40.0]])
    assert geometry.roll_degrees(turned(level, degrees, 1.0, (0, 0))) == pytest.approx(degrees, abs=1e-6)
    assert geometry.interocular_px(turned(level, degrees, 2.0, (3, 4))) == pytest.approx(80.0)


@given(
    degrees=st.floats(-180, 180),
    scale=st.floats(0.2, 6),
    centre=st.tuples(st.floats(-60, 120), st.floats(-60, 110)),
)
def test_beyond_the_edge_a_crop_is_mirrored(degrees: float, scale: float, centre: tuple[float, float]) -> None:
    """As if the photograph were laid out with its mirror images around it."""
    photo = astronaut()[90:140, 200:260]
    margin = 400
    laid_out = cv2.copyMakeBorder(photo, margin, margin, margin, margin, cv2.BORDER_REFLECT_101)
    axes = turned(np.eye(2), degrees, scale, (0, 0)).T
    cut = np.concatenate([axes, (np.array(centre) - axes @ [16, 16])[:, None]], axis=1)
    moved = cut.copy()
    moved[:, 2] += margin
    difference = geometry.crop(photo, cut, 32, 32).astype(int) - geometry.crop(laid_out, moved, 32, 32)
    assert np.abs(difference).max() <= 1


def test_a_panorama_is_cut_like_any_photograph() -> None:
    photo = np.zeros((40, 40_000, 3), np.uint8)
    photo[:, 36_000:36_010] = 200
    shift = np.array([[1.0, 0.0, 35_990.0], [0.0, 1.0, 5.0]])
    np.testing.assert_array_equal(geometry.crop(photo, shift, 40, 30), photo[5:35, 35_990:36_030])
