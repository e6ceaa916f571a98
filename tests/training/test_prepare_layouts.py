"""The cuts: where faces come to lie in each, and which names there are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import geometry
from phiz_core.geometry import ImageArray, Points
from training.errors import TrainingError
from training.prepare.layouts import CelebaWindow, layout

FACE = np.array([[205.0, 111.0], [249.0, 110.0], [227.0, 137.0], [208.0, 152.0], [246.0, 151.0]])


@pytest.mark.parametrize(
    ("name", "size"),
    [
        ("face_96", (96, 96)),
        ("portrait_360x480", (360, 480)),
        ("portrait_256x320", (256, 320)),
        ("pixels_224x272", (224, 272)),
        ("celeba_56", (56, 56)),
    ],
)
def test_a_name_says_the_size(astronaut: ImageArray, name: str, size: tuple[int, int]) -> None:
    cut = layout(name)
    image, landmarks = cut.cut(astronaut, FACE)
    assert (cut.name, cut.width_px, cut.height_px) == (name, *size)
    assert image.shape == (size[1], size[0], 3)
    assert landmarks.shape == (5, 2)


@pytest.mark.parametrize(
    "name", ["face", "face_", "face_64x64", "portrait_64", "pixels_64", "Face_64", "face_64 ", "celeba_0x1", ""]
)
def test_an_unknown_name_is_refused(name: str) -> None:
    with pytest.raises(TrainingError, match="there are face_<n>, celeba_<n>, portrait_<width>x<height> and pixels_"):
        layout(name)


@pytest.mark.parametrize("name", ["face_7", "face_4097", "portrait_256x0", "celeba_00005"])
def test_a_size_out_of_range_is_refused(name: str) -> None:
    with pytest.raises(TrainingError, match="8 to 4096 pixels"):
        layout(name)


@given(
    name=st.sampled_from(["face_64", "face_97", "portrait_256x320", "portrait_40x16", "pixels_48x40", "celeba_56"]),
    points=st.lists(st.tuples(st.floats(5, 95), st.floats(5, 75)), min_size=5, max_size=5),
)
def test_landmarks_follow_their_pixels(name: str, points: list[tuple[float, float]]) -> None:
    landmarks = np.array(points)
    across = geometry.interocular_px(landmarks)
    eyes, mouth = landmarks[:2].mean(axis=0), landmarks[3:].mean(axis=0)
    if across < 1 or np.hypot(*(mouth - eyes)) < 1 or _spans_nothing(landmarks):
        return
    cut = layout(name)
    photo = np.zeros((80, 100, 3), np.uint8)
    _, found = cut.cut(photo, landmarks)
    np.testing.assert_allclose(geometry.apply(cut.transform(photo, landmarks, cut), found), landmarks, atol=1e-6)


def _spans_nothing(landmarks: Points) -> bool:
    down = landmarks[3:].mean(axis=0) - landmarks[:2].mean(axis=0)
    return bool(np.hypot(*(landmarks[1] - landmarks[0] + [down[1], -down[0]])) < 1)


def test_a_portrait_is_the_largest_cut_of_its_aspect_near_the_face(astronaut: ImageArray) -> None:
    image, landmarks = layout("portrait_256x512").cut(astronaut, FACE)
    np.testing.assert_allclose(landmarks.mean(axis=0)[0], 128)
    left = round(FACE.mean(axis=0)[0]) - 128
    np.testing.assert_array_equal(image, astronaut[:, left : left + 256])


@given(x=st.floats(0, 512), y=st.floats(0, 512), width=st.integers(8, 512), height=st.integers(8, 512))
def test_own_pixels_are_those_of_the_photograph_around_the_face(
    astronaut: ImageArray, x: float, y: float, width: int, height: int
) -> None:
    face = FACE - FACE.mean(axis=0) + [x, y]
    image, landmarks = layout(f"pixels_{width}x{height}").cut(astronaut, face)
    left, top = (round(offset) for offset in (face - landmarks)[0])
    np.testing.assert_allclose(face - landmarks, np.tile([left, top], (5, 1)), atol=1e-6)
    np.testing.assert_array_equal(image, astronaut[top : top + height, left : left + width])
    for place, start, side in ((x, left, width), (y, top, height)):
        assert abs(place - (start + side / 2)) <= 0.5 or start in (0, 512 - side)


def test_a_photograph_smaller_than_the_cut_is_enlarged_to_cover_it(astronaut: ImageArray) -> None:
    small, face = astronaut[:180, 100:400], FACE - [100, 0]
    np.testing.assert_array_equal(
        layout("pixels_224x272").cut(small, face)[0], layout("portrait_224x272").cut(small, face)[0]
    )


def celeba_image(scale: int) -> tuple[ImageArray, Points]:
    """Noise of CelebA's format, and eyes near its canonical places."""
    photo = np.random.default_rng(3).integers(0, 256, (218 // scale, 178 // scale, 3), np.uint8)
    return photo, np.array([[70.0, 109.0], [107.0, 113.0], [88.0, 130.0], [74.0, 150.0], [103.0, 150.0]]) / scale


class TestCeleba:
    def test_an_aligned_image_is_cut_in_its_middle_to_the_pixel(self) -> None:
        photo, landmarks = celeba_image(1)
        image, moved = layout("celeba_108").cut(photo, landmarks)
        np.testing.assert_array_equal(image, photo[55:163, 35:143])
        np.testing.assert_allclose(moved, landmarks - [35, 55])

    def test_the_window_moves(self) -> None:
        photo, landmarks = celeba_image(1)
        image, _ = layout("celeba_108", CelebaWindow(delta_i=-3, delta_j=7)).cut(photo, landmarks)
        np.testing.assert_array_equal(image, photo[62:170, 32:140])

    def test_the_window_turns_about_its_centre_and_the_face_against_it(self) -> None:
        photo, landmarks = celeba_image(1)
        image, moved = layout("celeba_108", CelebaWindow(rotation_degrees=90)).cut(photo, landmarks)
        np.testing.assert_array_equal(image, np.rot90(photo[55:163, 35:143]))
        assert geometry.roll_degrees(moved) == pytest.approx(geometry.roll_degrees(landmarks) - 90)

    def test_an_image_at_half_size_is_cut_alike(self) -> None:
        photo, landmarks = celeba_image(2)
        _, moved = layout("celeba_54").cut(photo, landmarks)
        np.testing.assert_allclose(moved, landmarks - [17.5, 27.5])

    def test_the_eyes_of_any_other_photograph_are_laid_on_celebas(self, astronaut: ImageArray) -> None:
        _, moved = layout("celeba_108").cut(astronaut, FACE)
        np.testing.assert_allclose(moved[:2], [[69 - 35, 111 - 55], [108 - 35, 111 - 55]], atol=1e-9)
        _, moved = layout("celeba_56", CelebaWindow(delta_i=10)).cut(astronaut, FACE)
        np.testing.assert_allclose(moved[0], np.array([69 - 45, 111 - 55]) * 56 / 108, atol=1e-9)

    def test_the_format_alone_makes_no_aligned_image(self) -> None:
        photo, landmarks = celeba_image(1)
        _, moved = layout("celeba_108").cut(photo, landmarks - [0, 40])
        np.testing.assert_allclose(moved[:2], [[34, 56], [73, 56]], atol=1e-9)
