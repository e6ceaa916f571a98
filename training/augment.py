"""Differentiable augmentation (Zhao et al. 2020): the discriminator sees all pictures, real and made, through it."""

import torch
import torch.nn.functional as F
from torch import Tensor

from training.engine.parallel import ALONE, Place


def diff_augment(images: Tensor, probability: float, place: Place = ALONE) -> Tensor:
    """Shifts, cuts out and recolours each of ``images`` [B, 3, H, W] with ``probability`` a kind; keeps gradients."""
    for kind in (_colour, _translate, _cutout):
        changed = kind(images, place)
        chosen = place.rand(len(images), 1, 1, 1) < probability
        images = torch.where(chosen, changed, images)
    return images


def _colour(images: Tensor, place: Place) -> Tensor:
    def draw(low: float, high: float) -> Tensor:
        return place.rand(len(images), 1, 1, 1) * (high - low) + low

    images = images + draw(-0.25, 0.25)
    gray = images.mean(1, keepdim=True)
    images = gray + (images - gray) * draw(0.5, 1.5)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * draw(0.75, 1.25)


def _translate(images: Tensor, place: Place) -> Tensor:
    """By up to an eighth of the side; what comes in from outside is zero."""
    count, _, height, width = images.shape
    reach = height // 8
    padded = F.pad(images, (reach,) * 4)
    shift = (place.rand(count, 2) * (2 * reach + 1)).long()
    rows = torch.arange(height, device=images.device) + shift[:, :1]
    columns = torch.arange(width, device=images.device) + shift[:, 1:]
    index = torch.arange(count, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(images: Tensor, place: Place) -> Tensor:
    """A square of half the side, anywhere, becomes zero."""
    count, _, height, width = images.shape
    half = height // 4
    centre = place.rand(count, 2)
    rows = (torch.arange(height, device=images.device) - centre[:, :1] * height).abs() < half
    columns = (torch.arange(width, device=images.device) - centre[:, 1:] * width).abs() < half
    return images * ~(rows[:, None, :, None] & columns[:, None, None, :])
