"""Squares of photographs beside the same made small, for networks that are to make them large again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from PIL import Image
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import PackedImages, to_tensor
from training.engine.parallel import ALONE, Place
from training.errors import TrainingError
from training.recipes.upscaler import UpscalerRecipe
from training.synthesis.damage import Damage, blur, compression, noise
from training.synthesis.drawn import DrawnImages
from training.synthesis.photometry import Random

_STRONGEST: Final[Mapping[Damage, float]] = {blur: 0.4, noise: 0.15, compression: 0.35}
"""What may have happened to a small picture, in this order, and how strongly at most."""


@dataclass(frozen=True)
class PairBatch:
    """Small squares and what they were before.

    Attributes:
        small: [B, 3, S, S] in -1..1.
        large: [B, 3, factor * S, factor * S] in -1..1.
    """

    small: Tensor
    large: Tensor


class PairFeed(DrawnImages):
    """Random squares of photographs drawn at random.

    Raises:
        TrainingError: fewer photographs than a batch has, or smaller ones than a square.
    """

    def __init__(self, data: PackedImages, recipe: UpscalerRecipe, place: Place = ALONE) -> None:
        super().__init__(data, recipe.batch, place)
        height, width = data.images.shape[1:3]
        if min(height, width) < recipe.crop_px * recipe.factor:
            raise TrainingError(
                f"squares of {recipe.factor} times {recipe.crop_px} pixels do not fit into {width} x {height}"
            )
        self._recipe = recipe

    def next(self) -> PairBatch:
        """This process' rows of the next batch."""
        pairs = [_pair(random, photograph, self._recipe) for random, photograph in zip(*self.drawn(), strict=True)]
        small, large = (to_tensor(np.stack(side), self.place) for side in zip(*pairs, strict=True))
        return PairBatch(small, large)


def shrink(pixels: ImageArray, factor: int) -> ImageArray:
    """[H, W, 3] uint8 at a ``factor``-th of its sides, which it divides: bicubic (Keys 1981, a = -0.5), antialiased."""
    size = (pixels.shape[1] // factor, pixels.shape[0] // factor)
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC), np.uint8)


def _pair(random: Random, photograph: ImageArray, recipe: UpscalerRecipe) -> tuple[ImageArray, ImageArray]:
    large = _square(random, photograph, recipe.crop_px * recipe.factor, recipe.own_pixels)
    small = shrink(large, recipe.factor)
    if random.random() < recipe.degraded:
        for damage, strongest in _STRONGEST.items():
            if random.random() < 0.5:
                small = damage(random, small, random.uniform(0.0, strongest))
    return (small[:, ::-1], large[:, ::-1]) if random.random() < 0.5 else (small, large)


def _square(random: Random, photograph: ImageArray, side_px: int, own_pixels: float) -> ImageArray:
    """A square of [H, W, 3] at ``side_px``: its own pixels, with probability ``own_pixels``, or a larger one shrunk."""
    height, width = photograph.shape[:2]
    side = side_px
    if random.random() >= own_pixels:
        side = int(random.integers(side_px, min(height, width) + 1))
    top, left = random.integers(0, height - side + 1), random.integers(0, width - side + 1)
    square = photograph[top : top + side, left : left + side]
    return np.asarray(cv2.resize(square, (side_px, side_px), interpolation=cv2.INTER_AREA), np.uint8)
