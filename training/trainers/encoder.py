"""Trains the encoder that starts the inversion, through a generator that stays as it is."""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.errors import TrainingError
from training.models.generator import Generator
from training.models.inverter import WPlusEncoder, mean_squared_error, psnr_db
from training.perceptual import PerceptualDistance
from training.recipes.encoder_64 import EncoderRecipe
from training.runs import generator_digest
from training.trainers.base import Stateful, cosine, descend, set_rate, update_average


class EncoderTrainer(Stateful):
    """The encoder and its average; trained on what the generator makes of its w+."""

    def __init__(
        self,
        recipe: EncoderRecipe,
        generator: Generator,
        start: WPlusEncoder,
        examples: Tensor,
        place: Place = ALONE,
    ) -> None:
        """``start`` is what training begins with; ``examples``: real pictures [N, 3, S, S] in -1..1 for the sheets."""
        self._recipe, self._place = recipe, place
        self._generator_digest = generator_digest(generator)
        self._synthesis = generator.synthesis.eval().requires_grad_(False).to(place.device)
        self._encoder = place.put(start).requires_grad_(True)
        self.encoder_ema = copy.deepcopy(start).requires_grad_(False)
        self._perceptual = PerceptualDistance().to(place.device)
        self._optimizer = torch.optim.Adam(self._encoder.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99))
        self._examples = place.bring(examples)
        super().__init__(encoder=self._encoder, encoder_ema=self.encoder_ema, optimizer=self._optimizer)

    def step(self, images: Tensor, progress: float) -> dict[str, Tensor]:
        """One step on the reconstruction of ``images``."""
        recipe, place = self._recipe, self._place
        set_rate(self._optimizer, cosine(recipe.learning_rate, progress))
        with place.autocast():
            w, offsets = self._encoder.parts(images)
            made = self._synthesis(w[:, None] + offsets).float()
        error = mean_squared_error(made, images)
        pixels = (made - images).abs().mean() + error.mean()
        perceptual = self._perceptual(made, images)
        offset = offsets.float().square().mean()
        descend(self._optimizer, pixels + recipe.perceptual * perceptual + recipe.offset * offset, place)
        update_average(self.encoder_ema, self._encoder, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        return {
            "psnr_db": psnr_db(error.detach()).mean(),
            "perceptual": perceptual.detach(),
            "offset": offset.detach(),
        }

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Real faces, each with its reconstruction beneath."""
        made = self._synthesis(self.encoder_ema(self._examples))
        pairs = [
            np.concatenate([to_uint8(a), to_uint8(b)])
            for a, b in zip(self._examples.split(8), made.split(8), strict=True)
        ]
        return grid(np.concatenate(pairs), 8)

    def state_dict(self) -> dict[str, Any]:
        """The state, and which generator it belongs to."""
        return super().state_dict() | {"generator_digest": self._generator_digest}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``.

        Raises:
            TrainingError: ``state`` was trained for another generator.
        """
        if state["generator_digest"] != self._generator_digest:
            raise TrainingError("the checkpoint was trained for another generator; use another folder")
        super().load_state_dict(state)
