"""Differentiable augmentation (Zhao et al. 2020): the discriminator sees all pictures, real and made, through it."""

import torch
import torch.nn.functional as F
from torch import Tensor


def diff_augment(images: Tensor, probability: float) -> Tensor:
    """Shifts, cuts out and recolours each of ``images`` [B, 3, H, W] with ``probability`` a kind; keeps gradients."""
    for kind in (_colour, _translate, _cutout):
        changed = kind(images)
        chosen = torch.rand(len(images), 1, 1, 1, device=images.device) < probability
        images = torch.where(chosen, changed, images)
    return images


def _uniform(images: Tensor, low: float, high: float) -> Tensor:
    return torch.rand(len(images), 1, 1, 1, device=images.device) * (high - low) + low


def _colour(images: Tensor) -> Tensor:
    images = images + _uniform(images, -0.25, 0.25)
    gray = images.mean(1, keepdim=True)
    images = gray + (images - gray) * _uniform(images, 0.5, 1.5)
    mean = images.mean((1, 2, 3), keepdim=True)
    return mean + (images - mean) * _uniform(images, 0.75, 1.25)


def _translate(images: Tensor) -> Tensor:
    """By up to an eighth of the side; what comes in from outside is zero."""
    count, _, height, width = images.shape
    reach = height // 8
    padded = F.pad(images, (reach,) * 4)
    shift = torch.randint(0, 2 * reach + 1, (2, count), device=images.device)
    rows = torch.arange(height, device=images.device)[None, :] + shift[0][:, None]
    columns = torch.arange(width, device=images.device)[None, :] + shift[1][:, None]
    index = torch.arange(count, device=images.device)[:, None, None]
    return padded.permute(0, 2, 3, 1)[index, rows[:, :, None], columns[:, None, :]].permute(0, 3, 1, 2)


def _cutout(images: Tensor) -> Tensor:
    """A square of half the side, anywhere, becomes zero."""
    count, _, height, width = images.shape
    half = height // 4
    centre = torch.rand(2, count, 1, device=images.device)
    rows = (torch.arange(height, device=images.device)[None] - centre[0] * height).abs() < half
    columns = (torch.arange(width, device=images.device)[None] - centre[1] * width).abs() < half
    return images * ~(rows[:, None, :, None] & columns[:, None, None, :])
