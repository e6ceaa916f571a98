"""Diversity: how alike two pictures of one set are (MS-SSIM of random pairs, after Odena et al. 2017)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray

_PAIRS = 1_000
_BATCH = 250
_WINDOW_PX, _SIGMA_PX = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
_WEIGHTS = (0.0448, 0.2856, 0.3001)
"""Of the paper's five scales (Wang et al. 2003), those that 64 px have room for; they are normalised to sum 1."""


def mean_similarity(images: ImageArray, seed: int) -> float:
    """Mean MS-SSIM of 1,000 random pairs of ``images`` uint8 [N, 64, 64, 3], by luminance; 1 is all alike."""
    random = np.random.default_rng(seed)
    first = random.integers(0, len(images), _PAIRS)
    second = (first + random.integers(1, len(images), _PAIRS)) % len(images)
    x = torch.from_numpy(np.stack([luminance(image) for image in images])).float() / 255.0
    batches = zip(np.array_split(first, _PAIRS // _BATCH), np.array_split(second, _PAIRS // _BATCH), strict=True)
    return torch.cat([ms_ssim(x[a], x[b]) for a, b in batches]).mean().item()


def ms_ssim(a: Tensor, b: Tensor) -> Tensor:
    """Multi-scale structural similarity [B] of luminance [B, S, S] in 0..1, S at least 44; 1 is the same picture."""
    similarity = torch.ones(len(a))
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        brightness, structure = _ssim_terms(a, b)
        last = scale == len(_WEIGHTS) - 1
        term = (brightness * structure if last else structure).mean((1, 2))
        similarity = similarity * term.clamp(min=0.0) ** (weight / sum(_WEIGHTS))
    return similarity


def _ssim_terms(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    variances = _local_mean(a * a) - mean_a.square() + _local_mean(b * b) - mean_b.square()
    covariance = _local_mean(a * b) - mean_a * mean_b
    brightness = (2.0 * mean_a * mean_b + _C1) / (mean_a.square() + mean_b.square() + _C1)
    return brightness, (2.0 * covariance + _C2) / (variances + _C2)


def _local_mean(x: Tensor) -> Tensor:
    """Gaussian mean over 11x11 pixels, where the window fits, as two products with a band matrix."""
    side = x.shape[-1]
    reach = _WINDOW_PX // 2
    offsets = torch.arange(side)[:, None] - torch.arange(reach, side - reach)
    window = torch.exp(-offsets.square() / (2.0 * _SIGMA_PX**2)) * (offsets.abs() <= reach)
    window = window / window.sum(0)
    return window.t() @ x @ window
