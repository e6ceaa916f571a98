"""Figures of a generator, each beside what real photographs reach."""

import numpy as np
import torch

from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.evaluate.batches import in_batches
from training.evaluate.sliced_wasserstein import sliced_wasserstein
from training.models.generator import Generator


def evaluate_generator(generator: Generator, train: ImageArray, val: ImageArray, seed: int) -> dict[str, float]:
    """Sliced Wasserstein distance of made faces to the training faces, beside that of the held-out faces.

    Args:
        generator: makes as many faces as are held out, without truncation.
        train: uint8 [N, S, S, 3].
        val: uint8 [M, S, S, 3], M at most N.
        seed: of latents, of the choice of training faces and of patches.
    """
    latents = torch.randn(len(val), generator.latent_dim, generator=torch.Generator().manual_seed(seed))
    made = to_uint8(in_batches(generator, latents))
    reference = train[np.sort(np.random.default_rng(seed).choice(len(train), len(val), replace=False))]
    return {
        "sliced_wasserstein": sliced_wasserstein(made, reference, seed),
        "sliced_wasserstein_of_held_out_photographs": sliced_wasserstein(val, reference, seed),
    }
