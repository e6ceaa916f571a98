"""What cameras, lenses, films and files do to the luminance of a picture."""

from typing import Final

import cv2
import numpy as np

from phiz_core.geometry import ImageArray

Random = np.random.Generator

_FIELD_POINTS: Final = 4


def degrade(random: Random, gray: ImageArray) -> ImageArray:
    """Luminance [H, W] uint8 under another light, through another lens, on another film, in another file."""
    if random.random() < 0.5:
        gray = tone(random, gray)
    if random.random() < 0.35:
        gray = light(random, gray)
    if random.random() < 0.35:
        gray = soften(random, gray)
    elif random.random() < 0.3:
        gray = _sharpen(random, gray)
    if random.random() < 0.35:
        gray = grain(random, gray)
    if random.random() < 0.25:
        gray = compress(random, gray)
    return gray


def smooth_field(random: Random, height: int, width: int) -> np.ndarray:
    """A smooth random surface float32 [height, width] with values around -1..1."""
    points = random.normal(size=(_FIELD_POINTS, _FIELD_POINTS)).astype(np.float32)
    return np.asarray(cv2.resize(points, (width, height), interpolation=cv2.INTER_CUBIC))


def tone(random: Random, gray: ImageArray) -> ImageArray:
    """Another gamma, black and white point; rarely a nearly dark or nearly white picture."""
    levels = np.linspace(0.0, 1.0, 256) ** np.exp(random.normal(0.0, 0.5))
    low = random.uniform(0.0, 0.4) * random.random()
    high = 1.0 - random.uniform(0.0, 0.7) * random.random()
    table = (255 * (low + levels * max(0.12, high - low))).clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(gray, table), np.uint8)


def light(random: Random, gray: ImageArray) -> ImageArray:
    """Light that falls unevenly: one side of a face in shadow, a bright spot."""
    field = np.exp(random.uniform(0.1, 0.6) * smooth_field(random, *gray.shape))
    return np.asarray((gray * field).clip(0, 255), np.uint8)


def soften(random: Random, gray: ImageArray) -> ImageArray:
    """Out of focus, moved, or enlarged from few pixels."""
    kind = random.random()
    if kind < 0.4:
        return np.asarray(cv2.GaussianBlur(gray, (0, 0), random.uniform(0.4, 2.2)), np.uint8)
    if kind < 0.6:
        length = int(random.integers(3, 8))
        kernel = np.zeros((length, length), np.float32)
        end = tuple(int(x) for x in random.integers(0, length, 2))
        cv2.line(kernel, end, (length - 1 - end[0], length - 1 - end[1]), 1.0)
        return np.asarray(cv2.filter2D(gray, -1, kernel / max(kernel.sum(), 1.0)), np.uint8)
    factor = random.uniform(0.25, 0.8)
    small = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.resize(small, gray.shape[::-1], interpolation=cv2.INTER_LINEAR), np.uint8)


def _sharpen(random: Random, gray: ImageArray) -> ImageArray:
    soft = cv2.GaussianBlur(gray, (0, 0), random.uniform(0.8, 2.0))
    strength = random.uniform(0.3, 1.5)
    return np.asarray(cv2.addWeighted(gray, 1 + strength, soft, -strength, 0), np.uint8)


def grain(random: Random, gray: ImageArray) -> ImageArray:
    """Film's grain, fine or in clumps, of up to 18 levels."""
    noise = random.normal(0.0, random.uniform(2.0, 18.0), gray.shape).astype(np.float32)
    if random.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), random.uniform(0.5, 1.2)) * 2.0
    return np.asarray((gray + noise).clip(0, 255), np.uint8)


def compress(random: Random, gray: ImageArray) -> ImageArray:
    """JPEG of quality 12 to 69."""
    quality = int(random.integers(12, 70))
    _, data = cv2.imencode(".jpg", gray, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8)
