"""Latents: from seeds, and to and from callers."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from serving import latents
from serving.engine.base import Model, ModelVersion, TensorSpec
from serving.errors import LatentInvalid, LatentVersionMismatch
from serving.latents import Floats, SentLatent

SHAPE = (3, 4)
GENERATOR = Model(
    id=ModelVersion("generator", 2),
    max_batch_size=1,
    inputs={"w_plus": TensorSpec("w_plus", np.dtype(np.float32), SHAPE)},
    outputs={},
    metadata={},
    ready=True,
)
seeds = st.integers(0, 2**64 - 1)


def test_a_seed_means_the_same_for_ever() -> None:
    """These numbers are a promise to everyone who has kept a seed: do not change them."""
    np.testing.assert_allclose(latents.z_from_seed(7, 4), [-0.29333901, 1.7038306, 1.5391918, 0.63675386], rtol=1e-6)


@given(seeds)
def test_equal_seeds_give_equal_numbers_and_neighbours_do_not(seed: int) -> None:
    z = latents.z_from_seed(seed, 64)
    assert z.dtype == np.float32
    assert np.array_equal(z, latents.z_from_seed(seed, 64))
    assert not np.array_equal(z, latents.z_from_seed(latents.seed_after(seed, 1), 64))


def test_the_numbers_are_normal_deviates() -> None:
    z = np.concatenate([latents.z_from_seed(seed, 64) for seed in range(1000)])
    assert abs(z.mean()) < 0.02
    assert abs(z.std() - 1) < 0.02


def test_after_the_last_seed_comes_the_first() -> None:
    assert latents.seed_after(2**64 - 1, 1) == 0


@given(arrays.arrays(np.float32, SHAPE, elements=st.floats(-1e4, 1e4, width=32)))
def test_a_latent_comes_back_as_it_was_sent(w_plus: Floats) -> None:
    sent = SentLatent(latents.to_bytes(w_plus), SHAPE, GENERATOR.id)
    assert np.array_equal(latents.read(sent, GENERATOR, field="latent").w_plus, w_plus)


@pytest.mark.parametrize("model", [ModelVersion("generator", 1), ModelVersion("other", 2), ModelVersion("", 0)])
def test_a_latent_of_another_generator_is_refused(model: ModelVersion) -> None:
    with pytest.raises(LatentVersionMismatch) as caught:
        latents.read(SentLatent(bytes(48), SHAPE, model), GENERATOR, field="latent")
    assert caught.value.field == "latent"


@pytest.mark.parametrize(
    ("data", "shape"),
    [
        (b"", ()),
        (bytes(47), SHAPE),
        (bytes(48), (4, 3)),
        (bytes(48), (12,)),
        (np.full(SHAPE, np.nan, "<f4").tobytes(), SHAPE),
        (np.full(SHAPE, np.inf, "<f4").tobytes(), SHAPE),
        (np.full(SHAPE, 1e5, "<f4").tobytes(), SHAPE),
    ],
)
def test_bytes_that_are_no_latent_are_refused(data: bytes, shape: tuple[int, ...]) -> None:
    with pytest.raises(LatentInvalid):
        latents.read(SentLatent(data, shape, GENERATOR.id), GENERATOR, field="latent")
