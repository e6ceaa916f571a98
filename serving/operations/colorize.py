"""Colour for a photograph, at its own resolution and with its own luminance."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from phiz_core import colour, compose, geometry, tone
from phiz_core.compose import Piece
from phiz_core.detection import DetectedFace
from phiz_core.geometry import ImageArray
from serving.engine.base import Model
from serving.errors import AlreadyInColour, NoUsableFace
from serving.faces import find_faces
from serving.images import EncodedImage, Encoding, fit_longest, mirror_to, resize_longest
from serving.operations.checks import in_range
from serving.pipeline import Job
from serving.provenance import Provenance, SourceType

COLORIZER: Final = "colorizer"
MAX_SATURATION: Final = 1.5

_MULTIPLE_PX: Final = 16
"""The colorizer takes sides that are multiples of this."""

_FACE_PART: Final = 0.6
"""An aligned face in the portraits that the colorizer learns from, in parts of their long side: the median."""

_AROUND: Final = 4 / 3
"""What is cut out with a face, in parts of the aligned face: the best that was tried, for less tells too little of the
light, and of more, the network sees too much that it did not learn faces with."""


@dataclass(frozen=True)
class ColouredPhoto:
    """A coloured photograph, and how many of its faces were coloured once more by themselves."""

    image: EncodedImage
    faces: int


@dataclass(frozen=True)
class Strengths:
    """How strong the colours are.

    Attributes:
        saturation: factor on the chroma, before it is held to the gamut.
        strength: how much of the coloured photograph is mixed into the gray one.
    """

    saturation: float = 1.0
    strength: float = 1.0


async def colorize(
    job: Job,
    *,
    image: bytes,
    strengths: Strengths,
    allow_colour: bool,
    each_face: bool,
    model: str,
    output: Encoding,
) -> ColouredPhoto:
    """Colours a photograph, of which the luminance is taken.

    Colour is sought on a small copy and joined to the luminance at full size, or at the size asked for. With
    ``each_face`` it is sought once more for each usable face that is smaller there than in the portraits that the
    colorizer learnt from: the face is cut out upright at that size, with what is around it, and its colour pasted over
    that of the whole.

    Args:
        job: the request.
        image: the photograph's file.
        strengths: how strong the colours are.
        allow_colour: whether to take a photograph that is in colour already.
        each_face: whether to look at small faces once more.
        model: the colorizer's name; "" for the usual one.
        output: how to encode the photograph.

    Raises:
        AlreadyInColour: the photograph is in colour, and that was not allowed.
    """
    in_range("saturation", strengths.saturation, 0.0, MAX_SATURATION)
    in_range("strength", strengths.strength, 0.0, 1.0)
    colorizer = job.model(model or COLORIZER, takes="luminance", gives="chroma", field="model")

    async with job.photo(image, field="image") as photo:
        if not allow_colour:
            await job.blocking("compose", _refuse_colour, photo)
        faces = await _usable_faces(job, photo) if each_face else []
        luma = await job.blocking("compose", colour.luminance, photo)
        del photo  # three quarters of the memory
        chroma = await _colour_whole(job, colorizer, luma)
        pieces = await _colour_faces(job, colorizer, luma, faces)
        coloured = await job.blocking("compose", _compose, luma, chroma, pieces, strengths, output.size_px)
        file = await job.encode(coloured, output, Provenance(SourceType.COMPOSITE, tuple(job.models)))
        return ColouredPhoto(file, len(pieces))


def _refuse_colour(photo: ImageArray) -> None:
    spread = tone.chroma_spread(photo)
    if spread > tone.MAX_SPREAD:
        message = "The photograph is in colour already; with allow_colour it is coloured anew."
        raise AlreadyInColour(message, field="image", chroma_spread=round(spread, 1), max_chroma_spread=tone.MAX_SPREAD)


async def _usable_faces(job: Job, photo: ImageArray) -> list[DetectedFace]:
    try:
        return await find_faces(job, photo, field="image")
    except NoUsableFace:
        return []


async def _colour_whole(job: Job, colorizer: Model, luma: ImageArray) -> ImageArray:
    """The chroma of luminance [H, W]: [h, w, 2] uint8, at the size that the colorizer works at or below."""
    small = await job.blocking("compose", _shrink, luma, _working_px(colorizer))
    padded = await job.blocking("compose", mirror_to, small[..., None], _MULTIPLE_PX)
    chroma = (await job.infer(colorizer, {"luminance": padded[None]}))["chroma"][0]
    height_px, width_px = small.shape
    return np.asarray(chroma[:height_px, :width_px])


async def _colour_faces(job: Job, colorizer: Model, luma: ImageArray, faces: Sequence[DetectedFace]) -> list[Piece]:
    """The chroma of each face that is small in the copy of luminance [H, W], as a piece of the photograph.

    The face is cut out with what is around it, which tells its light, and that is left off again.
    """
    working_px = _working_px(colorizer)
    size_px = _multiple(_FACE_PART * working_px)
    around_px = _multiple(_AROUND * size_px)
    margin_px = (around_px - size_px) // 2
    copy_scale = min(1.0, working_px / max(luma.shape))
    cuts = [geometry.crop_to_photo(face.landmarks_px, size_px) for face in faces]
    cuts = [cut for cut in cuts if np.hypot(*cut[:, 0]) * copy_scale < 1]
    if not cuts:
        return []
    crops = []
    for cut in cuts:
        wide = cut.copy()
        wide[:, 2] -= cut[:, :2] @ [margin_px, margin_px]
        crops.append(await job.blocking("align", geometry.crop, luma[..., None], wide, around_px, around_px))
    chroma = (await job.infer(colorizer, {"luminance": np.stack(crops)}))["chroma"]
    inner = slice(margin_px, margin_px + size_px)
    return [Piece(np.ascontiguousarray(piece[inner, inner]), cut) for piece, cut in zip(chroma, cuts, strict=True)]


def _multiple(side_px: float) -> int:
    """The nearest side that the colorizer takes."""
    return max(1, round(side_px / _MULTIPLE_PX)) * _MULTIPLE_PX


def _compose(
    luma: ImageArray, chroma: ImageArray, pieces: Sequence[Piece], strengths: Strengths, output_px: int | None
) -> ImageArray:
    """Joins luminance [H, W], chroma [h, w, 2] and pieces of chroma at the answer's size: RGB uint8."""
    sized = luma if output_px is None else resize_longest(luma, output_px)
    if pieces:
        height_px, width_px = sized.shape
        scale = np.array([[width_px / luma.shape[1]], [height_px / luma.shape[0]]])
        placed = [Piece(piece.crop, scale * piece.to_picture) for piece in pieces]
        full = np.asarray(cv2.resize(chroma, (width_px, height_px), interpolation=cv2.INTER_CUBIC), np.uint8)
        chroma = compose.paste(full, placed, compose.FACE)
    return colour.join(sized, chroma, strengths.saturation, strengths.strength)


def _working_px(colorizer: Model) -> int:
    """The long side in px that the colorizer learnt at."""
    return int(colorizer.metadata["working_px"])


def _shrink(luma: ImageArray, longest_px: int) -> ImageArray:
    """A copy of [H, W] that is at most ``longest_px`` long."""
    if max(luma.shape) <= longest_px:
        return luma
    size = fit_longest(luma.shape[1], luma.shape[0], longest_px)
    return np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
