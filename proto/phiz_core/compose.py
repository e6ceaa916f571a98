"""Pasting crops back into the picture that they were cut from."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from phiz_core import colour, geometry
from phiz_core.geometry import Affine, ImageArray

_STRIP_PIXELS: Final = 1 << 18


class Piece(NamedTuple):
    """A crop [h, w, C] uint8, and the map [2, 3] from its pixels to those of the picture that it goes into."""

    crop: ImageArray
    to_picture: Affine


@dataclass(frozen=True)
class Oval:
    """The part of a crop that is pasted: an ellipse around its middle, which fades out towards its rim.

    Attributes:
        width: of the ellipse over that of the crop.
        height: of the ellipse over that of the crop.
        soft_edge: how much of the radius, from the rim inwards, is faded.
    """

    width: float
    height: float
    soft_edge: float


FACE: Final = Oval(0.64, 0.9, 0.55)
"""In the aligned cut of geometry.crop_to_photo the face from hair to chin and ear to ear, without what is behind it."""


def cover(oval: Oval, height: int, width: int) -> npt.NDArray[np.float32]:
    """How much of each pixel of a crop the oval takes in: [height, width], 0 to 1."""
    return _weight(np.eye(2, 3), width, height, (height, width), oval)


def paste(picture: ImageArray, pieces: Iterable[Piece], oval: Oval) -> ImageArray:
    """Pastes crops into a copy of a picture, one over the other.

    Memory beyond the result is bounded: the work goes strip by strip.

    Args:
        picture: [H, W, C] uint8.
        pieces: crops of C channels; what lies beyond the picture's edge is left out.
        oval: which part of each is pasted.

    Returns:
        [H, W, C] uint8.
    """
    pasted = picture.copy()
    for piece in pieces:
        _paste_into(pasted, piece, oval)
    return pasted


def paste_face(
    photo: ImageArray, before: ImageArray, after: ImageArray, crop_to_photo: Affine, detail: float
) -> ImageArray:
    """Puts another face in the place of a photograph's own, as ``paste_change``, in the light of the photograph's."""
    matched = colour.match(after, before, cover(FACE, *after.shape[:2]))
    return paste_change(photo, before, matched, crop_to_photo, detail)


def paste_change(
    photo: ImageArray, before: ImageArray, after: ImageArray, crop_to_photo: Affine, detail: float = 1.0
) -> ImageArray:
    """Changes a photograph's own face as a made face was changed: the photograph's finer detail stays.

    Args:
        photo: RGB [H, W, 3] uint8.
        before: RGB [h, w, 3] uint8, a likeness of the photograph's face, aligned as geometry.crop_to_photo cuts.
        after: the same, changed. Both may be far smaller than the face.
        crop_to_photo: [2, 3], their pixels to those of ``photo``.
        detail: how much stays of what the photograph shows beyond the likeness: 1 where the change is added to the
            photograph, 0 where ``after`` replaces it.

    Returns:
        RGB [H, W, 3] uint8; the change fades out towards the face's rim.
    """
    changed = photo.copy()
    _paste_into(changed, Piece(after, crop_to_photo), FACE, before, detail)
    return changed


def _paste_into(
    picture: ImageArray, piece: Piece, oval: Oval, before: ImageArray | None = None, detail: float = 1.0
) -> None:
    """Pastes into the picture itself; instead of it, the piece replaces ``before``, a crop of the same size, as far as
    ``detail`` says."""
    left, top, right, bottom = _bounds(piece, *picture.shape[:2])
    if left >= right or top >= bottom:
        return
    to_crop = geometry.invert(piece.to_picture)
    rows = max(1, _STRIP_PIXELS // (right - left))
    for y in range(top, bottom, rows):
        strip = picture[y : min(y + rows, bottom), left:right]
        to_piece = to_crop.copy()
        to_piece[:, 2] = to_crop @ [left, y, 1]
        height, width = strip.shape[:2]
        pixels = geometry.crop(piece.crop, to_piece, width, height)
        weight = _weight(to_piece, width, height, piece.crop.shape, oval)[..., None]
        replaced = strip.astype(np.float32)
        if before is not None:
            replaced += detail * (geometry.crop(before, to_piece, width, height) - replaced)
        strip[...] = np.rint(strip + weight * (pixels - replaced)).clip(0, 255)


def _bounds(piece: Piece, height: int, width: int) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of the piece in a picture of this size; right and bottom are exclusive."""
    crop_height, crop_width = piece.crop.shape[:2]
    corners = np.array([[0, 0], [crop_width, 0], [0, crop_height], [crop_width, crop_height]])
    placed = geometry.apply(piece.to_picture, corners)
    left, top = np.clip(np.floor(placed.min(axis=0)), 0, [width, height]).astype(int)
    right, bottom = np.clip(np.ceil(placed.max(axis=0)), 0, [width, height]).astype(int)
    return left, top, right, bottom


def _weight(
    to_piece: Affine, width: int, height: int, crop_shape: tuple[int, ...], oval: Oval
) -> npt.NDArray[np.float32]:
    """How much of the piece goes into each pixel of a strip: [height, width], 0 to 1."""
    x = np.arange(width, dtype=np.float32) + 0.5
    y = np.arange(height, dtype=np.float32)[:, None] + 0.5
    radius = np.zeros((height, width), np.float32)
    sides = (crop_shape[1], crop_shape[0])
    for (a, b, c), side, part in zip(to_piece.astype(np.float32), sides, (oval.width, oval.height), strict=True):
        radius += (((a * x + b * y + c) * (2 / side) - 1) / part) ** 2
    ramp = np.clip((1 - np.sqrt(radius)) / oval.soft_edge, 0, 1)
    return np.asarray(ramp * ramp * (3 - 2 * ramp), np.float32)
