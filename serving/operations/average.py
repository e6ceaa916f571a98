"""The average of many faces, in pixels or as latents."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import numpy as np

from phiz_core.average import MEETING_PLACES, FaceMean
from phiz_core.geometry import ImageArray, Points
from serving import upscaling
from serving.errors import NoUsableFace
from serving.faces import find_faces
from serving.images import EncodedImage, Encoding
from serving.latents import Latent
from serving.operations.align import DEFAULT_CROP_PX
from serving.operations.checks import in_range
from serving.operations.face_source import FaceSource, read_face, read_faces, read_truncation
from serving.operations.invert import Preset
from serving.operations.sources import Family, encode_faces
from serving.pipeline import Job
from serving.provenance import Provenance, SourceType

_KEPT: Final = 4
"""Pixels' worth of memory that a pixel of the average takes while it is summed up: four bytes a channel."""


class Method(Enum):
    """What is averaged: pixels of warped faces, or latents."""

    PIXELS = auto()
    LATENT = auto()


@dataclass(frozen=True)
class AveragedFace:
    """The average, and its latent if it was made of latents."""

    image: EncodedImage
    latent: Latent | None


async def average(
    job: Job, *, faces: Sequence[FaceSource], method: Method, preset: Preset, output: Encoding
) -> AveragedFace:
    """Averages two or more faces; ``preset`` is the work for photographs that are made latents."""
    in_range("faces", len(faces), 2, job.settings.max_average_faces)
    job.hold_faces(len(faces))
    match method:
        case Method.PIXELS:
            return AveragedFace(await _in_pixels(job, faces, output), None)
        case Method.LATENT:
            return await _as_latents(job, faces, preset, output)


async def _as_latents(job: Job, faces: Sequence[FaceSource], preset: Preset, output: Encoding) -> AveragedFace:
    family = Family.of(job)
    known = await read_faces(job, family, faces, preset)
    mean = np.mean([face.w_plus for face in known], axis=0)
    (image,) = await encode_faces(job, family, mean[None], output, [None])
    return AveragedFace(image, family.latent(mean))


async def _in_pixels(job: Job, faces: Sequence[FaceSource], output: Encoding) -> EncodedImage:
    """One face after the other, so that only one is in memory: first what is quickly made, or quickly refused.

    Raises:
        TooManyPixels: the pixel budget does not hold the average, or not a face beside it.
    """
    side_px = output.size_px or DEFAULT_CROP_PX
    photos: dict[str, bytes] = {}
    others: dict[str, FaceSource] = {}
    for i, face in enumerate(faces):
        read_truncation(face, field=f"faces[{i}]")
        if isinstance(face.source, bytes):
            photos[f"faces[{i}].image"] = face.source
        else:
            others[f"faces[{i}]"] = face
    with job.kept(_KEPT * side_px**2):
        mean = FaceMean(side_px)
        for field, face in others.items():
            await _add_made(job, mean, face, max(side_px, DEFAULT_CROP_PX), output, field=field)
        for field, photo in photos.items():
            await _add_photo(job, mean, photo, field=field)
        pixels = await job.blocking("compose", mean.mean)
        kind = SourceType.COMPOSITE if photos and others else SourceType.GENERATED if others else SourceType.ENHANCED
        return await job.encode(pixels, output, Provenance(kind, tuple(job.models)))


async def _add_photo(job: Job, mean: FaceMean, image: bytes, *, field: str) -> None:
    async with job.photo(image, field=field) as photo:
        found = (await find_faces(job, photo, field=field))[0]
        await job.blocking("compose", mean.add, photo, found.landmarks_px)


async def _add_made(job: Job, mean: FaceMean, face: FaceSource, made_px: int, output: Encoding, *, field: str) -> None:
    async with job.room(made_px**2):
        made = await _make(job, face, made_px, output, field=field)
        await job.blocking("compose", mean.add, made, await _landmarks(job, made, field=field))


async def _make(job: Job, face: FaceSource, side_px: int, output: Encoding, *, field: str) -> ImageArray:
    """The picture of a latent or a seed: RGB [side_px, side_px, 3] uint8."""
    family = Family.of(job)
    known = await read_face(job, family, face, Preset.FAST, field=field)
    pictures = await family.pictures(job, known.w_plus[None], side_px)
    sized, _ = await upscaling.resize(job, pictures, side_px, output.upscaling, field="output.upscaling")
    return np.asarray(sized[0])


async def _landmarks(job: Job, made: ImageArray, *, field: str) -> Points:
    """The landmarks of a made picture; where no face is found, those that the generator has learnt to draw."""
    try:
        return (await find_faces(job, made, field=field))[0].landmarks_px
    except NoUsableFace:
        return MEETING_PLACES * len(made)
