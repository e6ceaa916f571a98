"""The average face: landmarks meet, and nothing else is asked of the order or the number of faces."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from phiz_core import geometry
from phiz_core.average import MEETING_PLACES, FaceMean, warp
from phiz_core.geometry import ImageArray, Points

SIZE_PX = 256
few = settings(max_examples=20)

shifts = arrays(np.float64, (5, 2), elements=st.floats(-12, 12))
"""How far five landmarks lie from where they are to be, in pixels: as faces of all kinds do."""


def chart() -> ImageArray:
    """A picture that tells each place: red is x and green is y, in pixels."""
    y, x = np.mgrid[0:SIZE_PX, 0:SIZE_PX]
    return np.stack([x, y, np.zeros_like(x)], axis=2).astype(np.uint8)


def read(picture: ImageArray, places: npt.NDArray[np.float64]) -> Points:
    """Which places of the chart a picture shows at places [N, 2]."""
    column, row = np.floor(places).astype(int).T
    return np.asarray(picture[row, column, :2] + (places - np.floor(places)))


def spots(points: npt.NDArray[np.float64]) -> ImageArray:
    """White spots of 3 px at points, on black: [180, 180, 3]."""
    y, x = np.mgrid[0:180, 0:180] + 0.5
    light = np.exp(-((x - points[:, :1, None]) ** 2 + (y - points[:, 1:, None]) ** 2) / 9).sum(axis=0)
    return np.repeat(np.asarray(255 * np.clip(light, 0, 1), np.uint8)[..., None], 3, axis=2)


def face(number: int) -> Points:
    """Landmarks of some face, in pixels of a picture of spots: [5, 2]."""
    sway = 3 * np.sin(np.arange(10.0) * number).reshape(5, 2)
    return np.asarray(MEETING_PLACES * (100 + 7 * number) + sway + 9, np.float64)


class TestWarp:
    @few
    @given(shift=shifts)
    def test_points_come_to_their_places(self, shift: Points) -> None:
        places = MEETING_PLACES * SIZE_PX
        warped = warp(chart(), places + shift, places)
        assert np.abs(read(warped, places) - (places + shift)).max() < 1.5

    @few
    @given(shift=shifts)
    def test_the_frame_stays(self, shift: Points) -> None:
        places = MEETING_PLACES * SIZE_PX
        corners = np.array([[2.5, 2.5], [253.5, 2.5], [2.5, 253.5], [253.5, 253.5], [128.5, 2.5]])
        assert np.abs(read(warp(chart(), places + shift, places), corners) - corners).max() < 3

    def test_what_need_not_move_does_not(self, astronaut: ImageArray) -> None:
        places = MEETING_PLACES * 512
        assert np.abs(warp(astronaut, places, places).astype(int) - astronaut).max() <= 1


class TestFaceMean:
    def test_of_one_face_it_is_its_aligned_cut(self) -> None:
        average = FaceMean(96)
        average.add(spots(face(3)), face(3))
        cut = geometry.align(spots(face(3)), face(3), 96)
        assert np.abs(average.mean().astype(int) - cut).mean() < 2

    @few
    @given(numbers=st.lists(st.integers(0, 9), min_size=2, max_size=5))
    def test_the_landmarks_meet_in_the_mean_shape(self, numbers: list[int]) -> None:
        average, shapes = FaceMean(96), []
        for number in numbers:
            average.add(spots(face(number)), face(number))
            to_photo = geometry.crop_to_photo(face(number), 96)
            shapes.append(geometry.apply(geometry.invert(to_photo), face(number)))
        mean = average.mean()
        column, row = np.floor(np.mean(shapes, axis=0)).astype(int).T
        assert mean[row, column].min() > 150, "a spot of each face lies there"
        assert mean.mean() < 10, "and nowhere else"

    @few
    @given(order=st.permutations(range(5)))
    def test_the_order_of_the_faces_does_not_matter_at_all(self, order: list[int]) -> None:
        def average(numbers: list[int]) -> ImageArray:
            faces = FaceMean(48)
            for number in numbers:
                faces.add(spots(face(number)), face(number))
            return faces.mean()

        assert np.array_equal(average(order), average(list(range(5))))

    def test_landmarks_in_one_point_are_no_face(self) -> None:
        with pytest.raises(ValueError, match="span no face"):
            FaceMean(48).add(np.zeros((9, 9, 3), np.uint8), np.zeros((5, 2)))
