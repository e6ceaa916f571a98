"""Pictures on the caller's side: a photograph as the server sees it, and its faces drawn over it."""

import io
from collections.abc import Sequence
from typing import Final

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from phiz.v1.face_pb2 import Face

ACCENT: Final = (255, 106, 61)
"""The colour of marks, RGB."""

_ORIENTATION_TAG: Final = 0x0112
_ORIENTATIONS: Final = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_SHIFT: Final = 4
"""Bits behind the point in the coordinates that OpenCV draws at."""


def decode(data: bytes) -> Image.Image:
    """A picture file as ``as_rgb`` gives it.

    Raises:
        OSError, PIL.Image.DecompressionBombError: it is no picture, a damaged or a huge one.
    """
    with Image.open(io.BytesIO(data)) as image:
        return as_rgb(image)


def as_rgb(image: Image.Image) -> Image.Image:
    """RGB, 8 bits a channel: upright by the EXIF orientation, on white where it is transparent."""
    return _turned(_flatten(image), _orientation(image))


def as_rgba(image: Image.Image) -> Image.Image:
    """RGBA, 8 bits a channel: upright by the EXIF orientation."""
    return _turned(image.convert("RGBA"), _orientation(image))


def mark(photo: Image.Image, faces: Sequence[Face]) -> Image.Image:
    """``photo`` (RGB) with the box and the landmarks of each face, and its number if there are several."""
    pixels = np.array(photo)
    for face in faces:
        _draw(pixels, face)
    marked = Image.fromarray(pixels)
    if len(faces) > 1:
        pen = ImageDraw.Draw(marked)
        for number, face in enumerate(faces, 1):
            _number(pen, face, str(number))
    return marked


def _orientation(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION_TAG, 1))
    except Exception:  # damaged EXIF says nothing about the pixels: take them as they are
        return 1


def _turned(image: Image.Image, orientation: int) -> Image.Image:
    turn = _ORIENTATIONS.get(orientation)
    return image if turn is None else image.transpose(turn)


def _flatten(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I"):  # 16 bits of gray, which Pillow would clip
        return Image.fromarray((np.asarray(image) >> 8).clip(0, 255).astype(np.uint8)).convert("RGB")
    if image.has_transparency_data:
        layer = image.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(white, layer).convert("RGB")
    return image.convert("RGB")


def _draw(pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], face: Face) -> None:
    box, marks = face.box, face.landmarks
    line_px = max(1, round(box.width_px / 70))
    corner = _fixed(box.x_px, box.y_px)
    other = _fixed(box.x_px + box.width_px, box.y_px + box.height_px)
    cv2.rectangle(pixels, corner, other, ACCENT, line_px, cv2.LINE_AA, _SHIFT)
    radius = round(max(1.5, box.width_px / 32) * (1 << _SHIFT))
    for point in (marks.left_eye, marks.right_eye, marks.nose, marks.mouth_left, marks.mouth_right):
        cv2.circle(pixels, _fixed(point.x_px, point.y_px), radius, (255, 255, 255), cv2.FILLED, cv2.LINE_AA, _SHIFT)
        cv2.circle(pixels, _fixed(point.x_px, point.y_px), radius, ACCENT, line_px, cv2.LINE_AA, _SHIFT)


def _fixed(x_px: float, y_px: float) -> tuple[int, int]:
    """A point for OpenCV, whose pixel centres are whole numbers."""
    return round((x_px - 0.5) * (1 << _SHIFT)), round((y_px - 0.5) * (1 << _SHIFT))


def _number(pen: ImageDraw.ImageDraw, face: Face, text: str) -> None:
    box = face.box
    size_px = max(10.0, box.width_px / 5)
    font = ImageFont.load_default(size_px)
    place = (box.x_px + size_px / 5, box.y_px + size_px / 8)
    pen.text(place, text, "white", font, stroke_width=size_px / 10, stroke_fill=ACCENT)
