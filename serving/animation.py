"""Frames as one animated file, which repeats for ever, with its provenance inside. Blocking and pure."""

import io
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL import Image

from phiz_core.geometry import ImageArray
from serving.images import EncodedImage
from serving.provenance import Provenance, to_xmp

MIN_FRAME_MILLISECONDS: Final = 10
MAX_FRAME_MILLISECONDS: Final = 10_000

_PALETTE_FRAMES: Final = 9
"""Frames, spread over all of them, that a GIF's colours are taken from."""

_DITHER_LEVELS: Final = 12

_GIF_END: Final = b";"


class AnimationFormat(Enum):
    """A file format, by Pillow's name."""

    WEBP = "WEBP"
    GIF = "GIF"


@dataclass(frozen=True)
class Animation:
    """How frames are to be animated: in which format, and how long each is shown."""

    format: AnimationFormat
    frame_milliseconds: int


def encode(frames: ImageArray, animation: Animation, quality: int, provenance: Provenance) -> EncodedImage:
    """Encodes RGB [N, H, W, 3] uint8, WebP with a quality of 1..100. Equal arguments give equal bytes."""
    xmp = to_xmp(provenance)
    buffer = io.BytesIO()
    times = {"duration": animation.frame_milliseconds, "loop": 0}
    match animation.format:
        case AnimationFormat.WEBP:
            first, *others = map(Image.fromarray, frames)
            first.save(
                buffer,
                "WEBP",
                save_all=True,
                append_images=others,
                quality=quality,
                xmp=xmp.encode(),
                **times,
            )
            data = buffer.getvalue()
        case AnimationFormat.GIF:
            first, *others = _with_one_palette(frames)
            first.save(buffer, "GIF", save_all=True, append_images=others, optimize=False, **times)
            data = buffer.getvalue().removesuffix(_GIF_END) + _xmp_block(xmp) + _GIF_END
    height_px, width_px = frames.shape[1:3]
    return EncodedImage(data, f"image/{animation.format.value.lower()}", width_px, height_px, provenance)


def _with_one_palette(frames: ImageArray) -> list[Image.Image]:
    """Frames of 256 colours, the same in all of them, dithered by one pattern: what stands still does not flicker."""
    some = frames[np.linspace(0, len(frames) - 1, _PALETTE_FRAMES).round().astype(int)]
    palette = Image.fromarray(some.reshape(-1, *frames.shape[2:])).quantize(256, Image.Quantize.MEDIANCUT)
    height_px, width_px = frames.shape[1:3]
    pattern = np.tile(_bayer(), (-(-height_px // 8), -(-width_px // 8)))[:height_px, :width_px, None]
    dithered = (np.clip(np.rint(frame + _DITHER_LEVELS * pattern), 0, 255).astype(np.uint8) for frame in frames)
    return [Image.fromarray(frame).quantize(palette=palette, dither=Image.Dither.NONE) for frame in dithered]


def _bayer() -> npt.NDArray[np.float64]:
    """The 8 x 8 thresholds of ordered dithering (Bayer, 1973), from -1/2 to 1/2."""
    order = np.zeros((1, 1))
    while len(order) < 8:
        order = np.block([[4 * order, 4 * order + 2], [4 * order + 3, 4 * order + 1]])
    return (order + 0.5) / order.size - 0.5


def _xmp_block(xmp: str) -> bytes:
    """A GIF's application extension for XMP (XMP specification, part 3): the text as it is, then a run of bytes from
    255 down, so that a reader that takes the text for blocks comes out at its end wherever it is."""
    return b"\x21\xff\x0bXMP DataXMP" + xmp.encode() + bytes([1, *range(255, -1, -1), 0])
