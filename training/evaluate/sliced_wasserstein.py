"""Sliced Wasserstein distance of two sets of pictures by their patches (Karras et al. 2018, progressive growing)."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_tensor

_PATCH_PX = 7
_PATCHES = 64
_DIRECTIONS = 256
_SMALLEST_LEVEL_PX = 16


def sliced_wasserstein(a: ImageArray, b: ImageArray, seed: int) -> float:
    """Sliced Wasserstein distance x 1000 of two sets of pictures uint8 [N, H, W, 3], the mean of all levels.

    Patches of 7x7 pixels from each level of a Laplacian pyramid down to 16 px, normalised by colour channel, projected
    on random directions. Both sets have the same size.
    """
    x, y = to_tensor(a), to_tensor(b)
    distances = []
    while min(x.shape[2:]) >= _SMALLEST_LEVEL_PX:
        small_x, small_y = F.avg_pool2d(x, 2), F.avg_pool2d(y, 2)
        last = min(x.shape[2:]) // 2 < _SMALLEST_LEVEL_PX
        detail_x, detail_y = (p if last else p - _doubled(q) for p, q in ((x, small_x), (y, small_y)))
        generator = torch.Generator().manual_seed(seed)
        distances.append(_sliced(_patches(detail_x, generator), _patches(detail_y, generator), generator))
        x, y = small_x, small_y
    return float(np.mean(distances)) * 1000.0


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _patches(images: Tensor, generator: torch.Generator) -> Tensor:
    """[N * patches, 147], each colour channel of zero mean and unit deviation over the whole set."""
    windows = images.unfold(2, _PATCH_PX, 1).unfold(3, _PATCH_PX, 1)
    top, left = (
        torch.randint(0, places, (len(images), _PATCHES), generator=generator) for places in windows.shape[2:4]
    )
    chosen = windows[torch.arange(len(images))[:, None], :, top, left]
    flat = chosen.flatten(0, 1)
    mean, deviation = flat.mean((0, 2, 3), keepdim=True), flat.std((0, 2, 3), keepdim=True)
    return ((flat - mean) / deviation).flatten(1)


def _sliced(a: Tensor, b: Tensor, generator: torch.Generator) -> float:
    directions = F.normalize(torch.randn(a.shape[1], _DIRECTIONS, generator=generator), dim=0)
    ordered_a, ordered_b = (a @ directions).sort(dim=0).values, (b @ directions).sort(dim=0).values
    return (ordered_a - ordered_b).abs().mean().item()
