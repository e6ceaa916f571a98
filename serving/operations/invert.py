"""The latent of a photograph's largest usable face."""

import math
from collections.abc import AsyncGenerator
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
_PROGRESS: Final = (0.0, 0.25, 0.5)
"""Parts of the evaluations after which a stream tells how far it has come."""


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


@dataclass(frozen=True)
class InversionArguments:
    """What an inversion is asked for.

    Attributes:
        image: the photograph's file.
        preset: how much work to do.
        max_evaluations: most evaluations; None: the preset's.
        tolerance: mean squared error to stop at, pixels in 0..1; None: never early.
        output: how to encode the pictures.
    """

    image: bytes
    preset: Preset
    max_evaluations: int | None
    tolerance: float | None
    output: Encoding


@dataclass(frozen=True)
class Progress:
    """How far an inversion has come: what it would be had it ended by now, the most evaluations, and the picture."""

    inversion: Inversion
    max_evaluations: int
    reconstruction: EncodedImage


class _Begun(NamedTuple):
    """What an inversion has before its search.

    Attributes:
        family: whose latent it is.
        crop: the face for the inverter, RGB [size, size, 3] uint8.
        face: the face as it was found.
        evaluations: most evaluations of the search.
        tolerance: mean squared error that it stops at.
    """

    family: Family
    crop: ImageArray
    face: AlignedFace
    evaluations: int
    tolerance: float


async def invert(job: Job, asked: InversionArguments) -> InvertedFace:
    """Finds the latent of the largest usable face of a photograph."""
    return await _end(job, asked, await _begin(job, asked))


async def invert_stream(job: Job, asked: InversionArguments) -> AsyncGenerator[Progress | InvertedFace, None]:
    """As :func:`invert`, with news on the way: the encoder's guess, then a quarter and half of the evaluations.

    Each is a search of its own that begins with the encoder's guess, so that the end is that of :func:`invert` to the
    bit; together they cost three quarters of it. There is no news of what is the end. Who stops asking ends the work.
    """
    begun = await _begin(job, asked)
    for evaluations in sorted({int(part * begun.evaluations) for part in _PROGRESS} - {begun.evaluations}):
        so_far = await _search(job, begun.crop, evaluations, begun.tolerance)
        if so_far.loss <= begun.tolerance:
            break
        picture = await _reconstruction(job, begun.family, so_far, asked.output)
        yield Progress(so_far, begun.evaluations, picture)
    yield await _end(job, asked, begun)


async def _begin(job: Job, asked: InversionArguments) -> _Begun:
    most = preset_evaluations(job, asked.preset) if asked.max_evaluations is None else asked.max_evaluations
    in_range("max_evaluations", most, 0, job.settings.max_evaluations)
    tolerance = 0.0 if asked.tolerance is None else asked.tolerance
    in_range("tolerance", tolerance, 0.0, 1.0)
    family, size_px = Family.of(job), crop_size_px(job)
    async with job.photo(asked.image, field="image") as photo:
        found = (await find_faces(job, photo, field="image"))[0]
        crop = await job.blocking("align", geometry.align, photo, found.landmarks_px, size_px)
        face = await cut(job, photo, found, asked.output, size_px)
    return _Begun(family, crop, face, most, tolerance)


async def _end(job: Job, asked: InversionArguments, begun: _Begun) -> InvertedFace:
    inversion = await invert_crop(job, begun.crop, begun.evaluations, begun.tolerance)
    reconstruction = await _reconstruction(job, begun.family, inversion, asked.output)
    return InvertedFace(inversion, begun.family.latent(inversion.w_plus), begun.face, reconstruction)


async def _reconstruction(job: Job, family: Family, found: Inversion, output: Encoding) -> EncodedImage:
    """The picture that was compared with the face, or the same larger where a generator makes it so."""
    pictures = found.reconstruction[None]
    if (output.size_px or 0) > pictures.shape[1]:
        pictures = await family.pictures(job, found.w_plus[None], output.size_px or 0)
    (file,) = await encode_generated(job, pictures, output, [None])
    return file


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
    found = await _search(job, crop, evaluations, tolerance)
    job.metrics.inversion_loss.observe(found.loss)
    job.metrics.inversion_evaluations.observe(found.evaluations)
    return found


async def _search(job: Job, crop: ImageArray, evaluations: int, tolerance: float) -> Inversion:
    outputs = await job.infer(
        _inverter(job),
        {
            "image": crop[None],
            "steps": np.array([[evaluations]], np.int64),
            "tolerance": np.array([[tolerance]], np.float32),
        },
    )
    loss, spent = float(outputs["loss"][0, 0]), int(outputs["evaluations"][0, 0])
    return Inversion(outputs["w_plus"][0], outputs["reconstruction"][0], loss, spent)


def preset_evaluations(job: Job, preset: Preset) -> int:
    """The preset's evaluations, or the server's limit if that is lower."""
    return min(preset.value, job.settings.max_evaluations)


def crop_size_px(job: Job) -> int:
    """Side of the faces that the inverter takes."""
    return _inverter(job).inputs["image"].shape[0]


def _inverter(job: Job) -> Model:
    return job.model(INVERTER, takes="image", gives="w_plus")
