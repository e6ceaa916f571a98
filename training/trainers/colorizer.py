"""Trains the colorizer on colour photographs whose luminance was made to look old."""

import copy

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.models.colorizer import Colorizer
from training.objectives import gradient_distance
from training.recipes.colorizer import ColorizerRecipe
from training.synthesis.colour_pairs import ColourBatch
from training.trainers.base import Stateful, cosine, descend, set_rate, update_average

_TO_YCBCR = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_TO_RGB = torch.tensor([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]])

_SCALES = 4
"""At which colour is to change where that of the photograph does: 2 to 16 pixels."""


class ColorizerTrainer(Stateful):
    """The colorizer and its average."""

    def __init__(self, recipe: ColorizerRecipe, examples: Tensor, seed: int, place: Place = ALONE) -> None:
        """``examples``: real pictures [N, 3, H, W] in -1..1 for the sheets."""
        torch.manual_seed(seed)
        self._recipe, self._place = recipe, place
        self._colorizer = place.put(Colorizer(recipe.widths))
        self.colorizer_ema = copy.deepcopy(self._colorizer).requires_grad_(False)
        self._optimizer = torch.optim.AdamW(self._colorizer.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99))
        self._examples = place.bring(examples)
        super().__init__(colorizer=self._colorizer, colorizer_ema=self.colorizer_ema, optimizer=self._optimizer)

    def step(self, batch: ColourBatch, progress: float) -> dict[str, Tensor]:
        """One step on ``batch``."""
        recipe, place = self._recipe, self._place
        set_rate(self._optimizer, cosine(recipe.learning_rate, progress))
        _, chroma = split(batch.picture)
        with place.autocast():
            made = self._colorizer(batch.luminance).float()
        distance = F.smooth_l1_loss(made, chroma, beta=0.02)
        strength = (_strength(made) - _strength(chroma)).abs().mean()
        unevenness = gradient_distance(made, chroma, _SCALES)
        loss = distance + recipe.saturation * strength + recipe.evenness * unevenness
        descend(self._optimizer, loss, place)
        update_average(self.colorizer_ema, self._colorizer, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        return {"chroma": distance.detach(), "saturation": strength.detach(), "evenness": unevenness.detach()}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Gray photographs, what the colorizer makes of them, and the truth, in three rows."""
        luminance, _ = split(self._examples)
        made = join(luminance, self.colorizer_ema(luminance))
        rows = [to_uint8(x) for x in (luminance.expand(-1, 3, -1, -1), made, self._examples)]
        return grid(np.concatenate(rows), len(self._examples))


def split(images: Tensor) -> tuple[Tensor, Tensor]:
    """RGB [B, 3, H, W] in -1..1 to luminance [B, 1, H, W] and chroma [B, 2, H, W], both in -1..1."""
    ycbcr = torch.einsum("yc,bchw->byhw", _TO_YCBCR.to(images.device), images)
    return ycbcr[:, :1], ycbcr[:, 1:]


def join(luminance: Tensor, chroma: Tensor) -> Tensor:
    """The inverse of :func:`split`; values may leave -1..1."""
    return torch.einsum("cy,byhw->bchw", _TO_RGB.to(chroma.device), torch.cat([luminance, chroma], 1))


def _strength(chroma: Tensor) -> Tensor:
    """Mean length of the chroma of each picture: [B, 2, H, W] to [B]."""
    return (chroma.square().sum(1) + 1e-6).sqrt().mean((1, 2))
