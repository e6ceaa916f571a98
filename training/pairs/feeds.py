"""Batches of the user's own pictures, for translators."""

from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from training.dataset import PackedImages, ShuffledImages
from training.engine.parallel import ALONE, Place
from training.recipes.pairs import PairsRecipe
from training.recipes.unpaired import UnpairedRecipe
from training.synthesis.translations import TranslationBatch


class PairedPictures:
    """Pairs, in shuffled batches; both pictures of a pair are mirrored and moved alike.

    Raises:
        TrainingError: fewer pairs than a batch has.
    """

    def __init__(self, data: PackedImages, recipe: PairsRecipe, seed: int, place: Place = ALONE) -> None:
        """``data``: of six channels, A's first."""
        self.digest, self.batch = data.digest, recipe.batch
        self._recipe, self._place = recipe, place
        self._rows = ShuffledImages(data, recipe.batch, seed, place, recipe.mirrored)

    def next(self) -> TranslationBatch:
        """This process' rows of the next batch."""
        return pair_batch(jittered(self._rows.next(), self._recipe.shift, self._place), self._recipe)

    def state_dict(self) -> dict[str, Any]:
        """Where it stands."""
        return self._rows.state_dict()

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where ``state`` was taken."""
        self._rows.load_state_dict(state)


@dataclass(frozen=True)
class UnpairedBatch:
    """Pictures of either kind, [B, 3, H, W] each, in -1..1."""

    a: Tensor
    b: Tensor


class UnpairedPictures:
    """Pictures of both kinds, each in an order of its own.

    Raises:
        TrainingError: fewer pictures of a kind than a batch has.
    """

    def __init__(
        self, a: PackedImages, b: PackedImages, recipe: UnpairedRecipe, seed: int, place: Place = ALONE
    ) -> None:
        self.digest, self.batch = a.digest, recipe.batch
        self._recipe, self._place = recipe, place
        # Two seeds: were both orders one, folders that happen to be of pairs would be learnt as pairs.
        self._a, self._b = (
            ShuffledImages(data, recipe.batch, 2 * seed + side, place, recipe.mirrored)
            for side, data in enumerate((a, b))
        )

    def next(self) -> UnpairedBatch:
        """This process' rows of the next batch."""
        return UnpairedBatch(*(jittered(rows.next(), self._recipe.shift, self._place) for rows in (self._a, self._b)))

    def state_dict(self) -> dict[str, Any]:
        """Where it stands."""
        return {"a": self._a.state_dict(), "b": self._b.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where ``state`` was taken."""
        self._a.load_state_dict(state["a"])
        self._b.load_state_dict(state["b"])


def pair_batch(both: Tensor, recipe: PairsRecipe) -> TranslationBatch:
    """A and B, [B, 6, H, W] in -1..1, as what is given and what is wanted in the recipe's direction."""
    a, b = both.split(3, 1)
    image, wanted = (a, b) if recipe.direction == "AtoB" else (b, a)
    task = torch.zeros(len(both), dtype=torch.int64, device=both.device)
    return TranslationBatch(whole(image), wanted, task, both.new_zeros(len(both), 1, 1, 1))


def whole(pictures: Tensor) -> Tensor:
    """[B, 3, H, W] as a translator is given it, with nothing hidden: [B, 4, H, W]."""
    return F.pad(pictures, (0, 0, 0, 0, 0, 1))


def jittered(pictures: Tensor, part: float, place: Place = ALONE) -> Tensor:
    """Each of [B, C, H, W] moved at random by up to ``part`` (below 1) of its sides; its mirror image comes in.

    pix2pix enlarges pictures and cuts them, to the same end; here pixels stay what they are.
    """
    height, width = pictures.shape[2:]
    down, across = int(part * height), int(part * width)
    framed = F.pad(pictures, (across, across, down, down), mode="reflect")
    moved = []
    for picture, (y, x) in zip(framed, place.draw(len(pictures), 2).tolist(), strict=True):
        top, left = int(y * (2 * down + 1)), int(x * (2 * across + 1))
        moved.append(picture[:, top : top + height, left : left + width])
    return torch.stack(moved).contiguous(memory_format=torch.channels_last)
