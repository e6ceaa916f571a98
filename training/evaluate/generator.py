"""Figures of a generator, each beside what real photographs reach.

Made faces are compared with photographs of people whom the generator never saw. As many training faces as were made
are compared with the same photographs: that is the floor (or, of precision and recall, the ceiling), for a perfect
generator is another camera. Both comparisons have the same numbers of pictures on both sides, because most figures
depend on that.
"""

from dataclasses import dataclass

import numpy as np

from phiz_core.geometry import ImageArray
from training.errors import TrainingError
from training.evaluate.distances import Matrix
from training.evaluate.diversity import mean_similarity
from training.evaluate.frechet import frechet_distance
from training.evaluate.frozen import FrozenEncoder, resized
from training.evaluate.inception import Inception
from training.evaluate.kid import kernel_distance
from training.evaluate.memorisation import Memorisation, memorisation, near_copies, pixels
from training.evaluate.precision_recall import NEIGHBOURS, precision_and_recall
from training.evaluate.sliced_wasserstein import sliced_wasserstein
from training.evaluate.sources import Make
from training.models.face_encoder import INPUT_PX

FEWEST_HELD_OUT = 100
"""With fewer held-out photographs, one half of the training faces is compared with the other."""


@dataclass(frozen=True)
class Evaluation:
    """What was found.

    Attributes:
        figures: by name: of made faces, and of photographs.
        facts: how they were taken: numbers of pictures, SHA-256 of the networks.
        images: the made faces, uint8 [N, S, S, 3].
        by_identity: their nearest training faces by whom they show, as the face encoder sees it.
        by_pixels: the same in plain pixels.
        made: features [N, D] of the made faces.
        real: features [M, D] of the photographs that they were compared with.
    """

    figures: dict[str, tuple[float, float]]
    facts: dict[str, float | str]
    images: ImageArray
    by_identity: Memorisation
    by_pixels: Memorisation
    made: Matrix
    real: Matrix


@dataclass(frozen=True)
class _Faces:
    images: ImageArray
    features: Matrix
    inception: Matrix | None


def evaluate_generator(
    make: Make,
    train: ImageArray,
    val: ImageArray,
    encoder: FrozenEncoder,
    inception: Inception | None,
    samples: int,
    seed: int,
) -> Evaluation:
    """Makes faces and takes all figures of them; the same arguments give the same figures.

    Args:
        make: the generator.
        train: what it was trained on, uint8 [N, S, S, 3].
        val: photographs of other people, uint8 [M, S, S, 3].
        encoder: tells faces apart.
        inception: for FID, if there is one.
        samples: how many faces to make at most; never more than there are real ones to compare with.
        seed: of all that is random.

    Raises:
        TrainingError: too few photographs or samples, or made faces of another size than the photographs.
    """
    real_images, other_images = _real_sets(train, val, samples, seed)
    images = make(len(other_images), seed)
    if images.shape[1:] != train.shape[1:]:
        raise TrainingError(f"the generator makes pictures of {images.shape[1:]}, the data has {train.shape[1:]}")
    made, others, real = (
        _Faces(faces, encoder.features(faces), inception(faces) if inception else None)
        for faces in (images, other_images, real_images)
    )
    of_made, of_photographs = (_compare(faces, real, seed) for faces in (made, others))
    by_identity, by_pixels = (memorisation(images, val, train, space) for space in (encoder.identities, pixels))
    figures = {name: (of_made[name], of_photographs[name]) for name in of_made}
    figures |= by_identity.figures()
    figures |= {f"{name}_by_pixels": both for name, both in by_pixels.figures().items()}
    figures["near_copies"] = near_copies((by_identity, by_pixels))
    facts: dict[str, float | str] = {
        "samples": len(images),
        "compared_with": len(real_images),
        "face_encoder_sha256": encoder.digest,
    }
    if inception:
        facts["inception_sha256"] = inception.digest
    return Evaluation(figures, facts, images, by_identity, by_pixels, made.features, real.features)


def _real_sets(train: ImageArray, val: ImageArray, samples: int, seed: int) -> tuple[ImageArray, ImageArray]:
    """The photographs to compare with, and as many other ones as faces are to be made."""
    order = np.random.default_rng(seed).permutation(len(train))
    half = len(train) // 2
    enough = len(val) >= FEWEST_HELD_OUT
    others = (order if enough else order[half : 2 * half])[: max(samples, 0)]
    if len(others) <= NEIGHBOURS:
        raise TrainingError(f"{len(others)} faces are too few to compare; at least {NEIGHBOURS + 1} are needed")
    return (np.array(val) if enough else train[order[:half]]), train[others]


def _compare(faces: _Faces, real: _Faces, seed: int) -> dict[str, float]:
    count = min(len(faces.images), len(real.images))
    precision, recall = precision_and_recall(faces.features, real.features)
    found = {
        "frechet_distance": frechet_distance(faces.features, real.features),
        "kernel_distance": kernel_distance(faces.features, real.features),
        "precision": precision,
        "recall": recall,
        "ms_ssim": mean_similarity(resized(faces.images, INPUT_PX), seed),
        "sliced_wasserstein": sliced_wasserstein(faces.images[:count], real.images[:count], seed),
    }
    if faces.inception is not None and real.inception is not None:
        found["inception_fid"] = frechet_distance(faces.inception, real.inception)
    return found
