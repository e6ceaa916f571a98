"""Trains two translators, from A to B and from B to A, on pictures that are no pairs, after CycleGAN."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training import objectives
from training.dataset import to_uint8
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.models.patch_discriminator import PatchDiscriminator
from training.models.picture_pool import PicturePool
from training.models.translator import Translator
from training.pairs.feeds import UnpairedBatch, whole
from training.recipes.unpaired import UnpairedRecipe
from training.trainers.base import Stateful, cosine, descend, set_rate, update_average


class CycleGanTrainer(Stateful):
    """Both translators with their averages, both discriminators with their pools of made pictures.

    Zhu et al. 2017: least-squares losses, a cycle, and the identity for what is of the wanted kind already. Unlike
    there, translators are averaged over steps and the rate follows a cosine, as in all of this package.
    """

    def __init__(self, recipe: UnpairedRecipe, examples: UnpairedBatch, seed: int, place: Place = ALONE) -> None:
        """``examples``: what the sheets show, as many of A as of B."""
        torch.manual_seed(seed)
        self._recipe, self._place, self._examples = recipe, place, examples
        self._to_b, self._to_a = (place.put(_new_translator(recipe)) for _ in range(2))
        self.to_b_ema, self.to_a_ema = (
            copy.deepcopy(network).requires_grad_(False) for network in (self._to_b, self._to_a)
        )
        self._discriminator_a, self._discriminator_b = (
            place.put(PatchDiscriminator(recipe.discriminator_widths)) for _ in range(2)
        )
        height_px, width_px = examples.a.shape[2:]
        self._pool_a, self._pool_b = (PicturePool(recipe.pool, height_px, width_px).to(place.device) for _ in range(2))
        self._optimizer, self._optimizer_d = (
            torch.optim.Adam([*a.parameters(), *b.parameters()], recipe.learning_rate[0], betas=(0.5, 0.999))
            for a, b in ((self._to_a, self._to_b), (self._discriminator_a, self._discriminator_b))
        )
        super().__init__(
            to_b=self._to_b,
            to_a=self._to_a,
            to_b_ema=self.to_b_ema,
            to_a_ema=self.to_a_ema,
            discriminator_a=self._discriminator_a,
            discriminator_b=self._discriminator_b,
            pool_a=self._pool_a,
            pool_b=self._pool_b,
            optimizer=self._optimizer,
            optimizer_d=self._optimizer_d,
        )

    def step(self, batch: UnpairedBatch, progress: float) -> dict[str, Tensor]:
        """One step of the translators, then one of the discriminators."""
        recipe, place = self._recipe, self._place
        for optimizer in (self._optimizer, self._optimizer_d):
            set_rate(optimizer, cosine(recipe.learning_rate, progress))
        with place.autocast():
            made_b, same_b = _translated(self._to_b, torch.cat([batch.a, batch.b])).chunk(2)
            made_a, same_a = _translated(self._to_a, torch.cat([batch.b, batch.a])).chunk(2)
            back_a, back_b = _translated(self._to_a, made_b), _translated(self._to_b, made_a)
        cycle = F.l1_loss(back_a, batch.a) + F.l1_loss(back_b, batch.b)
        identity = F.l1_loss(same_a, batch.a) + F.l1_loss(same_b, batch.b)
        adversarial = self._judged(self._discriminator_a, made_a) + self._judged(self._discriminator_b, made_b)
        descend(self._optimizer, adversarial + recipe.cycle * (cycle + recipe.identity * identity), place)
        shown_a, shown_b = self._pool_a.exchange(made_a, place), self._pool_b.exchange(made_b, place)
        loss_a = self._told_apart(self._discriminator_a, batch.a, shown_a)
        loss_b = self._told_apart(self._discriminator_b, batch.b, shown_b)
        descend(self._optimizer_d, loss_a + loss_b, place)
        for averaged, network in ((self.to_a_ema, self._to_a), (self.to_b_ema, self._to_b)):
            update_average(averaged, network, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        return {
            "cycle": cycle.detach(),
            "identity": identity.detach(),
            "adversarial": adversarial.detach(),
            "discriminator_a": loss_a.detach(),
            "discriminator_b": loss_b.detach(),
        }

    def _judged(self, discriminator: PatchDiscriminator, made: Tensor) -> Tensor:
        discriminator.requires_grad_(False)
        scores = self._scores(discriminator, made)
        discriminator.requires_grad_(True)
        return objectives.least_squares(scores, 1.0)

    def _told_apart(self, discriminator: PatchDiscriminator, real: Tensor, made: Tensor) -> Tensor:
        of_real, of_made = self._scores(discriminator, torch.cat([real, made])).chunk(2)
        return 0.5 * (objectives.least_squares(of_real, 1.0) + objectives.least_squares(of_made, 0.0))

    def _scores(self, discriminator: PatchDiscriminator, pictures: Tensor) -> Tensor:
        """Of ``pictures`` by themselves: beside nothing that was given."""
        with self._place.autocast():
            return discriminator(torch.zeros_like(whole(pictures)), pictures)[0].float()

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """A, made B, and A again; B, made A, and B again: a row each."""
        made_b, made_a = _translated(self.to_b_ema, self._examples.a), _translated(self.to_a_ema, self._examples.b)
        back_a, back_b = _translated(self.to_a_ema, made_b), _translated(self.to_b_ema, made_a)
        rows = (self._examples.a, made_b, back_a, self._examples.b, made_a, back_b)
        return grid(np.concatenate([to_uint8(row) for row in rows]), len(made_b))


def _new_translator(recipe: UnpairedRecipe) -> Translator:
    """One whose four pixels of a place begin alike (Aitken et al. 2017, ICNR): a grid hides well what a cycle wants."""
    translator = Translator(recipe.widths, recipe.blocks)
    with torch.no_grad():
        translator.head.weight.copy_(translator.head.weight[::4].repeat_interleave(4, 0))
    return translator


def _translated(translator: Translator, pictures: Tensor) -> Tensor:
    return translator(whole(pictures)).float()
