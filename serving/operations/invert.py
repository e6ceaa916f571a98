"""The latent of a photograph's largest face."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np

from phiz_core import geometry
from phiz_core.geometry import ImageArray
from serving.faces import DetectedFace
from serving.images import EncodedImage, Encoding
from serving.latents import Floats, Latent
from serving.operations.align import AlignedFace, cut
from serving.operations.checks import in_range
from serving.operations.sources import Family, encode_generated
from serving.pipeline import Job

INVERTER: Final = "inverter"
_LEAST_LOSS: Final = 1e-10


class Preset(Enum):
    """How much work an inversion is: most evaluations of the generator and its gradient."""

    FAST = 10
    STANDARD = 60
    BEST = 300


@dataclass(frozen=True)
class Inversion:
    """The latent of one photograph, and how near the generator comes to it.

    Attributes:
        photo: RGB [H, W, 3] uint8.
        face: the face that was taken.
        w_plus: [layers, width] float32.
        reconstruction: RGB [size, size, 3] uint8.
        loss: mean squared error, pixels in 0..1.
        evaluations: evaluations that were spent.
    """

    photo: ImageArray
    face: DetectedFace
    w_plus: Floats
    reconstruction: ImageArray
    loss: float
    evaluations: int

    @property
    def psnr_db(self) -> float:
        """Peak signal-to-noise ratio of the reconstruction, at most 100 dB."""
        return -10.0 * math.log10(max(self.loss, _LEAST_LOSS))


@dataclass(frozen=True)
class InvertedFace:
    """What Invert answers."""

    inversion: Inversion
    latent: Latent
    face: AlignedFace
    reconstruction: EncodedImage


async def invert(
    job: Job, *, image: bytes, preset: Preset, max_evaluations: int | None, tolerance: float | None, output: Encoding
) -> InvertedFace:
    """Finds the latent of the largest face of a photograph; a missing limit is the preset's."""
    evaluations = min(preset.value, job.settings.max_evaluations) if max_evaluations is None else max_evaluations
    in_range("max_evaluations", evaluations, 0, job.settings.max_evaluations)
    in_range("tolerance", tolerance or 0.0, 0.0, 1.0)
    family = Family.of(job)

    inversion = await invert_photo(job, image, field="image", evaluations=evaluations, tolerance=tolerance or 0.0)
    size_px = inversion.reconstruction.shape[0]
    face = await cut(job, inversion.photo, inversion.face, output, size_px)
    (reconstruction,) = await encode_generated(job, inversion.reconstruction[None], output, [None])
    return InvertedFace(inversion, family.latent(inversion.w_plus), face, reconstruction)


async def invert_photo(job: Job, image: bytes, *, field: str, evaluations: int, tolerance: float = 0.0) -> Inversion:
    """Decodes a photograph, takes its largest face and inverts it."""
    inverter = job.model(INVERTER, takes="image", gives="w_plus")
    size_px = inverter.inputs["image"].shape[0]
    photo = await job.decode(image, field=field)
    face = (await job.find_faces(photo, field=field))[0]
    crop = await job.blocking("align", geometry.align, photo, face.landmarks_px, size_px)
    outputs = await job.infer(
        inverter,
        {
            "image": crop[None],
            "steps": np.array([[evaluations]], np.int64),
            "tolerance": np.array([[tolerance]], np.float32),
        },
    )
    loss, spent = float(outputs["loss"][0, 0]), int(outputs["evaluations"][0, 0])
    job.metrics.inversion_loss.observe(loss)
    job.metrics.inversion_evaluations.observe(spent)
    return Inversion(photo, face, outputs["w_plus"][0], outputs["reconstruction"][0], loss, spent)
