"""Pictures that are made to learn from: the landmarks lie where the face went, and targets say what is so."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from phiz_core.detection import CROP_PX, face_frame
from phiz_core.geometry import ImageArray, Points
from tests.training.tiny import draw_photograph
from training.models.face_detector import STRIDES_PX, places
from training.recipes.face_detector import RECIPE
from training.synthesis.crops import face_crop
from training.synthesis.feeds import scene_targets
from training.synthesis.photometry import degrade
from training.synthesis.scenes import Scene, scene
from training.synthesis.warp import View, bend, moved, view_map, warp


def spots() -> tuple[ImageArray, Points]:
    """A gray portrait with a bright spot on each landmark."""
    photo = np.full((160, 130), 60, np.uint8)
    _, landmarks = draw_photograph(np.random.default_rng(3))
    landmarks = np.round(landmarks)
    for x, y in landmarks.astype(int):
        photo[y - 3 : y + 3, x - 3 : x + 3] = 255
    return photo, landmarks


def brightest_near(picture: ImageArray, point: Points) -> Points:
    """Centre of the bright pixels around a point."""
    y, x = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]] + 0.5
    near = (np.hypot(x - point[0], y - point[1]) < 6) & (picture > 150)
    assert near.any(), point
    return np.array([x[near].mean(), y[near].mean()])


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("roll_degrees", [0.0, 40.0, -130.0])
def test_landmarks_go_where_the_picture_goes(mirrored: bool, roll_degrees: float) -> None:
    photo, landmarks = spots()
    view = View(np.array([110.0, 90.0]), 40.0, roll_degrees, mirrored)
    transform = view_map(np.random.default_rng(0), landmarks, view, stretch=0.1)
    picture = warp(photo, transform, 220, 180, 0)
    for point in moved(landmarks, transform, mirrored):
        np.testing.assert_allclose(brightest_near(picture, point), point, atol=0.5)


def test_a_face_comes_where_size_and_turn_its_view_says() -> None:
    _, landmarks = spots()
    view = View(np.array([70.0, 60.0]), 33.0, 20.0, False)
    seen = moved(landmarks, view_map(np.random.default_rng(0), landmarks, view, stretch=0.0), False)
    centre, right, size = face_frame(seen)
    np.testing.assert_allclose(centre, view.centre)
    assert size == pytest.approx(33.0)
    assert np.degrees(np.arctan2(right[1], right[0])) == pytest.approx(20.0)


@pytest.mark.parametrize("mirrored", [False, True])
def test_left_stays_left_as_seen(mirrored: bool) -> None:
    _, landmarks = spots()
    view = View(np.array([70.0, 60.0]), 33.0, 0.0, mirrored)
    seen = moved(landmarks, view_map(np.random.default_rng(0), landmarks, view, stretch=0.0), mirrored)
    assert seen[0, 0] < seen[1, 0]
    assert seen[3, 0] < seen[4, 0]


def test_bending_moves_the_landmarks_along() -> None:
    photo, landmarks = spots()
    for seed in range(5):
        bent, points = bend(np.random.default_rng(seed), photo, landmarks, 3.0)
        assert np.abs(points - landmarks).max() > 0.5
        for point in points:
            np.testing.assert_allclose(brightest_near(bent, point), point, atol=1.0)


def make_crop(random: np.random.Generator) -> ImageArray:
    photo, landmarks = spots()
    return face_crop(random, photo[None], landmarks[None], 0.5).luminance


def make_scene(random: np.random.Generator) -> ImageArray:
    photo, landmarks = spots()
    return scene(random, photo[None], landmarks[None], 128).luminance


@pytest.mark.parametrize("make", [make_crop, make_scene])
def test_the_same_seed_makes_the_same_pictures(make: Callable[[np.random.Generator], ImageArray]) -> None:
    first = [make(np.random.default_rng(seed)) for seed in range(12)]
    again = [make(np.random.default_rng(seed)) for seed in range(12)]
    assert all(np.array_equal(one, other) for one, other in zip(first, again, strict=True))
    assert len({picture.tobytes() for picture in first}) == 12


def test_about_as_many_crops_show_a_face_as_asked_for_and_its_points_lie_inside() -> None:
    photo, landmarks = spots()
    random = np.random.default_rng(0)
    crops = [face_crop(random, photo[None], landmarks[None], 0.6) for _ in range(300)]
    assert 0.5 < np.mean([crop.is_face for crop in crops]) < 0.7
    inside = [np.all((crop.landmarks > 0) & (crop.landmarks < CROP_PX)) for crop in crops if crop.is_face]
    assert np.mean(inside) > 0.97


def test_degrading_keeps_size_and_type() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (57, 43), dtype=np.uint8)
    for seed in range(60):
        worse = degrade(np.random.default_rng(seed), picture)
        assert worse.shape == picture.shape
        assert worse.dtype == np.uint8


class TestWhatTheDetectorIsToSay:
    def targets(self, size_px: float, visible: bool = True) -> tuple[list[np.ndarray], Points]:
        _, landmarks = spots()
        centre, _, size = face_frame(landmarks)
        landmarks = (landmarks - centre) * size_px / size + 128
        wanted, points, sizes = scene_targets(
            Scene(np.zeros((256, 256), np.uint8), [landmarks], [visible]), RECIPE.face_px
        )
        ends = np.cumsum([(256 // stride) ** 2 for stride in STRIDES_PX])[:-1]
        faces = wanted == 1
        assert np.all(points[faces] == landmarks)
        assert np.all(np.isclose(sizes[faces], size_px))
        return np.split(wanted, ends), landmarks

    @pytest.mark.parametrize(("size_px", "levels"), [(8, {0}), (17, {0, 1}), (30, {1}), (45, {1, 2}), (90, {2})])
    def test_a_face_is_told_by_the_levels_for_its_size(self, size_px: float, levels: set[int]) -> None:
        wanted, _ = self.targets(size_px)
        assert {level for level, said in enumerate(wanted) if (said == 1).any()} == levels

    def test_places_on_a_face_say_so_places_far_away_say_no_and_those_between_may_say_either(self) -> None:
        wanted, _ = self.targets(30)
        at = places(16, 16, 16).numpy().reshape(-1, 2)
        distance = np.hypot(*(at - 128).T)
        assert np.all(wanted[1][distance < 0.5 * 30] == 1)
        assert np.all(wanted[1][distance > 1.3 * 30] == 0)
        assert np.all(wanted[1][(distance > 0.6 * 30) & (distance < 1.15 * 30)] == -1)

    def test_a_hidden_face_is_neither_right_nor_wrong(self) -> None:
        wanted, _ = self.targets(30, visible=False)
        assert not any((said == 1).any() for said in wanted)
        assert any((said == -1).any() for said in wanted)


def test_places_are_the_centres_of_their_cells() -> None:
    torch.testing.assert_close(places(2, 3, 8)[1, 2], torch.tensor([20.0, 12.0]))
