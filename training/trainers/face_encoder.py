"""Trains the face encoder: to know a face again, and to tell what it looks like and what is wrong with the picture.

A network that only learns to know faces again (SimCLR, Chen et al. 2020) learns to look past blur and torn parts, which
is what a generator's figures must not do. So the same features also tell how a view was damaged, and its colours.
"""

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
from training.models.face_encoder import FaceEncoder, PretextHeads
from training.recipes.face_encoder import FaceEncoderRecipe
from training.synthesis.damage import DAMAGES
from training.synthesis.views import ViewBatch
from training.trainers.base import Stateful, batch_statistics, cosine, descend, set_rate, update_average

_COLUMNS = 16


class FaceEncoderTrainer(Stateful):
    """The encoder, its heads, and the averaged encoder, which is frozen in the end."""

    def __init__(self, recipe: FaceEncoderRecipe, examples: ViewBatch, seed: int, place: Place = ALONE) -> None:
        """``examples``: views for the sheets."""
        torch.manual_seed(seed)
        self._recipe, self._place = recipe, place
        self._encoder = place.put(FaceEncoder(recipe.widths, recipe.features))
        self._heads = place.put(PretextHeads(recipe.features, len(DAMAGES)))
        self.encoder_ema = copy.deepcopy(self._encoder).requires_grad_(False).eval()
        both = [*self._encoder.parameters(), *self._heads.parameters()]
        self._optimizer = torch.optim.AdamW(
            both, recipe.learning_rate[0], betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self._examples = examples
        super().__init__(
            encoder=self._encoder, heads=self._heads, encoder_ema=self.encoder_ema, optimizer=self._optimizer
        )

    def step(self, batch: ViewBatch, progress: float) -> dict[str, Tensor]:
        """One step; ``found`` is the share of views whose other view is the most alike of all."""
        recipe, place = self._recipe, self._place
        set_rate(self._optimizer, cosine(recipe.learning_rate, progress))
        with place.autocast():
            features, identity = self._encoder(batch.views)
            damage, thumbnails = self._heads(features)
        contrast, found = objectives.contrast(identity, recipe.temperature)
        damage_error = F.mse_loss(damage.float(), batch.damage)
        thumbnail_error = F.mse_loss(thumbnails.float(), batch.thumbnails)
        descend(self._optimizer, contrast + recipe.damage * damage_error + recipe.thumbnail * thumbnail_error, place)
        place.average_(batch_statistics(self._encoder))
        update_average(self.encoder_ema, self._encoder, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        return {
            "contrast": contrast.detach(),
            "found": found.detach(),
            "damage": damage_error.detach(),
            "thumbnail": thumbnail_error.detach(),
        }

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Views, and beneath each the other one that shows the same face, as the averaged encoder sees it."""
        views = self._examples.views
        _, identity = self.encoder_ema(views)
        alike = (identity @ identity.t()).fill_diagonal_(-1.0).argmax(1)
        rows = zip(to_uint8(views), to_uint8(views[alike]), strict=True)
        return grid(np.stack([np.concatenate(pair) for pair in rows]), _COLUMNS)
