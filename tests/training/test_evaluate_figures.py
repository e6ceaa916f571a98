"""Each figure says what its paper says, on data whose answer is known."""

import cv2
import numpy as np
import pytest
import torch

from training.evaluate.distances import nearest, neighbourhood_radii, share_inside
from training.evaluate.diversity import mean_similarity, ms_ssim
from training.evaluate.frechet import frechet_distance
from training.evaluate.kid import kernel_distance
from training.evaluate.precision_recall import precision_and_recall
from training.evaluate.sliced_wasserstein import sliced_wasserstein

RANDOM = np.random.default_rng(11)


def gaussian(count: int, deviations: tuple[float, ...], shift: float = 0.0) -> np.ndarray:
    return RANDOM.normal(shift, deviations, (count, len(deviations)))


def pictures(count: int, side_px: int = 64) -> np.ndarray:
    """Smooth random pictures, each another one."""
    coarse = RANDOM.integers(0, 256, (count, side_px // 8, side_px // 8, 3), dtype=np.uint8)
    return coarse.repeat(8, axis=1).repeat(8, axis=2)


def test_the_frechet_distance_of_a_set_to_itself_is_zero() -> None:
    features = gaussian(300, (1.0, 2.0, 0.1, 1.0))
    assert frechet_distance(features, features) == pytest.approx(0.0, abs=1e-9)


def test_the_frechet_distance_of_gaussians_is_the_closed_form() -> None:
    """Independent features: the sum of (difference of means)^2 + (difference of deviations)^2."""
    a, b = gaussian(200_000, (1.0, 2.0, 0.5)), gaussian(200_000, (3.0, 2.0, 1.0), shift=2.0)
    assert frechet_distance(a, b) == pytest.approx(3 * 4.0 + 4.0 + 0.0 + 0.25, rel=0.01)


def test_the_frechet_distance_takes_correlated_features() -> None:
    """For N(0, A) and N(0, R A R') with a rotation R by 90 degrees, the distance is known, too."""
    a = gaussian(200_000, (1.0, 3.0))
    turned = gaussian(200_000, (1.0, 3.0))[:, ::-1]
    assert frechet_distance(a, turned) == pytest.approx(2 * (3.0 - 1.0) ** 2, rel=0.02)
    quarter = np.array([[1.0, -1.0], [1.0, 1.0]]) / np.sqrt(2.0)
    assert frechet_distance(a @ quarter.T, turned @ quarter.T) == pytest.approx(frechet_distance(a, turned), rel=1e-6)


def test_the_frechet_distance_takes_fewer_samples_than_features() -> None:
    a, b = gaussian(10, (1.0,) * 30), gaussian(12, (1.0,) * 30)
    assert 0.0 < frechet_distance(a, b) == pytest.approx(frechet_distance(b, a))


def test_the_kernel_distance_of_one_source_is_zero_on_average_and_of_two_is_not() -> None:
    one_source = [kernel_distance(gaussian(100, (1.0,) * 5), gaussian(60, (1.0,) * 5)) for _ in range(200)]
    standard_error = np.std(one_source) / np.sqrt(len(one_source))
    assert abs(np.mean(one_source)) < 4 * standard_error
    assert min(one_source) < 0.0
    assert kernel_distance(gaussian(100, (1.0,) * 5), gaussian(60, (1.0,) * 5, shift=1.0)) > max(one_source)


def test_the_kernel_distance_is_the_mean_over_pairs() -> None:
    """Worked out by hand for one feature: (xy + 1)^3."""
    a, b = np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]])
    within_a, within_b = (0 * 1 + 1) ** 3, (1 * 2 + 1) ** 3
    between = ((0 + 1) ** 3 + (0 + 1) ** 3 + (1 + 1) ** 3 + (2 + 1) ** 3) / 4
    assert kernel_distance(a, b) == pytest.approx(1000 * (within_a + within_b - 2 * between))


def test_precision_and_recall_of_a_set_with_itself_are_one() -> None:
    features = gaussian(50, (1.0,) * 8)
    assert precision_and_recall(features, features) == (1.0, 1.0)


def test_collapsed_modes_cost_recall_and_leave_precision() -> None:
    """Two kinds are real, one of them is made."""
    real = np.concatenate([gaussian(200, (1.0, 1.0)), gaussian(200, (1.0, 1.0), shift=50.0)])
    precision, recall = precision_and_recall(gaussian(400, (1.0, 1.0)), real)
    assert precision > 0.9
    assert 0.4 < recall < 0.5


def test_pictures_of_no_real_kind_cost_precision_and_leave_recall() -> None:
    made = np.concatenate([gaussian(200, (1.0, 1.0)), gaussian(200, (1.0, 1.0), shift=50.0)])
    precision, recall = precision_and_recall(made, gaussian(400, (1.0, 1.0)))
    assert 0.4 < precision <= 0.5
    assert recall > 0.9


def test_distances_are_right_over_more_rows_than_a_block() -> None:
    points = np.arange(3000.0)[:, None] ** 1.1
    index, distance = nearest(points + 0.25, points)
    assert np.array_equal(index, np.arange(3000))
    assert distance == pytest.approx(np.full(3000, 0.25), abs=1e-3)
    radii = neighbourhood_radii(points, 1)
    assert radii[1:-1] == pytest.approx(np.diff(points[:, 0])[:-1], abs=1e-3)
    assert share_inside(np.array([[points[9, 0] + 0.4], [-2.0]]), points, radii) == 0.5


def test_ms_ssim_is_one_for_the_same_picture_and_low_for_others() -> None:
    a = torch.from_numpy(pictures(4)[..., 0]).float() / 255.0
    assert ms_ssim(a, a).tolist() == pytest.approx([1.0] * 4)
    assert ms_ssim(a, a.flip(0)).max() < 0.5
    softened = 0.9 * a + 0.05
    assert (ms_ssim(a, softened) > 0.9).all()
    assert (ms_ssim(a, softened) < 1.0).all()


def test_a_collapsed_set_is_alike_and_a_diverse_one_is_not() -> None:
    diverse, collapsed = pictures(30), pictures(1).repeat(30, axis=0)
    assert mean_similarity(collapsed, 0) == pytest.approx(1.0)
    assert mean_similarity(diverse, 0) < 0.3
    assert mean_similarity(diverse, 0) == mean_similarity(diverse, 0)


def test_the_sliced_wasserstein_distance_grows_with_blur() -> None:
    real, other = pictures(40), pictures(40)
    softer = [np.stack([cv2.blur(picture, (side, side)) for picture in other]) for side in (1, 3, 7)]
    distances = [sliced_wasserstein(made, real, 0) for made in softer]
    assert distances[0] < distances[1] < distances[2]
    assert sliced_wasserstein(softer[0], real, 0) == distances[0]


def test_the_sliced_wasserstein_distance_takes_oblong_pictures() -> None:
    """Patches come from the whole of them: what differs at the far end only is noticed, whichever side is longer."""
    real, other = np.tile(pictures(20), (1, 1, 3, 1)), np.tile(pictures(20), (1, 1, 3, 1))
    other[:, :, 128:] = 128
    for turn in (0, 1):
        a, b = (np.rot90(x, turn, axes=(1, 2)) for x in (real, other))
        assert sliced_wasserstein(a, b, 0) > sliced_wasserstein(a, a, 0)
