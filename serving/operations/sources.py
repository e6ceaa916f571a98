"""Faces as latents and latents as faces: what Generate, Mix and Invert share."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from phiz_core.geometry import ImageArray
from serving.engine.base import Model
from serving.errors import ModelNotFound
from serving.images import EncodedImage, Encoding
from serving.latents import Floats, Latent, z_from_seed
from serving.pipeline import Job
from serving.provenance import Provenance, SourceType

GENERATOR: Final = "generator"
DEFAULT_TRUNCATION: Final = 0.7


@dataclass(frozen=True)
class Family:
    """A generator and the mapping that feeds it.

    Attributes:
        mapping: of seeds to latents.
        generator: the one whose latents they are.
        same_faces: it and those that make the same faces of its latents at other sizes, the smallest first.
        size_px: side of the pictures where nobody says another.
    """

    mapping: Model
    generator: Model
    same_faces: tuple[Model, ...]
    size_px: int

    @classmethod
    def of(cls, job: Job, generator: str = GENERATOR, field: str = "") -> "Family":
        """The generator of this name, and its mapping: the one whose file tells the same digest.

        Raises:
            ModelNotFound: there is no such generator, or no mapping of it.
        """
        named = job.model(generator, takes="w_plus", gives="image", field=field)
        digest = named.metadata.get("generator_digest")
        related = [model for model in job.loaded.values() if model.metadata.get("generator_digest") == digest]
        made_of_w = [model for model in related if "w_plus" in model.inputs and "image" in model.outputs]
        same_faces = tuple(sorted(made_of_w, key=_size_px))
        for model in related:
            if "z" in model.inputs and "w_plus" in model.outputs:
                return cls(model, same_faces[0], same_faces, _size_px(named))
        raise ModelNotFound(f'There is no mapping of the generator "{generator}".', field=field, model=generator)

    @property
    def layers(self) -> int:
        """Style layers of the generator: rows of a w+."""
        return self.generator.inputs["w_plus"].shape[0]

    async def latents(self, job: Job, seeds: Sequence[int], truncation: float) -> Floats:
        """The latents of seeds: w+ [N, layers, width] float32."""
        return await self.map(job, self.noise(seeds), np.full(len(seeds), truncation, np.float32))

    def noise(self, seeds: Sequence[int]) -> Floats:
        """The normal deviates of seeds: z [N, size] float32."""
        (z_size,) = self.mapping.inputs["z"].shape
        return np.stack([z_from_seed(seed, z_size) for seed in seeds])

    async def map(self, job: Job, z: Floats, truncations: Floats) -> Floats:
        """The latents of z [N, size], each with its truncation [N]: w+ [N, layers, width] float32."""
        outputs = await job.infer(self.mapping, {"z": z, "truncation": truncations[:, None]})
        return np.asarray(outputs["w_plus"])

    async def pictures(self, job: Job, w_plus: Floats, wanted_px: int) -> ImageArray:
        """The faces of latents [N, layers, width]: RGB [N, H, W, 3] uint8, the smallest that need not be enlarged.

        Args:
            job: the request.
            w_plus: the latents.
            wanted_px: side that they are for; 0 for ``size_px``.
        """
        enough = [model for model in self.same_faces if _size_px(model) >= (wanted_px or self.size_px)]
        model = enough[0] if enough else self.same_faces[-1]
        return np.asarray((await job.infer(model, {"w_plus": w_plus}))["image"])

    def latent(self, w_plus: Floats) -> Latent:
        """One face's w+ [layers, width] as this generator's latent."""
        return Latent(w_plus, self.generator.id)


def _size_px(generator: Model) -> int:
    return generator.outputs["image"].shape[0]


async def encode_faces(
    job: Job, family: Family, w_plus: Floats, output: Encoding, seeds: Sequence[int | None]
) -> list[EncodedImage]:
    """The picture files of latents [N, layers, width], each with its seed if it has one."""
    return await encode_generated(job, await family.pictures(job, w_plus, output.size_px or 0), output, seeds)


async def encode_generated(
    job: Job, pictures: ImageArray, output: Encoding, seeds: Sequence[int | None]
) -> list[EncodedImage]:
    """Encodes pictures [N, H, W, 3] that a model made, each with its seed if it has one."""
    models = tuple(job.models)
    return await job.encode_all(pictures, output, [Provenance(SourceType.GENERATED, models, seed) for seed in seeds])
