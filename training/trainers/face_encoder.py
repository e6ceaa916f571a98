"""Trains the face encoder: to know a face again, and to tell what it looks like and what is wrong with the picture.

A network that only learns to know faces again (SimCLR, Chen et al. 2020) learns to look past blur and torn parts, which
is what a generator's figures must not do. So the same features also tell how a view was damaged, and its colours.
"""

import copy
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from phiz_core.geometry import ImageArray
from training import objectives
from training.dataset import to_uint8
from training.engine.report import grid
from training.models.face_encoder import FaceEncoder, PretextHeads
from training.recipes.face_encoder import FaceEncoderRecipe
from training.synthesis.damage import DAMAGES
from training.synthesis.views import ViewBatch
from training.trainers.averaged import channels_last, cosine, update_average

_COLUMNS = 16


class FaceEncoderTrainer:
    """The encoder, its heads, and the averaged encoder, which is frozen in the end."""

    def __init__(self, recipe: FaceEncoderRecipe, examples: ViewBatch, seed: int) -> None:
        """``examples``: views for the sheets."""
        torch.manual_seed(seed)
        self._recipe = recipe
        self._encoder = channels_last(FaceEncoder(recipe.widths, recipe.features))
        self._heads = PretextHeads(recipe.features, len(DAMAGES))
        self.encoder_ema = copy.deepcopy(self._encoder).requires_grad_(False).eval()
        both = [*self._encoder.parameters(), *self._heads.parameters()]
        self._optimizer = torch.optim.AdamW(
            both, recipe.learning_rate[0], betas=(0.9, 0.99), weight_decay=recipe.weight_decay
        )
        self._examples = examples
        self._images_seen = 0

    def step(self, batch: ViewBatch, progress: float) -> dict[str, float]:
        """One step; ``found`` is the share of views whose other view is the most alike of all."""
        recipe = self._recipe
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(recipe.learning_rate, progress)
        with torch.autocast("cpu", torch.bfloat16):
            identity, damage, thumbnails = self._heads(self._encoder(batch.views))
        contrast, found = objectives.contrast(identity, recipe.temperature)
        damage_error = F.mse_loss(damage.float(), batch.damage)
        thumbnail_error = F.mse_loss(thumbnails.float(), batch.thumbnails)
        loss = contrast + recipe.damage * damage_error + recipe.thumbnail * thumbnail_error
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        faces = len(batch.views) // 2
        update_average(self.encoder_ema, self._encoder, faces, self._images_seen, recipe.ema_images)
        self._images_seen += faces
        return {
            "contrast": contrast.item(),
            "found": found.item(),
            "damage": damage_error.item(),
            "thumbnail": thumbnail_error.item(),
        }

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Views, and beneath each the other one that is most like it to the averaged encoder."""
        views = self._examples.views
        features = F.normalize(self.encoder_ema(views), dim=1)
        alike = (features @ features.t()).fill_diagonal_(-1.0).argmax(1)
        rows = zip(to_uint8(views), to_uint8(views[alike]), strict=True)
        return grid(np.stack([np.concatenate(pair) for pair in rows]), _COLUMNS)

    def state_dict(self) -> dict[str, Any]:
        """Networks, average, optimizer and the count of faces."""
        parts = {name: part.state_dict() for name, part in self._parts().items()}
        return parts | {"images_seen": self._images_seen}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self._images_seen = state["images_seen"]

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {
            "encoder": self._encoder,
            "heads": self._heads,
            "encoder_ema": self.encoder_ema,
            "optimizer": self._optimizer,
        }
