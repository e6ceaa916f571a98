"""Colour portraits beside the old photographs that they might have been, for the colorizer."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
from torch import Tensor

from phiz_core import colour
from phiz_core.geometry import ImageArray
from training.dataset import PackedImages, to_tensor
from training.engine.parallel import ALONE, Place
from training.errors import TrainingError
from training.recipes.colorizer import ColorizerRecipe
from training.synthesis.ageing import age, pose
from training.synthesis.faces import new_random, own_randoms
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


class ColourFeed:
    """Random squares of portraits drawn at random, none twice in a batch. It holds no state of its own.

    Raises:
        TrainingError: fewer portraits than a batch has.
    """

    def __init__(self, data: PackedImages, recipe: ColorizerRecipe, place: Place = ALONE) -> None:
        if len(data.images) < recipe.batch:
            raise TrainingError(f"{len(data.images)} images are too few for a batch of {recipe.batch}")
        self.digest, self.batch = data.digest, recipe.batch
        self._images, self._recipe, self._place = data.images, recipe, place

    def next(self) -> ColourBatch:
        """This process' rows of the next batch."""
        place = self._place
        chosen = new_random().choice(len(self._images), self.batch, replace=False)[place.rows]
        randoms = own_randoms(self.batch, place)
        pairs = [_pair(random, self._images[i], self._recipe) for random, i in zip(randoms, chosen, strict=True)]
        luminance, picture = (to_tensor(np.stack(side), place) for side in zip(*pairs, strict=True))
        return ColourBatch(luminance, picture)

    def state_dict(self) -> dict[str, Any]:
        """Nothing: all that is random comes from torch's generator."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to go on from."""


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
