"""A page that is filled from the top: titles, and pictures with captions."""

from collections.abc import Sequence
from typing import Literal

from PIL import Image, ImageDraw, ImageFont, ImageOps

WIDTH_PX = 1600
MARGIN_PX = 72
GAP_PX = 16
CONTENT_PX = WIDTH_PX - 2 * MARGIN_PX

PAPER = "#f6f5f2"
INK = "#1a1b1f"
MUTED = "#6f6f76"

_LONGEST_PX = 8000
_CORNER_PX = 10
_FACE_HEIGHT = 0.3
"""Where a portrait that is too tall is cut to: faces are above its middle."""
_SMOOTHING = 4
"""Corners and signs are drawn this many times larger and shrunk, for Pillow draws without antialiasing."""

Sign = Literal["arrow", "plus", "equals"]


class Page:
    """Draws at the current row, which ``next_row`` moves down."""

    def __init__(self) -> None:
        self._image = Image.new("RGB", (WIDTH_PX, _LONGEST_PX), PAPER)
        self._pen = ImageDraw.Draw(self._image)
        self._y = MARGIN_PX

    def header(self, title: str, beside: str, below: Sequence[str]) -> None:
        """The page's title, ``beside`` it at the right edge and ``below`` it, in rows, with a line under all."""
        self._text(MARGIN_PX - 3, self._y + 46, title, 64, INK, bold=True)
        self._text(WIDTH_PX - MARGIN_PX, self._y + 46, beside, 22, MUTED, anchor="rs")
        self._y += 90
        for row in self._rows(below, 20):
            self._text(MARGIN_PX, self._y, row, 20, MUTED)
            self._y += 28
        self._pen.line((MARGIN_PX, self._y + 4, WIDTH_PX - MARGIN_PX, self._y + 4), fill="#dddbd5", width=2)
        self._y += 48

    def title(self, x: int, title: str, note: str) -> None:
        """A section's title at ``x``, with a note behind it."""
        self._text(x, self._y + 20, title, 30, INK, bold=True)
        behind = x + self._font(30).getlength(title) + 18
        self._text(behind, self._y + 20, note, 20, MUTED)

    def next_row(self, height_px: int) -> None:
        """Goes down."""
        self._y += height_px

    def tile(self, picture: Image.Image, x: int, width_px: int, height_px: int, caption: str) -> None:
        """``picture``, filling a rectangle with round corners, and its caption below."""
        fitted = ImageOps.fit(
            picture.convert("RGB"), (width_px, height_px), Image.Resampling.LANCZOS, centering=(0.5, _FACE_HEIGHT)
        )
        large = Image.new("L", (width_px * _SMOOTHING, height_px * _SMOOTHING))
        ImageDraw.Draw(large).rounded_rectangle((0, 0, large.width - 1, large.height - 1), _CORNER_PX * _SMOOTHING, 255)
        self._image.paste(fitted, (x, self._y), large.resize(fitted.size, Image.Resampling.BOX))
        self._text(x + width_px / 2, self._y + height_px + 25, caption, 17, MUTED, anchor="ms")

    def sign(self, sign: Sign, x: int, height_px: int) -> None:
        """A sign in a disc, on the gap to the left of the tile at ``x``."""
        side = 44
        large = Image.new("RGB", (side * _SMOOTHING, side * _SMOOTHING), "white")
        pen = ImageDraw.Draw(large)
        middle, reach, thick = large.width // 2, large.width // 5, large.width // 14
        if sign == "arrow":
            pen.line((middle - reach, middle, middle + reach, middle), INK, thick)
            tip, barb = middle + reach + thick // 2, int(reach * 0.8)
            for direction in (-1, 1):
                pen.line((tip - barb, middle + direction * barb, tip, middle), INK, thick)
        elif sign == "plus":
            pen.line((middle - reach, middle, middle + reach, middle), INK, thick)
            pen.line((middle, middle - reach, middle, middle + reach), INK, thick)
        else:
            for y in (middle - int(thick * 1.2), middle + int(thick * 1.2)):
                pen.line((middle - reach, y, middle + reach, y), INK, thick)
        disc = Image.new("L", large.size)
        ImageDraw.Draw(disc).ellipse((0, 0, disc.width - 1, disc.height - 1), 255)
        small = (side, side)
        place = (x - GAP_PX - side // 2, self._y + height_px // 2 - side // 2)
        self._image.paste(large.resize(small, Image.Resampling.BOX), place, disc.resize(small, Image.Resampling.BOX))

    def finish(self) -> Image.Image:
        """The page, cut below what was drawn."""
        return self._image.crop((0, 0, WIDTH_PX, self._y + MARGIN_PX - 24))

    def _rows(self, words: Sequence[str], size_px: int) -> list[str]:
        """The words in rows that are no wider than the page's content."""
        rows: list[str] = []
        for word in words:
            longer = f"{rows[-1]}   {word}" if rows else word
            if rows and self._font(size_px).getlength(longer) <= CONTENT_PX:
                rows[-1] = longer
            else:
                rows.append(word)
        return rows

    def _text(
        self, x: float, y: float, text: str, size_px: int, colour: str, *, bold: bool = False, anchor: str = "ls"
    ) -> None:
        stroke = size_px * 0.016 if bold else 0
        self._pen.text((x, y), text, colour, self._font(size_px), anchor, stroke_width=stroke)

    @staticmethod
    def _font(size_px: int) -> ImageFont.FreeTypeFont:
        font = ImageFont.load_default(size_px)
        assert isinstance(font, ImageFont.FreeTypeFont)
        return font
