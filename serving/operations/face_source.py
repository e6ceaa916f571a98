"""A face as a caller names it, photograph, latent or seed, made a latent; and its way back into its photograph."""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from phiz_core import compose
from phiz_core.geometry import Affine, ImageArray
from serving import latents, upscaling
from serving.errors import FieldMissing, FieldsConflict
from serving.images import EncodedImage, Encoding
from serving.latents import Floats, SentLatent
from serving.operations.checks import in_range
from serving.operations.invert import Preset, invert_crop, largest_face, preset_evaluations
from serving.operations.sources import DEFAULT_TRUNCATION, Family
from serving.pipeline import Job, together
from serving.provenance import Provenance, SourceType

_AT_A_TIME: Final = 8
"""Faces of one request that are read side by side, so that it does not fill the inverter's queue."""

_MOST_ENLARGED: Final = 4
"""How many times larger a made face is drawn for a photograph. Beyond that, an upscaler has nothing to go by, and
interpolation as it is pasted does as well."""


@dataclass(frozen=True)
class FaceSource:
    """A face as a caller sent it, not yet checked.

    Attributes:
        source: a photograph's file, a latent, a seed; None if the caller said none of them.
        truncation: of the seed; None where it was not said.
    """

    source: bytes | SentLatent | int | None
    truncation: float | None = None


@dataclass(frozen=True)
class Place:
    """Where a photograph's face was found: its file, its field, and the map from the aligned cut to the photograph.

    Attributes:
        photo: the photograph's file.
        field: the request's field that it came in.
        crop_to_photo: [2, 3], pixels of a cut of ``crop_px`` to those of the photograph.
        crop_px: side of that cut.
    """

    photo: bytes
    field: str
    crop_to_photo: Affine
    crop_px: int


@dataclass(frozen=True)
class KnownFace:
    """A face's w+ [layers, width], and its place if it came as a photograph."""

    w_plus: Floats
    place: Place | None


async def read_face(job: Job, family: Family, face: FaceSource, preset: Preset, *, field: str) -> KnownFace:
    """Makes a face a latent.

    Raises:
        FieldMissing: it says nothing.
        FieldsConflict: it has a truncation and no seed.
        RequestError: what its photograph or its latent is refused for.
    """
    truncation = read_truncation(face, field=field)
    match face.source:
        case None:
            raise FieldMissing("A face is an image, a latent or a seed.", field=field)
        case bytes() as photo:
            found = await largest_face(job, photo, field=f"{field}.image")
            inversion = await invert_crop(job, found.crop, preset_evaluations(job, preset))
            place = Place(photo, f"{field}.image", found.crop_to_photo, len(found.crop))
            return KnownFace(inversion.w_plus, place)
        case SentLatent() as sent:
            return KnownFace(latents.read(sent, family.generator, field=f"{field}.latent").w_plus, None)
        case int() as seed:
            return KnownFace(np.asarray((await family.latents(job, [seed], truncation))[0]), None)


async def read_faces(
    job: Job, family: Family, faces: Sequence[FaceSource], preset: Preset, *, field: str = "faces"
) -> list[KnownFace]:
    """Makes several faces latents, side by side, as ``read_face`` does."""
    places = asyncio.Semaphore(_AT_A_TIME)

    async def read(face: FaceSource, name: str) -> KnownFace:
        async with places:
            return await read_face(job, family, face, preset, field=name)

    return await together([read(face, f"{field}[{i}]") for i, face in enumerate(faces)])


def read_truncation(face: FaceSource, *, field: str) -> float:
    """The truncation of a face.

    Raises:
        FieldsConflict: it is said, and the face does not come from a seed.
        OutOfRange: it is not in 0..1.
    """
    if face.truncation is None:
        return DEFAULT_TRUNCATION
    if not isinstance(face.source, int):
        raise FieldsConflict("A truncation goes with a seed only.", field=f"{field}.truncation")
    in_range(f"{field}.truncation", face.truncation, 0.0, 1.0)
    return face.truncation


async def paste_face(
    job: Job, family: Family, both: Floats, place: Place, detail: float, output: Encoding
) -> EncodedImage:
    """Puts another face in the place of the one that a photograph shows.

    Args:
        job: the request.
        family: of the latents.
        both: latents of the photograph's face and of the other one [2, layers, width].
        place: where the photograph's face is.
        detail: how much of the photograph's finer detail stays, 0 to 1.
        output: how to encode the photograph.
    """
    return await _paste(job, partial(compose.paste_face, detail=detail), family, both, place, output)


async def paste_change(job: Job, family: Family, both: Floats, place: Place, output: Encoding) -> EncodedImage:
    """Changes the face of a photograph as one latent differs from the other: ``both`` [2, layers, width]."""
    return await _paste(job, compose.paste_change, family, both, place, output)


async def _paste(
    job: Job, paste: Callable[..., ImageArray], family: Family, both: Floats, place: Place, output: Encoding
) -> EncodedImage:
    """Makes the faces of latents at their size in a photograph and pastes them by a function of compose."""
    side_px = place.crop_px * float(np.hypot(*place.crop_to_photo[:, 0]))
    pictures = await family.pictures(job, both, round(side_px))
    longest_px = min(max(pictures.shape[1], round(side_px)), _MOST_ENLARGED * pictures.shape[1])
    sized, _ = await upscaling.resize(job, pictures, longest_px, output.upscaling, field="output.upscaling")
    to_photo = place.crop_to_photo.copy()
    to_photo[:, :2] *= place.crop_px / longest_px
    async with job.photo(place.photo, field=place.field) as photo:
        whole = await job.blocking("compose", paste, photo, *sized, to_photo)
        return await job.encode(whole, output, Provenance(SourceType.COMPOSITE, tuple(job.models)))
