"""Figures of two translators that learnt without pairs, each beside those of leaving the pictures as they are."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_tensor, to_uint8
from training.errors import TrainingError
from training.evaluate.batches import in_batches
from training.evaluate.frechet import frechet_distance
from training.evaluate.frozen import FrozenEncoder
from training.evaluate.sliced_wasserstein import sliced_wasserstein
from training.models.inverter import mean_squared_error, psnr_db

Translate = Callable[[Tensor], Tensor]
"""Pictures [B, 3, H, W] in -1..1 to others."""

_FEWEST = 2


def evaluate_unpaired(
    to_b: Translate, to_a: Translate, a: ImageArray, b: ImageArray, encoder: FrozenEncoder, seed: int
) -> dict[str, float | str]:
    """How far what is made is from real pictures of its kind, and what is left of a picture that goes there and back.

    Args:
        to_b: from A to B.
        to_a: from B to A.
        a: held-out pictures uint8 [N, H, W, 3].
        b: likewise, [M, H, W, 3].
        encoder: of the Frechet distance. It knows faces; of other pictures, sliced Wasserstein tells more.
        seed: of the patches and directions.

    Raises:
        TrainingError: fewer than two pictures of a kind.
    """
    if min(len(a), len(b)) < _FEWEST:
        raise TrainingError(f"{len(a)} pictures of A and {len(b)} of B are too few to compare; two of each are needed")
    found: dict[str, float | str] = {"face_encoder_sha256": encoder.digest}
    for kind, given, real, there, back in (("b", a, b, to_b, to_a), ("a", b, a, to_a, to_b)):
        count = min(len(given), len(real))
        start = to_tensor(given[:count])
        made = in_batches(there, start)
        returned = in_batches(back, made)
        for whose, pictures in (("", to_uint8(made)), ("_of_input", np.asarray(given[:count]))):
            found[f"sliced_wasserstein_to_{kind}{whose}"] = sliced_wasserstein(pictures, real[:count], seed)
            found[f"frechet_distance_to_{kind}{whose}"] = frechet_distance(
                encoder.features(pictures), encoder.features(real[:count])
            )
        error = mean_squared_error(returned.clamp(-1.0, 1.0), start)
        found[f"cycle_psnr_db_over_{kind}"] = psnr_db(error).mean().item()
    return found
