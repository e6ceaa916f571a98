"""The part of a picture that is to be made anew, as a caller names it, made a picture and its hole."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray
from serving.errors import ImageTooLarge, MaskInvalid
from serving.holes import HIDDEN, Mask
from serving.images import Header
from serving.pipeline import Job

_LIGHT: Final = 128
"""Luminance from which a mask's pixel names a pixel to be made anew."""


@dataclass(frozen=True)
class Rectangle:
    """A part of the picture, in whole pixels."""

    x_px: int
    y_px: int
    width_px: int
    height_px: int


@dataclass(frozen=True)
class Margins:
    """What lies beyond the picture's edges, in its own pixels."""

    left_px: int
    top_px: int
    right_px: int
    bottom_px: int


Region = bytes | Rectangle | Margins
"""A part of a picture as a caller sent it, not yet checked; bytes are a mask's file."""


def field_of(region: Region) -> str:
    """The request's field that it came in."""
    match region:
        case Rectangle():
            return "rectangle"
        case Margins():
            return "margins"
        case _:
            return "mask"


def pixels_with(region: Region, header: Header, limit: int) -> int:
    """How many pixels a picture has once the region is part of it.

    Raises:
        ImageTooLarge: with margins, more than ``limit``.
    """
    if not isinstance(region, Margins):
        return header.pixels
    wider, higher = region.left_px + region.right_px, region.top_px + region.bottom_px
    sides = ((header.width_px, header.height_px), (header.height_px, header.width_px))
    pixels = max((width + wider) * (height + higher) for width, height in sides)  # its orientation is not known yet
    if pixels > limit:
        message = f"With its margins the picture has {pixels} pixels; at most {limit} are taken."
        raise ImageTooLarge(message, field="margins", pixels=pixels, max_pixels=limit)
    return pixels


async def read_mask(job: Job, region: Region) -> Mask | None:
    """The mask that came as a file, [H, W]; None if the region is no file.

    Raises:
        InvalidField: as ``Job.photo``.
    """
    if not isinstance(region, bytes):
        return None
    async with job.photo(region, field="mask") as picture:
        return await job.blocking("compose", _light, picture)


def _light(picture: ImageArray) -> Mask:
    return np.asarray(luminance(picture) >= _LIGHT)


def with_hole(picture: ImageArray, region: Region, mask: Mask | None) -> tuple[ImageArray, Mask]:
    """The picture, with margins in gray if there are any, and its hole.

    Args:
        picture: RGB [H, W, 3] uint8.
        region: what is to be made anew.
        mask: the mask that ``read_mask`` read.

    Returns:
        RGB [H', W', 3] uint8, which may be ``picture`` itself, and the hole [H', W'].

    Raises:
        MaskInvalid: the region does not fit the picture, or is nothing or all of it.
    """
    height_px, width_px = picture.shape[:2]
    match region:
        case Margins():
            rows, columns = (region.top_px, region.bottom_px), (region.left_px, region.right_px)
            picture = np.pad(picture, (rows, columns, (0, 0)), constant_values=HIDDEN)
            hole = np.pad(np.zeros((height_px, width_px), np.bool_), (rows, columns), constant_values=True)
        case Rectangle():
            hole = _rectangle(region, width_px, height_px)
        case _:
            assert mask is not None
            if mask.shape != (height_px, width_px):
                size = f"{mask.shape[1]} x {mask.shape[0]}"
                message = f"The mask has {size} pixels; the picture has {width_px} x {height_px}."
                raise MaskInvalid(message, field="mask", mask=size, picture=f"{width_px} x {height_px}")
            hole = mask
    if not hole.any() or hole.all():
        what = "all" if hole.any() else "nothing"
        raise MaskInvalid(f"Of the picture, {what} would be made anew.", field=field_of(region))
    return picture, hole


def _rectangle(region: Rectangle, width_px: int, height_px: int) -> Mask:
    right, bottom = region.x_px + region.width_px, region.y_px + region.height_px
    if right > width_px or bottom > height_px:
        message = f"The rectangle reaches to ({right}, {bottom}); the picture has {width_px} x {height_px} pixels."
        raise MaskInvalid(message, field="rectangle", right_px=right, bottom_px=bottom)
    hole = np.zeros((height_px, width_px), np.bool_)
    hole[region.y_px : bottom, region.x_px : right] = True
    return hole
