"""Trains the encoder that starts the inversion, through a generator that stays as it is."""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.engine.report import grid
from training.errors import TrainingError
from training.models.generator import Generator
from training.models.inverter import WPlusEncoder, mean_squared_error, psnr_db
from training.perceptual import PerceptualDistance
from training.recipes.encoder_64 import EncoderRecipe
from training.runs import weights_digest
from training.trainers.averaged import channels_last, cosine, update_average


class EncoderTrainer:
    """The encoder and its average; trained on what the generator makes of its w+."""

    def __init__(self, recipe: EncoderRecipe, generator: Generator, start: WPlusEncoder, examples: Tensor) -> None:
        """``start`` is what training begins with; ``examples``: real pictures [N, 3, S, S] in -1..1 for the sheets."""
        self._recipe = recipe
        self._generator_digest = weights_digest(generator)
        self._synthesis = generator.synthesis.eval().requires_grad_(False)
        self._encoder = channels_last(start).requires_grad_(True)
        self.encoder_ema = copy.deepcopy(start).requires_grad_(False)
        self._perceptual = PerceptualDistance()
        self._optimizer = torch.optim.Adam(self._encoder.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99))
        self._examples = examples
        self._images_seen = 0

    def step(self, images: Tensor, progress: float) -> dict[str, float]:
        """One step on the reconstruction of ``images``."""
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(self._recipe.learning_rate, progress)
        with torch.autocast("cpu", torch.bfloat16):
            w, offsets = self._encoder.parts(images)
            made = self._synthesis(w[:, None] + offsets).float()
        error = mean_squared_error(made, images)
        pixels = (made - images).abs().mean() + error.mean()
        perceptual = self._perceptual(made, images)
        offset = offsets.float().square().mean()
        loss = pixels + self._recipe.perceptual * perceptual + self._recipe.offset * offset
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        update_average(self.encoder_ema, self._encoder, len(images), self._images_seen, self._recipe.ema_images)
        self._images_seen += len(images)
        return {
            "psnr_db": psnr_db(error).mean().item(),
            "perceptual": perceptual.item(),
            "offset": offset.item(),
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
        """Encoder, average, optimizer and the count of images."""
        return {
            "generator_digest": self._generator_digest,
            "encoder": self._encoder.state_dict(),
            "encoder_ema": self.encoder_ema.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "images_seen": self._images_seen,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``.

        Raises:
            TrainingError: ``state`` was trained for another generator.
        """
        if state["generator_digest"] != self._generator_digest:
            raise TrainingError("the checkpoint was trained for another generator; use another folder")
        self._encoder.load_state_dict(state["encoder"])
        self.encoder_ema.load_state_dict(state["encoder_ema"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._images_seen = state["images_seen"]
