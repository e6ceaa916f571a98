"""Finding faces. The figures of the detector itself are measured elsewhere; these are its promises."""

import cv2
import numpy as np
import pytest
import skimage.data

from phiz_core import geometry
from phiz_core.geometry import ImageArray
from serving.faces import find_faces

PUPILS = np.array([[205.4, 101.0], [246.0, 103.0]])
"""Of the astronaut, read off the picture."""


def gray(photo: ImageArray) -> ImageArray:
    return np.asarray(cv2.cvtColor(cv2.cvtColor(photo, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), np.uint8)


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 6.0])
@pytest.mark.parametrize("colour", [True, False])
def test_the_astronaut_is_found_at_any_size(astronaut: ImageArray, scale: float, colour: bool) -> None:
    photo = astronaut if colour else gray(astronaut)
    (face,) = find_faces(np.asarray(cv2.resize(photo, None, fx=scale, fy=scale), np.uint8))
    errors = np.linalg.norm(face.landmarks_px[:2] - PUPILS * scale, axis=1)
    assert errors.max() < 0.15 * geometry.interocular_px(PUPILS * scale)
    assert 0 < face.score <= 1
    assert abs(face.roll_degrees) < 8


def test_the_landmarks_are_a_face_inside_its_box(astronaut: ImageArray) -> None:
    (face,) = find_faces(astronaut)
    x, y, width, height = face.box_px
    assert np.all((face.landmarks_px > [x, y]) & (face.landmarks_px < [x + width, y + height]))
    left_eye, right_eye, nose, mouth_left, mouth_right = face.landmarks_px
    assert left_eye[0] < nose[0] < right_eye[0]
    assert mouth_left[0] < nose[0] < mouth_right[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


def test_faces_come_largest_first(astronaut: ImageArray) -> None:
    small = np.full_like(astronaut, 128)
    small[:350, :350] = cv2.resize(astronaut, (350, 350), interpolation=cv2.INTER_AREA)
    faces = find_faces(np.hstack([small, astronaut]))
    assert len(faces) == 2
    assert faces[0].box_px[0] > 512 > faces[1].box_px[0]


@pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea"])
def test_where_there_is_no_face_none_is_found(name: str) -> None:
    """A cup, a rocket and a cat."""
    assert find_faces(getattr(skimage.data, name)()) == []


@pytest.mark.parametrize("shape", [(1, 1, 3), (5, 900, 3), (900, 5, 3), (64, 64, 3)])
def test_any_shape_can_be_searched(shape: tuple[int, int, int]) -> None:
    assert find_faces(np.zeros(shape, np.uint8)) == []


def test_a_face_at_the_edge_does_no_harm(astronaut: ImageArray) -> None:
    """Windows for the eyes reach over the edge here."""
    for cut in range(170, 215, 5):
        for face in find_faces(np.ascontiguousarray(astronaut[60:, cut:])):
            assert np.isfinite(face.landmarks_px).all()
