"""What makes a photograph look old: its film, its print, and what happened to it since.

The first films saw no red (orthochromatic, to the 1920s) or little but blue (wet plates, to the 1880s), so that lips
and skin are dark on them and the sky is white.
"""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core import colour
from phiz_core.geometry import ImageArray
from training.synthesis.photometry import Random, compress, grain, light, smooth_field, soften, tone

_KEY_WIDTHS: Final = (60.0, 14.0, 14.0)
"""How far from the backdrop in Y, Cb and Cr, in levels, a pixel still counts as of the backdrop."""


def pose(random: Random, rgb: ImageArray) -> ImageArray:
    """A colour portrait [H, W, 3] uint8 in a studio of the time: before a plain backdrop, faded into the paper."""
    if random.random() < 0.75:
        rgb = repaint(random, rgb)
    if random.random() < 0.35:
        rgb = mount(random, rgb)
    return rgb


def age(random: Random, rgb: ImageArray) -> ImageArray:
    """A colour photograph [H, W, 3] uint8 as an old black-and-white one [H, W] uint8."""
    gray = film(random, rgb)
    for damage, probability in _DAMAGES:
        if random.random() < probability:
            gray = damage(random, gray)
    return gray


def film(random: Random, rgb: ImageArray) -> ImageArray:
    """What panchromatic, orthochromatic or blue-sensitive film makes of [H, W, 3] uint8: [H, W] uint8."""
    kind = random.random()
    if kind < 0.4:
        return colour.luminance(rgb)
    if kind < 0.75:
        red, green = random.uniform(0.0, 0.15), random.uniform(0.4, 0.65)
    else:
        red, green = random.uniform(0.0, 0.05), random.uniform(0.1, 0.3)
    mixed = rgb.astype(np.float32) @ np.array([red, green, 1.0 - red - green], np.float32)
    return np.asarray(mixed.round(), np.uint8)


def repaint(random: Random, rgb: ImageArray) -> ImageArray:
    """Another backdrop: what is like the upper corners of [H, W, 3] uint8 gets another light and loses most colour."""
    picture = np.dstack([colour.luminance(rgb), colour.chroma(rgb)]).astype(np.float32)
    side = max(2, rgb.shape[1] // 8)
    key = np.median(np.concatenate([picture[:side, :side], picture[:side, -side:]]).reshape(-1, 3), axis=0)
    likeness = np.exp(-np.square((picture - key) / _KEY_WIDTHS).sum(-1))
    luma = random.uniform(10.0, 240.0) + random.uniform(0.0, 40.0) * smooth_field(random, *rgb.shape[:2])
    muted = random.uniform(0.6, 1.0) * (colour.NEUTRAL_CHROMA - key[1:])
    picture += likeness[..., None] * np.dstack([luma - key[0], np.broadcast_to(muted, (*rgb.shape[:2], 2))])
    levels = np.asarray(picture.round().clip(0, 255), np.uint8)
    return colour.join(levels[..., 0], levels[..., 1:])


def mount(random: Random, rgb: ImageArray) -> ImageArray:
    """The picture in an oval that fades into paper, or is cut out of it."""
    height, width = rgb.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    centre = random.uniform(0.4, 0.6, 2) * (width, height)
    radii = random.uniform(0.35, 0.7, 2) * (width, height)
    distance = np.hypot((x - centre[0]) / radii[0], (y - centre[1]) / radii[1])
    softness = random.uniform(0.02, 0.6)
    outside = np.clip((distance - 1.0) / softness + 0.5, 0.0, 1.0)[..., None]
    paper = random.uniform(150.0, 255.0) if random.random() < 0.8 else random.uniform(0.0, 60.0)
    return np.asarray((rgb + outside * (paper - rgb)).round(), np.uint8)


def _stain(random: Random, gray: ImageArray) -> ImageArray:
    """Blotches, darker or lighter than what is around them."""
    blotch = np.clip(smooth_field(random, *gray.shape) / random.uniform(0.2, 1.0) - 0.5, 0.0, 1.0)
    end = 255.0 if random.random() < 0.4 else 0.0
    return _blend(gray, end, random.uniform(0.1, 0.4) * blotch)


def _scratch(random: Random, gray: ImageArray) -> ImageArray:
    """Scratches, folds and dust, white or black."""
    height, width = gray.shape
    mask = np.zeros(gray.shape, np.uint8)
    for _ in range(int(random.integers(0, 5))):
        start, end = random.uniform(-0.2, 1.2, (2, 2)) * (width, height)
        middle = (start + end) / 2 + random.normal(0.0, 0.03 * width, 2)
        line = np.array([start, middle, end]).round().astype(np.int32)
        cv2.polylines(mask, [line], False, int(random.integers(80, 256)), int(random.integers(1, 3)), cv2.LINE_AA)
    for _ in range(int(random.integers(0, 40))):
        centre = (int(random.integers(width)), int(random.integers(height)))
        cv2.circle(mask, centre, int(random.integers(0, 3)), int(random.integers(80, 256)), -1, cv2.LINE_AA)
    end = 255.0 if random.random() < 0.7 else 0.0
    return _blend(gray, end, mask.astype(np.float32) / 255.0)


def _screen(random: Random, gray: ImageArray) -> ImageArray:
    """The dots of a halftone or the lines of an engraving, as a scan of few pixels has them."""
    y, x = np.mgrid[0 : gray.shape[0], 0 : gray.shape[1]].astype(np.float32)
    angle, period_px = random.uniform(0.0, np.pi), random.uniform(2.2, 6.0)
    along, across = (
        np.cos((np.cos(turn) * x + np.sin(turn) * y) * (2 * np.pi / period_px)) for turn in (angle, angle + np.pi / 2)
    )
    pattern = along * across if random.random() < 0.5 else along
    return np.asarray((gray + random.uniform(8.0, 50.0) * pattern).clip(0, 255), np.uint8)


def _blend(gray: ImageArray, end: float, weight: npt.NDArray[np.floating]) -> ImageArray:
    return np.asarray((gray + weight * (end - gray)).round().clip(0, 255), np.uint8)


_DAMAGES: Final = (
    (tone, 0.6),
    (light, 0.4),
    (_stain, 0.25),
    (_scratch, 0.3),
    (soften, 0.35),
    (_screen, 0.2),
    (grain, 0.5),
    (compress, 0.35),
)
"""What happens to a print, in this order, and how often."""
