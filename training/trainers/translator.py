"""Trains a translator, of one task or several, on what the tasks leave of photographs."""

import copy
from typing import Final

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import Optimizer

from phiz_core.geometry import ImageArray
from training import objectives
from training.dataset import to_uint8
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.errors import TrainingError
from training.models.inverter import mean_squared_error, psnr_db
from training.models.patch_discriminator import PatchDiscriminator
from training.models.translator import Translator
from training.perceptual import PerceptualDistance
from training.recipes.translator import TranslatorRecipe
from training.synthesis.tasks import TASKS
from training.synthesis.translations import TranslationBatch
from training.trainers.base import Stateful, cosine, descend, set_rate, update_average

_SHIFT_PX: Final = 16
_LEAST_HIDDEN: Final = 0.1
"""What is hidden counts as much as a whole picture, if it is at least this part of one."""


class TranslatorTrainer(Stateful):
    """The translator, its average, and, if the recipe has one, the discriminator."""

    def __init__(self, recipe: TranslatorRecipe, examples: TranslationBatch, seed: int, place: Place = ALONE) -> None:
        """``examples``: what the sheets show."""
        torch.manual_seed(seed)
        self._recipe, self._place, self._examples = recipe, place, examples
        self._translator = place.put(build_translator(recipe))
        self.translator_ema = copy.deepcopy(self._translator).requires_grad_(False)
        self._optimizer = torch.optim.AdamW(self._translator.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99))
        parts: dict[str, nn.Module | Optimizer] = {
            "translator": self._translator,
            "translator_ema": self.translator_ema,
            "optimizer": self._optimizer,
        }
        self._perceptual = PerceptualDistance().to(place.device) if recipe.perceptual else None
        self._discriminator: PatchDiscriminator | None = None
        if recipe.adversarial:
            self._discriminator = place.put(PatchDiscriminator(recipe.discriminator_widths))
            self._optimizer_d = torch.optim.Adam(
                self._discriminator.parameters(), recipe.learning_rate[0], betas=(0.5, 0.99)
            )
            parts |= {"discriminator": self._discriminator, "optimizer_d": self._optimizer_d}
        super().__init__(**parts)

    def begin_with(self, start: Translator, learnt: TranslatorRecipe) -> None:
        """Begins with ``start``, trained by ``learnt``; for a task that is new to it, with the mean of what it knows.

        Raises:
            TrainingError: ``start`` has other widths or blocks.
        """
        known = learnt.tasks
        rows = [[known.index(task)] if task in known else range(len(known)) for task in self._recipe.tasks]
        try:
            for network in (self._translator, self.translator_ema):
                network.begin_with(start, rows)
        except RuntimeError as error:
            raise TrainingError("the translator to begin with has other widths or blocks") from error

    def step(self, batch: TranslationBatch, progress: float) -> dict[str, Tensor]:
        """One step on ``batch``."""
        recipe, place = self._recipe, self._place
        set_rate(self._optimizer, cosine(recipe.learning_rate, progress))
        with place.autocast():
            made = joined(self._translator(batch.given, batch.task).float(), batch)
        weight = 1.0 / hidden(batch).mean((1, 2, 3), keepdim=True).clamp(min=_LEAST_HIDDEN)
        losses = {
            "absolute": F.l1_loss(made * weight, batch.wanted * weight),
            "laplacian": objectives.laplacian_distance(made * weight, batch.wanted * weight),
            "structure": objectives.dissimilarity(made, batch.wanted),
        }
        loss = losses["absolute"] + recipe.laplacian * losses["laplacian"] + recipe.structure * losses["structure"]
        if self._perceptual is not None:
            with place.autocast():
                losses["perceptual"] = self._perceptual(*same_part(made, batch.wanted))
            loss = loss + recipe.perceptual * losses["perceptual"]
        if self._discriminator is not None:
            losses |= self._judged(self._discriminator, batch, made)
            loss = loss + recipe.adversarial * losses["adversarial"] + recipe.matching * losses["matching"]
        descend(self._optimizer, loss, place, 1.0)
        if self._discriminator is not None:
            losses["discriminator"] = self._train_discriminator(self._discriminator, batch, made.detach(), progress)
        update_average(self.translator_ema, self._translator, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        psnr = psnr_db(mean_squared_error(made.detach(), batch.wanted)).mean()
        return {name: value.detach() for name, value in losses.items()} | {"psnr_db": psnr}

    def _judged(self, discriminator: PatchDiscriminator, batch: TranslationBatch, made: Tensor) -> dict[str, Tensor]:
        discriminator.requires_grad_(False)
        with self._place.autocast():
            given, made, wanted = same_part(batch.given, made, batch.wanted)
            logits, features = discriminator(given, made)
            real_logits, real_features = discriminator(given, wanted)
        discriminator.requires_grad_(True)
        return {
            "adversarial": objectives.relativistic_generator_loss(real_logits.float(), logits.float()),
            "matching": objectives.matching_distance(features, real_features),
        }

    def _train_discriminator(
        self, discriminator: PatchDiscriminator, batch: TranslationBatch, made: Tensor, progress: float
    ) -> Tensor:
        recipe = self._recipe
        set_rate(self._optimizer_d, recipe.discriminator_rate * cosine(recipe.learning_rate, progress))
        with self._place.autocast():
            given, made, wanted = same_part(batch.given, made, batch.wanted)
            (real, _), (fake, _) = (discriminator(given, picture) for picture in (wanted, made))
        loss = objectives.relativistic_discriminator_loss(real.float(), fake.float())
        descend(self._optimizer_d, loss, self._place)
        return loss.detach()

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """What is given, what is made of it, and the truth: a row each."""
        batch = self._examples
        made = joined(self.translator_ema(batch.given, batch.task), batch)
        rows = [to_uint8(x) for x in (batch.given[:, :3], made, batch.wanted)]
        return grid(np.concatenate(rows), len(batch.wanted))


def build_translator(recipe: TranslatorRecipe) -> Translator:
    """An untrained translator of ``recipe``."""
    return Translator(recipe.widths, recipe.blocks, [task not in TASKS or TASKS[task].skips for task in recipe.tasks])


def same_part(*pictures: Tensor) -> list[Tensor]:
    """The same part of each of ``pictures`` [B, C, H, W], smaller by :data:`_SHIFT_PX`, wherever it lies.

    What judges in steps of some pixels sees some of them better than others, which shows as a grid if they are always
    the same ones.
    """
    height, width = pictures[0].shape[2:]
    most = min(_SHIFT_PX, min(height, width) // 2)
    top, left = torch.randint(most + 1, (2,)).tolist()
    return [picture[..., top : top + height - most, left : left + width - most] for picture in pictures]


def joined(made: Tensor, batch: TranslationBatch) -> Tensor:
    """``made`` [B, 3, H, W], but the truth where a masked row shows it."""
    return torch.lerp(batch.wanted, made, hidden(batch))


def hidden(batch: TranslationBatch) -> Tensor:
    """What is to be made: all of a row without a mask, else what its mask hides; [B, 1, H, W], 0 or 1."""
    return 1.0 - batch.masked * (1.0 - batch.given[:, 3:])
