"""Colour for a photograph, at its own resolution and with its own luminance."""

from typing import Final

import cv2
import numpy as np

from phiz_core import colour
from phiz_core.geometry import ImageArray
from serving.images import EncodedImage, Encoding, Provenance, SourceType, fit_longest, resize_longest
from serving.operations.checks import in_range
from serving.pipeline import Job

COLORIZER: Final = "colorizer"
MAX_SATURATION: Final = 1.5

_MULTIPLE_PX: Final = 16
"""The colorizer takes sides that are multiples of this."""


async def colorize(job: Job, *, image: bytes, saturation: float | None, model: str, output: Encoding) -> EncodedImage:
    """Colours a photograph. Of a colour photograph the luminance is taken.

    Colour is sought on a small copy and joined to the luminance at full size, or at the size asked for.
    """
    saturation = 1.0 if saturation is None else saturation
    in_range("saturation", saturation, 0.0, MAX_SATURATION)
    colorizer = job.model(model or COLORIZER, takes="luminance", gives="chroma", field="model")
    working_px = int(colorizer.metadata["working_px"])

    async with job.photo(image, field="image") as photo:
        luma, small = await job.blocking("compose", _prepare, photo, working_px, output.size_px)
        padded = await job.blocking("compose", _pad, small)
        chroma = (await job.infer(colorizer, {"luminance": padded[None, :, :, None]}))["chroma"][0]
        height_px, width_px = small.shape
        coloured = await job.blocking("compose", colour.join, luma, chroma[:height_px, :width_px], saturation)
        return await job.encode(coloured, output, Provenance(SourceType.COMPOSITE, tuple(job.models)))


def _prepare(photo: ImageArray, working_px: int, output_px: int | None) -> tuple[ImageArray, ImageArray]:
    """The luminance at the answer's size, and a copy of it that is at most ``working_px`` long."""
    luma = colour.luminance(photo)
    small = luma
    if max(luma.shape) > working_px:
        size = fit_longest(luma.shape[1], luma.shape[0], working_px)
        small = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    return (luma if output_px is None else resize_longest(luma, output_px)), small


def _pad(luma: ImageArray) -> ImageArray:
    """Mirrors the right and lower edge, up to the multiple that the model takes."""
    bottom, right = (-side % _MULTIPLE_PX for side in luma.shape)
    return np.asarray(cv2.copyMakeBorder(luma, 0, bottom, 0, right, cv2.BORDER_REFLECT_101), np.uint8)
