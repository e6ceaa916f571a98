"""New faces from seeds."""

import secrets
from dataclasses import dataclass

from serving.images import EncodedImage, Encoding
from serving.latents import Latent, seed_after
from serving.operations.checks import in_range
from serving.operations.sources import DEFAULT_TRUNCATION, GENERATOR, Family, encode_generated
from serving.pipeline import Job


@dataclass(frozen=True)
class GeneratedFace:
    """A face that was made, the seed that makes it again, and its latent."""

    image: EncodedImage
    seed: int
    latent: Latent


async def generate(
    job: Job, *, count: int, seed: int | None, truncation: float | None, model: str, output: Encoding
) -> list[GeneratedFace]:
    """Makes ``count`` faces; the i-th one has the seed ``seed + i``. A missing seed is drawn."""
    in_range("count", count, 1, job.settings.max_count)
    truncation = DEFAULT_TRUNCATION if truncation is None else truncation
    in_range("truncation", truncation, 0.0, 1.0)
    family = Family.of(job, model or GENERATOR, field="model")

    first = secrets.randbits(64) if seed is None else seed
    seeds = [seed_after(first, i) for i in range(count)]
    w_plus = await family.latents(job, seeds, truncation)
    pictures = await family.pictures(job, w_plus)
    files = await encode_generated(job, pictures, output, seeds)
    return [
        GeneratedFace(image, seed, family.latent(latent))
        for image, seed, latent in zip(files, seeds, w_plus, strict=True)
    ]
