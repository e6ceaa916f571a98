"""Trains an upscaler on portraits that were made small."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.errors import TrainingError
from training.models.inverter import mean_squared_error, psnr_db
from training.models.upscaler import Upscaler
from training.objectives import charbonnier
from training.recipes.upscaler import UpscalerRecipe
from training.synthesis.pairs import PairBatch
from training.trainers.base import Stateful, cosine, descend, set_rate, update_average


class UpscalerTrainer(Stateful):
    """The upscaler and its average."""

    def __init__(
        self,
        recipe: UpscalerRecipe,
        examples: PairBatch,
        seed: int,
        place: Place = ALONE,
        start: Upscaler | None = None,
    ) -> None:
        """``examples``: what the sheets show.

        ``start``: an upscaler of any factor whose stem and body it begins with.

        Raises:
            TrainingError: ``start`` has another width or other blocks.
        """
        torch.manual_seed(seed)
        self._recipe, self._place = recipe, place
        network = Upscaler(recipe.factor, recipe.width, recipe.blocks)
        if start is not None:
            try:
                network.stem.load_state_dict(start.stem.state_dict())
                network.body.load_state_dict(start.body.state_dict())
            except RuntimeError as error:
                raise TrainingError("the upscaler to begin with has another width or other blocks") from error
        self._upscaler = place.put(network)
        self.upscaler_ema = copy.deepcopy(self._upscaler).requires_grad_(False)
        self._optimizer = torch.optim.Adam(self._upscaler.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99))
        self._examples = examples
        super().__init__(upscaler=self._upscaler, upscaler_ema=self.upscaler_ema, optimizer=self._optimizer)

    def step(self, batch: PairBatch, progress: float) -> dict[str, Tensor]:
        """One step on ``batch``."""
        recipe, place = self._recipe, self._place
        set_rate(self._optimizer, cosine(recipe.learning_rate, progress))
        with place.autocast():
            made = self._upscaler(batch.small).float()
        loss = charbonnier(made, batch.large)
        descend(self._optimizer, loss, place, recipe.largest_gradient)
        update_average(self.upscaler_ema, self._upscaler, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        return {"charbonnier": loss.detach(), "psnr_db": psnr_db(mean_squared_error(made.detach(), batch.large)).mean()}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Small squares, enlarged bicubically and by the upscaler, and the truth: a column each."""
        small, large = self._examples.small, self._examples.large
        bicubic = F.interpolate(small, scale_factor=self._recipe.factor, mode="bicubic")
        return grid(np.concatenate([to_uint8(x) for x in (bicubic, self.upscaler_ema(small), large)]), len(small))
