"""The latent of a photograph's largest usable face."""

import math
from dataclasses import dataclass
from enum import Enum
from typing import Final, NamedTuple

import numpy as np

from phiz_core import geometry
from phiz_core.geometry import Affine, ImageArray
from serving.engine.base import Model
from serving.faces import find_faces
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


class FaceCut(NamedTuple):
    """An aligned face, RGB [size, size, 3] uint8, and the map [2, 3] from its pixels to the photograph's."""

    crop: ImageArray
    crop_to_photo: Affine


@dataclass(frozen=True)
class Inversion:
    """The latent of one aligned face, and how near the generator comes to it.

    Attributes:
        w_plus: [layers, width] float32.
        reconstruction: RGB [size, size, 3] uint8.
        loss: mean squared error, pixels in 0..1.
        evaluations: evaluations that were spent.
    """

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
    """What Invert answers: the inversion, its latent, the face as it was found, and the reconstruction's file."""

    inversion: Inversion
    latent: Latent
    face: AlignedFace
    reconstruction: EncodedImage


async def invert(
    job: Job, *, image: bytes, preset: Preset, max_evaluations: int | None, tolerance: float | None, output: Encoding
) -> InvertedFace:
    """Finds the latent of the largest usable face of a photograph; a missing limit is the preset's."""
    evaluations = preset_evaluations(job, preset) if max_evaluations is None else max_evaluations
    in_range("max_evaluations", evaluations, 0, job.settings.max_evaluations)
    tolerance = 0.0 if tolerance is None else tolerance
    in_range("tolerance", tolerance, 0.0, 1.0)
    family = Family.of(job)

    size_px = crop_size_px(job)
    async with job.photo(image, field="image") as photo:
        found = (await find_faces(job, photo, field="image"))[0]
        crop = await job.blocking("align", geometry.align, photo, found.landmarks_px, size_px)
        face = await cut(job, photo, found, output, size_px)
    inversion = await invert_crop(job, crop, evaluations, tolerance)
    (reconstruction,) = await encode_generated(job, inversion.reconstruction[None], output, [None])
    return InvertedFace(inversion, family.latent(inversion.w_plus), face, reconstruction)


async def largest_face(job: Job, image: bytes, *, field: str) -> FaceCut:
    """The largest usable face of a photograph's file, aligned for the inverter."""
    size_px = crop_size_px(job)
    async with job.photo(image, field=field) as photo:
        found = (await find_faces(job, photo, field=field))[0]
        crop_to_photo = geometry.crop_to_photo(found.landmarks_px, size_px)
        crop = await job.blocking("align", geometry.crop, photo, crop_to_photo, size_px, size_px)
        return FaceCut(crop, crop_to_photo)


async def invert_crop(job: Job, crop: ImageArray, evaluations: int, tolerance: float = 0.0) -> Inversion:
    """Inverts an aligned face: RGB [size, size, 3] uint8."""
    outputs = await job.infer(
        _inverter(job),
        {
            "image": crop[None],
            "steps": np.array([[evaluations]], np.int64),
            "tolerance": np.array([[tolerance]], np.float32),
        },
    )
    loss, spent = float(outputs["loss"][0, 0]), int(outputs["evaluations"][0, 0])
    job.metrics.inversion_loss.observe(loss)
    job.metrics.inversion_evaluations.observe(spent)
    return Inversion(outputs["w_plus"][0], outputs["reconstruction"][0], loss, spent)


def preset_evaluations(job: Job, preset: Preset) -> int:
    """The preset's evaluations, or the server's limit if that is lower."""
    return min(preset.value, job.settings.max_evaluations)


def crop_size_px(job: Job) -> int:
    """Side of the faces that the inverter takes."""
    return _inverter(job).inputs["image"].shape[0]


def _inverter(job: Job) -> Model:
    return job.model(INVERTER, takes="image", gives="w_plus")
