"""Means on the sphere."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.interpolation import spherical_mean
from serving.latents import Floats, z_from_seed

seeds = st.integers(0, 2**64 - 1)
shares = st.floats(0, 1)


def noise(*seeds: int, size: int = 64) -> Floats:
    return np.stack([z_from_seed(seed, size) for seed in seeds])


def slerp(one: Floats, other: Floats, share: float) -> Floats:
    """Shoemake's spherical interpolation of two directions, and the lengths between."""
    lengths = np.linalg.norm(one), np.linalg.norm(other)
    a, b = one / lengths[0], other / lengths[1]
    angle = np.arccos(np.dot(a, b))
    direction = (np.sin((1 - share) * angle) * a + np.sin(share * angle) * b) / np.sin(angle)
    return np.asarray(direction * ((1 - share) * lengths[0] + share * lengths[1]))


@given(one=seeds, other=seeds, share=shares)
def test_of_two_it_is_their_spherical_interpolation(one: int, other: int, share: float) -> None:
    z = noise(one, (other + (one == other)) % 2**64)
    mean = spherical_mean(z, np.array([1 - share, share], np.float32))
    np.testing.assert_allclose(mean, slerp(z[0], z[1], share), atol=1e-4)


@given(drawn=st.lists(seeds, min_size=2, max_size=8, unique=True), data=st.data())
def test_it_is_as_long_as_what_it_is_the_mean_of(drawn: list[int], data: st.DataObject) -> None:
    weights = np.array([data.draw(st.floats(0.01, 1)) for _ in drawn], np.float32)
    weights /= weights.sum()
    z = noise(*drawn)
    length = np.linalg.norm(spherical_mean(z, weights))
    assert length == pytest.approx(weights @ np.linalg.norm(z, axis=1), rel=1e-5)


@given(drawn=st.lists(seeds, min_size=3, max_size=8, unique=True))
def test_no_point_nearby_has_smaller_squared_angles(drawn: list[int]) -> None:
    z = noise(*drawn)
    weights = np.full(len(z), 1 / len(z), np.float32)
    mean = spherical_mean(z, weights)

    def squared_angles(point: Floats) -> float:
        cosines = z @ point / np.linalg.norm(z, axis=1) / np.linalg.norm(point)
        return float(weights @ np.arccos(np.clip(cosines, -1, 1)) ** 2)

    least = squared_angles(mean)
    for step in noise(*range(8)):
        assert squared_angles(mean + 0.05 * step) >= least - 1e-6


def test_a_single_weight_gives_that_point() -> None:
    z = noise(1, 2, 3)
    np.testing.assert_allclose(spherical_mean(z, np.array([0, 1, 0], np.float32)), z[1], atol=1e-5)
