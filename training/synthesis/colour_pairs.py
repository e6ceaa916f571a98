"""Colour portraits beside the old photographs that they might have been, for the colorizer."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from torch import Tensor

from phiz_core import colour
from phiz_core.geometry import ImageArray
from training.dataset import PackedImages, to_tensor
from training.engine.parallel import ALONE, Place
from training.recipes.colorizer import ColorizerRecipe
from training.synthesis.ageing import age, pose
from training.synthesis.drawn import DrawnImages
from training.synthesis.photometry import Random

_LARGEST: Final = 1.25
"""The largest square, in parts of a portrait's long side: around it stand mirrored ones, as in a group."""


@dataclass(frozen=True)
class ColourBatch:
    """Squares of photographs, and their colours.

    Attributes:
        luminance: [B, 1, S, S] in -1..1, of an old photograph or a new one.
        picture: [B, 3, S, S] in -1..1, RGB; its chroma is what is wanted.
    """

    luminance: Tensor
    picture: Tensor


class ColourFeed(DrawnImages):
    """Random squares of portraits drawn at random.

    Raises:
        TrainingError: fewer portraits than a batch has.
    """

    def __init__(self, data: PackedImages, recipe: ColorizerRecipe, place: Place = ALONE) -> None:
        super().__init__(data, recipe.batch, place)
        self._recipe = recipe

    def next(self) -> ColourBatch:
        """This process' rows of the next batch."""
        pairs = [_pair(random, portrait, self._recipe) for random, portrait in zip(*self.drawn(), strict=True)]
        luminance, picture = (to_tensor(np.stack(side), self.place) for side in zip(*pairs, strict=True))
        return ColourBatch(luminance, picture)


def _pair(random: Random, portrait: ImageArray, recipe: ColorizerRecipe) -> tuple[ImageArray, ImageArray]:
    """Luminance [S, S, 1] and RGB [S, S, 3] of a square of [H, W, 3]."""
    rgb = square(random, portrait, recipe.crop_px, recipe.closest)
    if random.random() < recipe.aged:
        rgb = pose(random, rgb)
        return age(random, rgb)[..., None], rgb
    return colour.luminance(rgb)[..., None], rgb


def square(random: Random, portrait: ImageArray, side_px: int, closest: float) -> ImageArray:
    """A square of [H, W, 3] uint8 at ``side_px``, mirrored or not.

    Its side is anything from ``closest``, a part of the portrait's width, to more than the whole portrait.
    """
    height, width = portrait.shape[:2]
    least, most = closest * width, _LARGEST * max(height, width)
    side = round(least * (most / least) ** random.random())
    left, top = (int(random.integers(min(0, size - side), max(0, size - side) + 1)) for size in (width, height))
    edges = (max(0, -top), max(0, top + side - height), max(0, -left), max(0, left + side - width))
    around = cv2.copyMakeBorder(portrait, *edges, cv2.BORDER_REFLECT_101)
    top, left = max(0, top), max(0, left)
    cut = around[top : top + side, left : left + side]
    if random.random() < 0.5:
        cut = np.ascontiguousarray(cut[:, ::-1])
    interpolation = cv2.INTER_AREA if side > side_px else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(cut, (side_px, side_px), interpolation=interpolation), np.uint8)
