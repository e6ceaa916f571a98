"""Several faces mixed into one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from serving.errors import WeightsInvalid
from serving.images import EncodedImage, Encoding
from serving.latents import Floats, Latent
from serving.operations.checks import in_range
from serving.operations.face_source import FaceSource, read_faces
from serving.operations.invert import Preset
from serving.operations.sources import Family, encode_generated
from serving.pipeline import Job


@dataclass(frozen=True)
class MixedFace:
    """The mix, its latent, and the latent of each face in it."""

    image: EncodedImage
    latent: Latent
    sources: list[Latent]


async def mix(
    job: Job, *, faces: Sequence[FaceSource], weights: Sequence[float], preset: Preset, output: Encoding
) -> MixedFace:
    """Mixes faces linearly in w+, by weights that are scaled to a sum of 1 (none: equal)."""
    in_range("faces", len(faces), 2, job.settings.max_mix_faces)
    shares = _shares(weights, len(faces))
    family = Family.of(job)

    w_plus = np.stack([face.w_plus for face in await read_faces(job, family, faces, preset)])
    mixed = np.einsum("n,nlw->lw", shares, w_plus)
    pictures = await family.pictures(job, mixed[None])
    (image,) = await encode_generated(job, pictures, output, [None])
    return MixedFace(image, family.latent(mixed), [family.latent(each) for each in w_plus])


def _shares(weights: Sequence[float], count: int) -> Floats:
    """The weights, scaled to a sum of 1: [count] float32."""
    if not weights:
        return np.full(count, 1.0 / count, np.float32)
    if len(weights) != count:
        message = f"There are {len(weights)} weights for {count} faces."
        raise WeightsInvalid(message, field="weights", weights=len(weights), faces=count)
    total = math.fsum(weights)
    if not math.isfinite(total) or min(weights) < 0 or total <= 0:
        raise WeightsInvalid("Weights must be finite, not negative, and at least one above 0.", field="weights")
    return (np.array(weights, np.float64) / total).astype(np.float32)
