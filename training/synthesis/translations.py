"""Batches for translators: photographs, and what a task leaves of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import PackedImages, to_tensor
from training.engine.parallel import ALONE, Place
from training.errors import TrainingError
from training.models.translator import diffused
from training.recipes.translator import TranslatorRecipe
from training.synthesis.drawn import DrawnImages
from training.synthesis.faces import new_random
from training.synthesis.photometry import Random
from training.synthesis.tasks import TASKS, Task

_EXAMPLES: Final = 8


@dataclass(frozen=True)
class TranslationBatch:
    """What is given and what is wanted.

    Attributes:
        given: [B, 4, H, W]: RGB in -1..1, diffused where hidden, and the mask, 1 where hidden.
        wanted: [B, 3, H, W] in -1..1.
        task: of each row, int64 [B], its place in the recipe's tasks.
        masked: whether parts are hidden in each row, float32 [B, 1, 1, 1]: there, the rest is known and stays.
    """

    given: Tensor
    wanted: Tensor
    task: Tensor
    masked: Tensor


class TranslationFeed(DrawnImages):
    """Parts of photographs drawn at random, or whole ones, for each task in turn.

    Raises:
        TrainingError: fewer photographs than a batch has, or smaller ones than a part.
    """

    def __init__(self, data: PackedImages, recipe: TranslatorRecipe, place: Place = ALONE) -> None:
        super().__init__(data, recipe.batch, place)
        height, width = data.images.shape[1:3]
        if height < recipe.crop_px[0] or width < recipe.crop_px[1]:
            raise TrainingError(
                f"parts of {recipe.crop_px[1]} x {recipe.crop_px[0]} do not fit into {width} x {height}"
            )
        self._recipe = recipe

    def next(self) -> TranslationBatch:
        """This process' rows of the next batch."""
        randoms, photographs = self.drawn()
        tasks = [row % len(self._recipe.tasks) for row in range(self.batch)[self.place.rows]]
        whole = bool(new_random().random() < self._recipe.whole)
        size_px = self.images.shape[1:3] if whole else self._recipe.crop_px
        parts = [crop(random, photo, size_px) for random, photo in zip(randoms, photographs, strict=True)]
        return translations(randoms, parts, tasks, self._recipe.tasks, self.place)


def translations(
    randoms: Sequence[Random],
    photographs: Sequence[ImageArray],
    tasks: Sequence[int],
    names: Sequence[str],
    place: Place = ALONE,
) -> TranslationBatch:
    """Makes of each of ``photographs`` [H, W, 3] what its task leaves of it.

    Args:
        randoms: one a photograph.
        photographs: of one size.
        tasks: of each photograph, its task's place in ``names``.
        names: of tasks.
        place: where the batch is to be.
    """
    made = [
        given(random, photo, TASKS[names[task]])
        for random, photo, task in zip(randoms, photographs, tasks, strict=True)
    ]
    images, masks = (np.stack(side) for side in zip(*made, strict=True))
    masked = torch.tensor([float(TASKS[names[task]].hide is not None) for task in tasks])
    return TranslationBatch(
        as_given(images, masks, place),
        to_tensor(np.stack(photographs), place),
        place.bring(torch.tensor(tasks)),
        place.bring(masked)[:, None, None, None],
    )


def as_given(images: ImageArray, masks: ImageArray, place: Place = ALONE) -> Tensor:
    """uint8 [N, H, W, 3] and [N, H, W], 255 where hidden, to what a translator takes: [N, 4, H, W]."""
    hidden, pictures = place.bring(torch.from_numpy(masks))[:, None].float() / 255.0, to_tensor(images, place)
    return torch.cat([diffused(pictures, hidden) if masks.any() else pictures, hidden], 1)


def examples_of(photographs: ImageArray, tasks: Sequence[str], place: Place = ALONE) -> TranslationBatch:
    """A task for each of a few of [N, H, W, 3], the same each time; all tasks are among them."""
    chosen = np.linspace(0, len(photographs) - 1, max(_EXAMPLES, len(tasks))).astype(int)
    rows = range(len(chosen))
    randoms = [np.random.default_rng(row) for row in rows]
    return translations(randoms, list(photographs[chosen]), [row % len(tasks) for row in rows], tasks, place)


def given(random: Random, photograph: ImageArray, task: Task) -> tuple[ImageArray, ImageArray]:
    """What ``task`` leaves of ``photograph`` [H, W, 3]: the input [H, W, 3], and its mask [H, W], 255 where hidden."""
    height, width = photograph.shape[:2]
    mask = task.hide(random, height, width) if task.hide else np.zeros((height, width), np.uint8)
    return task.vary(random, photograph), mask


def crop(random: Random, photograph: ImageArray, size_px: tuple[int, int]) -> ImageArray:
    """A part of [H, W, 3] at ``size_px`` (height, width), mirrored or not, in slightly other colours.

    Half of them are its own pixels, half a larger part made smaller.
    """
    height, width = photograph.shape[:2]
    largest = min(height / size_px[0], width / size_px[1])
    scale = 1.0 if random.random() < 0.5 else random.uniform(1.0, largest)
    tall, wide = (min(whole, round(side * scale)) for whole, side in zip((height, width), size_px, strict=True))
    top, left = random.integers(0, height - tall + 1), random.integers(0, width - wide + 1)
    part = photograph[top : top + tall, left : left + wide]
    if random.random() < 0.5:
        part = part[:, ::-1]
    resized = cv2.resize(part, (size_px[1], size_px[0]), interpolation=cv2.INTER_AREA)
    return _recoloured(random, np.asarray(resized, np.uint8))


def _recoloured(random: Random, rgb: ImageArray) -> ImageArray:
    """Another gamma and gain for each channel, a little."""
    levels = np.linspace(0.0, 1.0, 256)[:, None] ** np.exp(random.normal(0.0, 0.06) + random.normal(0.0, 0.02, 3))
    table = (255.0 * levels * (1.0 + random.normal(0.0, 0.03, 3))).round().clip(0, 255).astype(np.uint8)
    return np.asarray(cv2.LUT(rgb, table[None]), np.uint8)
