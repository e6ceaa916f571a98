"""Is the face encoder fit to judge by? It must see faults, see that people are missing, and know a face again."""

import numpy as np
import torch

from phiz_core.geometry import ImageArray
from training.dataset import PackedImages, to_uint8
from training.evaluate.distances import Matrix, nearest
from training.evaluate.frechet import frechet_distance
from training.evaluate.frozen import FrozenEncoder, resized
from training.models.face_encoder import INPUT_PX
from training.synthesis.damage import DAMAGES
from training.synthesis.views import ViewFeed

STRENGTHS = (0.125, 0.25, 0.5, 1.0)
SHARES_OF_PEOPLE = (0.5, 0.25, 0.1, 0.02)


def evaluate_face_encoder(
    encoder: FrozenEncoder, train: PackedImages, val: PackedImages, seed: int
) -> dict[str, float]:
    """Frechet distances of damaged and of fewer training faces to held-out ones, beside that of all as they are.

    And how often a held-out face is found again among all of them in another view.
    """
    torch.manual_seed(seed)
    views = encoder.identities(to_uint8(ViewFeed(val, len(val.images)).next().views))
    real = encoder.features(np.array(val.images))
    found = {
        "found_again": _found_again(views),
        "frechet_distance": frechet_distance(encoder.features(train.images), real),
    }
    for name in DAMAGES:
        for strength in STRENGTHS:
            damaged = encoder.features(damage_all(train.images, name, strength, seed))
            found[f"frechet_distance_{name}_{strength:g}"] = frechet_distance(damaged, real)
    for share in SHARES_OF_PEOPLE:
        fewer = encoder.features(fewer_faces(train.images, share, seed))
        found[f"frechet_distance_people_{share:g}"] = frechet_distance(fewer, real)
    return found


def damage_all(images: ImageArray, name: str, strength: float, seed: int) -> ImageArray:
    """All of ``images`` [N, S, S, 3] at 64 px with one damage of ``strength`` 0..1."""
    random = np.random.default_rng(seed)
    return np.stack([DAMAGES[name](random, image, strength) for image in resized(images, INPUT_PX)])


def fewer_faces(images: ImageArray, share: float, seed: int) -> ImageArray:
    """As many pictures, but only a ``share`` of the faces, each of them again and again."""
    chosen = np.random.default_rng(seed).permutation(len(images))[: max(1, round(share * len(images)))]
    return images[np.resize(chosen, len(images))]


def _found_again(identities: Matrix) -> float:
    """Of [2N, D], where rows i and i + N show the same face, of all second views the first ones' nearest is theirs."""
    first, second = np.split(identities, 2)
    return float((nearest(first, second)[0] == np.arange(len(first))).mean())
