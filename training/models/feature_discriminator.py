"""A discriminator that sees pictures as the features of a frozen network (Sauer et al. 2021, Projected GANs)."""

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

_WIDTH: Final = 64


class FeatureDiscriminator(nn.Module):
    """Feature maps to logits, one small head a map.

    The pixels' discriminator, held smooth by a strong penalty, takes drawn lines and hard contrasts for real; what a
    network has learnt of the world tells them from eyes and hair. Spectral normalisation (Miyato et al. 2018) holds
    the heads smooth, so that they need no penalty.

    Args:
        channels: of each map.
    """

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.heads = nn.ModuleList(_head(count) for count in channels)

    def forward(self, features: Sequence[Tensor]) -> Tensor:
        """Maps [B, C, H, W] of vectors of unit length to logits [B]."""
        scaled = [found * found.shape[1] ** 0.5 for found in features]
        logits = [head(found).float().mean((1, 2, 3)) for head, found in zip(self.heads, scaled, strict=True)]
        return torch.stack(logits).mean(0)


def _head(channels: int) -> nn.Sequential:
    return nn.Sequential(
        spectral_norm(nn.Conv2d(channels, _WIDTH, 1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(_WIDTH, _WIDTH, 3, stride=2, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(_WIDTH, _WIDTH, 3, padding=1)),
        nn.LeakyReLU(0.2),
        spectral_norm(nn.Conv2d(_WIDTH, 1, 3, padding=1)),
    )
