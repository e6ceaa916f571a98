"""The way from face to face, in frames or as an animation."""

import math
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray
from serving import animation, upscaling
from serving.animation import Animation
from serving.errors import OutOfRange
from serving.images import EncodedImage, Encoding
from serving.latents import Floats, Latent
from serving.operations.checks import in_range
from serving.operations.face_source import FaceSource, read_faces
from serving.operations.invert import Preset
from serving.operations.sources import Family, encode_faces
from serving.pipeline import Job
from serving.provenance import Provenance, SourceType

DEFAULT_FRAMES: Final = 24

_Places = npt.NDArray[np.float64]


class Easing(Enum):
    """How a morph moves between two faces: slow at both, or at one speed."""

    IN_OUT = auto()
    LINEAR = auto()


_EASE: Final[Mapping[Easing, Callable[[_Places], _Places]]] = {
    Easing.IN_OUT: lambda part: part * part * (3 - 2 * part),
    Easing.LINEAR: lambda part: part,
}


@dataclass(frozen=True)
class Frame:
    """A frame that is made.

    Attributes:
        index: counted from 0.
        position: place on the way, 0 at the first face, 1 at the second.
        image: the picture; None where it goes into an animation.
        latent: the frame as a latent.
    """

    index: int
    position: float
    image: EncodedImage | None
    latent: Latent


async def morph(
    job: Job,
    *,
    faces: Sequence[FaceSource],
    frames: int,
    easing: Easing,
    loop: bool,
    animated: Animation | None,
    preset: Preset,
    output: Encoding,
) -> AsyncGenerator[Frame | EncodedImage, None]:
    """Makes frames, linear in w+ from face to face, and last the animation, if there is to be one.

    The frames come in batches of the generator's; who stops asking for them ends the work.

    Args:
        job: the request.
        faces: two or more.
        frames: number of frames, at least one a face.
        easing: how to move.
        loop: whether the way leads on from the last face to the first. The first face is not made once more: after
            the last frame, an animation that repeats shows it.
        animated: how to animate; None for frames one by one.
        preset: work for the faces that come as photographs.
        output: how to encode the frames; of an animation, its size and quality.
    """
    in_range("faces", len(faces), 2, job.settings.max_mix_faces)
    in_range("frames", frames, len(faces), job.settings.max_morph_frames)
    family = Family.of(job)
    size_px = output.size_px or family.size_px
    if animated and frames * size_px**2 > job.settings.max_image_pixels:
        raise OutOfRange("output.size_px", size_px, 1, math.isqrt(job.settings.max_image_pixels // frames))

    job.hold_faces(frames)
    places = way(len(faces), frames, easing, loop)
    known = await read_faces(job, family, faces, preset)
    w_plus = latents_at(np.stack([face.w_plus for face in known]), places)
    made: list[ImageArray] = []
    async with job.room(frames * size_px**2) if animated else nullcontext():
        for first in range(0, frames, family.generator.max_batch_size):
            some = w_plus[first : first + family.generator.max_batch_size]
            nothing = [None] * len(some)
            files: Sequence[EncodedImage | None] = nothing
            if animated:
                made.append(await _resize(job, await family.pictures(job, some, size_px), size_px, output))
            else:
                files = await encode_faces(job, family, some, output, nothing)
            for index, file in enumerate(files, first):
                yield Frame(index, float(places[index]), file, family.latent(w_plus[index]))
        if animated:
            told = Provenance(SourceType.GENERATED, tuple(job.models))
            yield await job.file(animation.encode, np.concatenate(made), animated, output.quality, told)


def way(faces: int, frames: int, easing: Easing, loop: bool) -> _Places:
    """The position of each frame: 0 at the first face, 1 at the second; float64 [frames]."""
    legs = faces if loop else faces - 1
    steps = np.linspace(0, legs, frames, endpoint=not loop)
    leg = np.minimum(np.floor(steps), legs - 1)
    return leg + _EASE[easing](steps - leg)


def latents_at(corners: Floats, places: _Places) -> Floats:
    """The w+ [N, layers, width] at positions [N] on the way along corners [faces, layers, width] and back."""
    leg = np.floor(places).astype(int)
    part = (places - leg).astype(np.float32)[:, None, None]
    before, after = corners[leg % len(corners)], corners[(leg + 1) % len(corners)]
    return np.asarray(before + part * (after - before), np.float32)


async def _resize(job: Job, pictures: ImageArray, size_px: int, output: Encoding) -> ImageArray:
    resized, _ = await upscaling.resize(job, pictures, size_px, output.upscaling, field="output.upscaling")
    return resized
