"""Diversity: how alike two pictures of one set are (MS-SSIM of random pairs, after Odena et al. 2017)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray

_PAIRS = 2_000
_BATCH = 250
_WINDOW_PX, _SIGMA_PX = 11, 1.5
_C1, _C2 = 0.01**2, 0.03**2
_WEIGHTS = (0.0448, 0.2856, 0.3001)
"""Of the paper's five scales (Wang et al. 2003), those that 64 px have room for; they are normalised to sum 1."""


def mean_similarity(images: ImageArray, seed: int) -> float:
    """Mean MS-SSIM, 0..1, of 2,000 random pairs out of ``images`` uint8 [N, 64, 64, 3]; lower is more diverse."""
    random = np.random.default_rng(seed)
    first = random.integers(0, len(images), _PAIRS)
    second = (first + random.integers(1, len(images), _PAIRS)) % len(images)
    x = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2)
    batches = zip(np.array_split(first, _PAIRS // _BATCH), np.array_split(second, _PAIRS // _BATCH), strict=True)
    return torch.cat([ms_ssim(x[a].float() / 255.0, x[b].float() / 255.0) for a, b in batches]).mean().item()


def ms_ssim(a: Tensor, b: Tensor) -> Tensor:
    """Multi-scale structural similarity [B] of pictures [B, 3, S, S] in 0..1, S at least 44; 1 is the same picture."""
    similarity = torch.ones(len(a))
    for scale, weight in enumerate(_WEIGHTS):
        if scale:
            a, b = F.avg_pool2d(a, 2), F.avg_pool2d(b, 2)
        luminance, structure = _ssim_terms(a, b)
        last = scale == len(_WEIGHTS) - 1
        term = (luminance * structure if last else structure).mean((1, 2, 3))
        similarity = similarity * term.clamp(min=0.0) ** (weight / sum(_WEIGHTS))
    return similarity


def _ssim_terms(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    mean_a, mean_b = _local_mean(a), _local_mean(b)
    variances = _local_mean(a * a) - mean_a.square() + _local_mean(b * b) - mean_b.square()
    covariance = _local_mean(a * b) - mean_a * mean_b
    luminance = (2.0 * mean_a * mean_b + _C1) / (mean_a.square() + mean_b.square() + _C1)
    return luminance, (2.0 * covariance + _C2) / (variances + _C2)


def _local_mean(x: Tensor) -> Tensor:
    """Gaussian mean over 11x11 pixels, where the window fits."""
    offsets = torch.arange(_WINDOW_PX) - _WINDOW_PX // 2
    window = torch.exp(-offsets.square() / (2.0 * _SIGMA_PX**2))
    window = (window / window.sum()).expand(x.shape[1], 1, -1)
    across = F.conv2d(x, window[:, :, None], groups=x.shape[1])
    return F.conv2d(across, window[..., None], groups=x.shape[1])
