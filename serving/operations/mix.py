"""Several faces mixed into one."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto

import numpy as np

from serving.errors import FieldsConflict, WeightsInvalid
from serving.images import EncodedImage, Encoding
from serving.interpolation import spherical_mean
from serving.latents import Floats, Latent
from serving.operations import face_source
from serving.operations.checks import in_range
from serving.operations.face_source import FaceSource, KnownFace, read_faces, read_truncation
from serving.operations.invert import Preset
from serving.operations.sources import Family, encode_faces
from serving.pipeline import Job


class Method(Enum):
    """How faces are mixed: linearly in w+, along the sphere of z, or by the generator's layers."""

    LINEAR = auto()
    SPHERICAL = auto()
    STYLES = auto()


@dataclass(frozen=True)
class MixedFace:
    """The mix, its latent, and the latent of each face in it."""

    image: EncodedImage
    latent: Latent
    sources: list[Latent]


async def mix(
    job: Job,
    *,
    faces: Sequence[FaceSource],
    weights: Sequence[float],
    method: Method,
    style_layers: int,
    paste_back: bool,
    preset: Preset,
    output: Encoding,
) -> MixedFace:
    """Mixes faces.

    Args:
        job: the request.
        faces: two or more.
        weights: one a face, scaled to a sum of 1; none for equal ones.
        method: how. By layers, there are two faces and no weights.
        style_layers: by layers, how many come from the first face; 0 for half of them.
        paste_back: whether to paste the mix into the photograph that the first face must be.
        preset: work for the faces that come as photographs.
        output: how to encode the picture.
    """
    in_range("faces", len(faces), 2, job.settings.max_mix_faces)
    job.hold_faces(len(faces))
    shares = _shares(weights, len(faces))
    family = Family.of(job)
    _check_method(method, faces, weights, style_layers, family.layers)
    if paste_back and not isinstance(faces[0].source, bytes):
        message = "To be pasted back, the first face must be a photograph."
        raise FieldsConflict(message, field="paste_back")

    known = await read_faces(job, family, faces, preset)
    match method:
        case Method.LINEAR:
            mixed = np.einsum("n,nlw->lw", shares, np.stack([face.w_plus for face in known]))
        case Method.SPHERICAL:
            mixed = await _along_the_sphere(job, family, faces, shares)
        case Method.STYLES:
            mixed = _by_layers(known, style_layers or family.layers // 2)
    if paste_back and known[0].place:
        share = (style_layers or family.layers // 2) / family.layers if method is Method.STYLES else float(shares[0])
        both = np.stack([known[0].w_plus, mixed])
        image = await face_source.paste_face(job, family, both, known[0].place, min(1.0, 2.0 * share), output)
    else:
        (image,) = await encode_faces(job, family, mixed[None], output, [None])
    return MixedFace(image, family.latent(mixed), [family.latent(face.w_plus) for face in known])


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


def _check_method(
    method: Method, faces: Sequence[FaceSource], weights: Sequence[float], style_layers: int, layers: int
) -> None:
    """Raises FieldsConflict or OutOfRange where the other fields do not go with the method."""
    if method is Method.STYLES:
        if len(faces) != 2:
            raise FieldsConflict(f"Styles mix two faces; there are {len(faces)}.", field="faces", faces=len(faces))
        if weights:
            raise FieldsConflict("Styles take whole layers, without weights.", field="weights")
        if style_layers:
            in_range("style_layers", style_layers, 1, layers - 1)
    elif style_layers:
        raise FieldsConflict("Layers are for styles only.", field="style_layers")
    if method is Method.SPHERICAL:
        for i, face in enumerate(faces):
            if face.source is not None and not isinstance(face.source, int):
                raise FieldsConflict("On the sphere, all faces must come from seeds.", field=f"faces[{i}]")


async def _along_the_sphere(job: Job, family: Family, faces: Sequence[FaceSource], shares: Floats) -> Floats:
    """The w+ [layers, width] of the mean of seeds' z, with the mean of their truncations."""
    z = family.noise([face.source for face in faces if isinstance(face.source, int)])
    truncation = shares @ np.array([read_truncation(face, field="faces") for face in faces], np.float32)
    return np.asarray((await family.map(job, spherical_mean(z, shares)[None], np.array([truncation], np.float32)))[0])


def _by_layers(faces: Sequence[KnownFace], first: int) -> Floats:
    """The first layers of one face and the other layers of the other: style mixing (Karras et al., 2019)."""
    shape, colour = faces
    return np.concatenate([shape.w_plus[:first], colour.w_plus[first:]])
