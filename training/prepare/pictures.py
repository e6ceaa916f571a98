"""Pictures by which the eye judges a data set: the contact sheet, the animation of the alignment, the filter sheets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final, TypeVar

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from phiz_core.filters import FILTERS
from phiz_core.geometry import ImageArray
from training.engine.pictures import grid
from training.prepare.cache import Cache
from training.prepare.examine import PREVIEW_PX
from training.prepare.records import Record

_SHEET_COLUMNS: Final = 16
_SHEET_FACES: Final = 256
_SHEET_PX: Final = 128

_FRAMES: Final = 96
_FRAME_MILLISECONDS: Final = 160
_GAP_PX: Final = 8
_CAPTION_PX: Final = 28
_WEBP_QUALITY: Final = 80

_FILTER_COLUMNS: Final = 8
_FILTER_FACES: Final = 64

T = TypeVar("T")


def spread(items: Sequence[T], most: int) -> list[T]:
    """At most ``most`` of ``items``, evenly chosen, in their order."""
    return [items[i * len(items) // most] for i in range(most)] if len(items) > most else list(items)


def contact_sheet(records: Sequence[Record], cache: Cache, path: Path) -> None:
    """Writes aligned faces, at most 256 of them, in rows, as a PNG file."""
    faces = [_shrunk(_aligned(record, cache), _SHEET_PX) for record in spread(records, _SHEET_FACES)]
    _write_sheet(faces, _SHEET_COLUMNS, path)


def animation(records: Sequence[Record], cache: Cache, path: Path) -> None:
    """Writes an animated WebP: one photograph after the other, its middle left, its aligned face right."""
    frames = [
        _frame(cache.preview(record.key, "unaligned"), _aligned(record, cache)) for record in spread(records, _FRAMES)
    ]
    frames[0].save(
        path,
        "WEBP",
        save_all=True,
        append_images=frames[1:],
        duration=_FRAME_MILLISECONDS,
        loop=0,
        quality=_WEBP_QUALITY,
    )


def filter_sheets(records: Sequence[Record], cache: Cache, folder: Path) -> None:
    """Writes a sheet of at most 64 faces for each filter of the bank, and one that shows all filters side by side."""
    folder.mkdir()
    faces = [_aligned(record, cache) for record in spread(records, _FILTER_FACES)]
    for name, apply in FILTERS.items():
        _write_sheet([apply(face) for face in faces], _FILTER_COLUMNS, folder / f"{name}.png")
    few = spread(faces, _FILTER_COLUMNS)
    rows = [few, *([apply(face) for face in few] for apply in FILTERS.values())]
    _write_sheet([face for row in rows for face in row], len(few), folder / "side_by_side.png")


def _aligned(record: Record, cache: Cache) -> ImageArray:
    return cache.preview(record.key, f"aligned_{record.number}")


def _shrunk(image: ImageArray, size_px: int) -> ImageArray:
    return np.asarray(cv2.resize(image, (size_px, size_px), interpolation=cv2.INTER_AREA), np.uint8)


def _write_sheet(faces: Sequence[ImageArray], columns: int, path: Path) -> None:
    Image.fromarray(grid(np.stack(faces), min(columns, len(faces)))).save(path)


def _frame(unaligned: ImageArray, aligned: ImageArray) -> Image.Image:
    frame = Image.new("RGB", (2 * PREVIEW_PX + _GAP_PX, PREVIEW_PX + _CAPTION_PX), "white")
    pen, font = ImageDraw.Draw(frame), ImageFont.load_default(15)
    for left, picture, caption in ((0, unaligned, "as it was"), (PREVIEW_PX + _GAP_PX, aligned, "aligned")):
        frame.paste(Image.fromarray(picture), (left, 0))
        pen.text((left + PREVIEW_PX / 2, PREVIEW_PX + _CAPTION_PX / 2), caption, "#55555c", font, anchor="mm")
    return frame
