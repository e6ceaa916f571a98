"""Trains the colorizer on colour photographs whose luminance was made to look old."""

import copy
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.engine.report import grid
from training.models.colorizer import Colorizer
from training.recipes.colorizer import ColorizerRecipe
from training.trainers.averaged import channels_last, cosine, update_average

_TO_YCBCR = torch.tensor([[0.299, 0.587, 0.114], [-0.168736, -0.331264, 0.5], [0.5, -0.418688, -0.081312]])
_TO_RGB = torch.tensor([[1.0, 0.0, 1.402], [1.0, -0.344136, -0.714136], [1.0, 1.772, 0.0]])


class ColorizerTrainer:
    """The colorizer and its average."""

    def __init__(self, recipe: ColorizerRecipe, examples: Tensor, seed: int) -> None:
        """``examples``: real pictures [N, 3, H, W] in -1..1 for the sheets."""
        torch.manual_seed(seed)
        self._recipe = recipe
        self._colorizer = channels_last(Colorizer(recipe.widths))
        self.colorizer_ema = copy.deepcopy(self._colorizer).requires_grad_(False)
        self._optimizer = torch.optim.AdamW(self._colorizer.parameters(), recipe.learning_rate[0], betas=(0.9, 0.99))
        self._examples = examples
        self._images_seen = 0

    def step(self, images: Tensor, progress: float) -> dict[str, float]:
        """One step on random squares of ``images``."""
        for group in self._optimizer.param_groups:
            group["lr"] = cosine(self._recipe.learning_rate, progress)
        luminance, chroma = split(random_squares(images, self._recipe.crop_px))
        with torch.autocast("cpu", torch.bfloat16):
            made = self._colorizer(make_old(luminance)).float()
        distance = F.smooth_l1_loss(made, chroma, beta=0.02)
        strength = (_strength(made) - _strength(chroma)).abs().mean()
        loss = distance + self._recipe.saturation * strength
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        update_average(self.colorizer_ema, self._colorizer, len(images), self._images_seen, self._recipe.ema_images)
        self._images_seen += len(images)
        return {"chroma": distance.item(), "saturation": strength.item()}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """Gray photographs, what the colorizer makes of them, and the truth, in three rows."""
        luminance, _ = split(self._examples)
        made = join(luminance, self.colorizer_ema(luminance))
        rows = [to_uint8(x) for x in (luminance.expand(-1, 3, -1, -1), made, self._examples)]
        return grid(np.concatenate(rows), len(self._examples))

    def state_dict(self) -> dict[str, Any]:
        """Network, average, optimizer and the count of images."""
        return {
            "colorizer": self._colorizer.state_dict(),
            "colorizer_ema": self.colorizer_ema.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "images_seen": self._images_seen,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        self._colorizer.load_state_dict(state["colorizer"])
        self.colorizer_ema.load_state_dict(state["colorizer_ema"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._images_seen = state["images_seen"]


def split(images: Tensor) -> tuple[Tensor, Tensor]:
    """RGB [B, 3, H, W] in -1..1 to luminance [B, 1, H, W] and chroma [B, 2, H, W], both in -1..1."""
    ycbcr = torch.einsum("yc,bchw->byhw", _TO_YCBCR, images)
    return ycbcr[:, :1], ycbcr[:, 1:]


def join(luminance: Tensor, chroma: Tensor) -> Tensor:
    """The inverse of :func:`split`; values may leave -1..1."""
    return torch.einsum("cy,byhw->bchw", _TO_RGB, torch.cat([luminance, chroma], 1))


def random_squares(images: Tensor, side_px: int) -> Tensor:
    """A square of each of ``images`` [B, 3, H, W], from the whole width down to ``side_px`` wide, at ``side_px``."""
    height, width = images.shape[2:]
    squares = []
    for image in images:
        side = int(torch.randint(side_px, min(height, width) + 1, ()))
        top = int(torch.randint(0, height - side + 1, ()))
        left = int(torch.randint(0, width - side + 1, ()))
        square = image[None, :, top : top + side, left : left + side]
        squares.append(F.interpolate(square, (side_px, side_px), mode="bilinear", antialias=True))
    return torch.cat(squares)


def make_old(luminance: Tensor) -> Tensor:
    """Luminance [B, 1, H, W] in -1..1 with another gray curve, contrast, blur and grain for each picture."""
    count = len(luminance)

    def draw(low: float, high: float) -> Tensor:
        return torch.rand(count, 1, 1, 1) * (high - low) + low

    old = ((luminance + 1.0) / 2.0).clamp(0.0, 1.0) ** torch.exp(draw(-0.5, 0.5))
    low, high = draw(0.0, 0.15), draw(0.85, 1.0)
    old = (low + old * (high - low)) * 2.0 - 1.0
    soft = F.interpolate(F.avg_pool2d(old, 2), scale_factor=2.0, mode="bilinear")
    old = torch.lerp(old, soft, draw(0.0, 1.0))
    return (old + torch.randn_like(old) * draw(0.0, 0.08)).clamp(-1.0, 1.0)


def _strength(chroma: Tensor) -> Tensor:
    """Mean length of the chroma of each picture: [B, 2, H, W] to [B]."""
    return (chroma.square().sum(1) + 1e-6).sqrt().mean((1, 2))
