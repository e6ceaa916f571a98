"""New faces from seeds."""

import secrets
from collections.abc import AsyncGenerator, Sequence
from dataclasses import dataclass

from serving.errors import FieldsConflict
from serving.images import EncodedImage, Encoding
from serving.latents import Latent, seed_after
from serving.operations.checks import in_range
from serving.operations.sources import DEFAULT_TRUNCATION, GENERATOR, Family, encode_faces
from serving.pipeline import Job


@dataclass(frozen=True)
class GeneratedFace:
    """A face that was made, the seed that makes it again, and its latent."""

    image: EncodedImage
    seed: int
    latent: Latent


async def generate(
    job: Job,
    *,
    count: int,
    seed: int | None,
    seeds: Sequence[int],
    truncation: float | None,
    model: str,
    output: Encoding,
    max_count: int,
) -> AsyncGenerator[GeneratedFace, None]:
    """Makes faces: ``count`` of them, of which the i-th one has ``seed + i``, or one of each of ``seeds``.

    A missing seed is drawn. The faces come in batches of the generator's, so that memory does not grow with their
    number; who stops asking for them ends the work.
    """
    all_seeds = _all_seeds(count, seed, seeds, max_count)
    truncation = DEFAULT_TRUNCATION if truncation is None else truncation
    in_range("truncation", truncation, 0.0, 1.0)
    family = Family.of(job, model or GENERATOR, field="model")
    job.hold_faces(len(all_seeds))

    batch = family.generator.max_batch_size
    for first in range(0, len(all_seeds), batch):
        some = all_seeds[first : first + batch]
        w_plus = await family.latents(job, some, truncation)
        files = await encode_faces(job, family, w_plus, output, some)
        for image, face_seed, latent in zip(files, some, w_plus, strict=True):
            yield GeneratedFace(image, face_seed, family.latent(latent))


def _all_seeds(count: int, seed: int | None, seeds: Sequence[int], max_count: int) -> Sequence[int]:
    if seeds:
        if count or seed is not None:
            raise FieldsConflict("seeds stand instead of count and seed; send the one or the other.", field="seeds")
        in_range("seeds", len(seeds), 1, max_count)
        return seeds
    in_range("count", count, 1, max_count)
    first = secrets.randbits(64) if seed is None else seed
    return [seed_after(first, i) for i in range(count)]
