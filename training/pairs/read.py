"""Reads the pictures of an example, or tells what is wrong with them."""

from pathlib import Path

import cv2
import numpy as np

from phiz_core.geometry import ImageArray
from training.errors import TrainingError
from training.pairs.find import Example
from training.prepare.decode import UnreadableError, decode


class UnusableError(TrainingError):
    """The file, and why it cannot be used."""


def read_row(example: Example, width_px: int, height_px: int) -> ImageArray:
    """The picture of ``example``, or its A and B one after another: uint8 [height_px, width_px, 3 or 6].

    They are resized without regard to their shape: by the mean of areas, or bilinearly where they are smaller.

    Raises:
        UnusableError: no picture, A|B of an odd width, or A and B of two sizes.
    """
    return np.concatenate([_resized(picture, width_px, height_px) for picture in _pictures(example)], axis=2)


def read_bytes(file: Path) -> bytes:
    """What is in ``file``.

    Raises:
        UnusableError: the system does not give it.
    """
    try:
        return file.read_bytes()
    except OSError as error:
        raise UnusableError(f"{file}: {error.strerror}") from error


def _pictures(example: Example) -> list[ImageArray]:
    pictures = [_decoded(file) for file in example.files]
    if example.side_by_side:
        (both,) = pictures
        width = both.shape[1]
        if width % 2:
            raise UnusableError(f"{example.files[0]}: {width} pixels wide, which A and B side by side cannot be")
        return [both[:, : width // 2], both[:, width // 2 :]]
    sizes = [f"{picture.shape[1]} x {picture.shape[0]}" for picture in pictures]
    if len(set(sizes)) > 1:
        raise UnusableError(f"{example.files[0]} has {sizes[0]} pixels, but {example.files[1]} has {sizes[1]}")
    return pictures


def _decoded(file: Path) -> ImageArray:
    try:
        return decode(read_bytes(file))
    except UnreadableError as error:
        raise UnusableError(f"{file}: {error}") from error


def _resized(picture: ImageArray, width_px: int, height_px: int) -> ImageArray:
    height, width = picture.shape[:2]
    shrinks = width >= width_px and height >= height_px
    kind = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(picture, (width_px, height_px), interpolation=kind), np.uint8)
