"""The gallery: many faces on one sheet, each over its caption."""

import io
import math
from typing import Final

from PIL import Image, ImageDraw, ImageFont

from phiz.demo.page import MUTED, PAPER

MAX_PICTURES: Final = 1000

_LONGEST_PX: Final = 4096
_SMALLEST_TILE_PX: Final = 96
"""Holds the 20 digits of a seed."""

_GAP_PX: Final = 8
_FONT_PX: Final = 13
_LINE_PX: Final = 20


def shape(count: int) -> tuple[int, int]:
    """Columns and rows for ``count`` (1 or more) pictures: from square to twice as wide, few places left empty."""
    narrowest = math.isqrt(count - 1) + 1
    widest = max(narrowest, math.isqrt(2 * count))
    columns = min(range(narrowest, widest + 1), key=lambda columns: -count % columns)
    return columns, math.ceil(count / columns)


class Gallery:
    """A sheet for ``count`` square pictures, up to MAX_PICTURES, which are added one by one, row by row."""

    def __init__(self, count: int) -> None:
        self._columns, self._rows = shape(count)
        self._added = 0
        self._tile_px = 0
        self._sheet = Image.new("RGB", (0, 0))

    def add(self, picture: Image.Image, caption: str) -> None:
        """Puts ``picture`` on the next place; the first one says how large they are."""
        if not self._added:
            self._begin(picture.width)
        row, column = divmod(self._added, self._columns)
        left = _GAP_PX + column * (self._tile_px + _GAP_PX)
        top = _GAP_PX + row * (self._tile_px + _LINE_PX + _GAP_PX)
        side = (self._tile_px, self._tile_px)
        self._sheet.paste(picture.convert("RGB").resize(side, Image.Resampling.LANCZOS), (left, top))
        middle = (left + self._tile_px / 2, top + self._tile_px + _LINE_PX / 2)
        ImageDraw.Draw(self._sheet).text(middle, caption, MUTED, self._font(caption), "mm")
        self._added += 1

    def file(self, image_format: str) -> bytes:
        """The sheet as a picture file: "png", "jpeg" or "webp"."""
        stream = io.BytesIO()
        self._sheet.save(stream, image_format, quality=92)
        return stream.getvalue()

    def _begin(self, side_px: int) -> None:
        room_px = (_LONGEST_PX - _GAP_PX) // self._columns - _GAP_PX
        self._tile_px = min(max(side_px, _SMALLEST_TILE_PX), room_px)
        width_px = _GAP_PX + self._columns * (self._tile_px + _GAP_PX)
        height_px = _GAP_PX + self._rows * (self._tile_px + _LINE_PX + _GAP_PX)
        self._sheet = Image.new("RGB", (width_px, height_px), PAPER)

    def _font(self, caption: str) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
        """The usual font, smaller where the caption is wider than its picture."""
        font = ImageFont.load_default(_FONT_PX)
        width_px = font.getlength(caption)
        return font if width_px <= self._tile_px else ImageFont.load_default(_FONT_PX * self._tile_px / width_px)
