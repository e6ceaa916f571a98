"""The encoder that starts the inversion: a picture to w+."""

import copy

import torch
from torch import Tensor, nn

from training.models.discriminator import Encoder
from training.models.generator import Mapping
from training.models.layers import lrelu

_BOTTLENECK = 192


class WPlusEncoder(nn.Module):
    """w+ as the w of the joint encoder's z, plus an offset a layer that starts at zero.

    So the first guess is as good as the joint encoder's, and near the w that the generator knows (e4e, Tov et al.
    2021, keeps such offsets small for the same reason: what lies far out cannot be mixed or edited). Encoder and
    mapping are copied: they are trained further here, while the generator stays as it is.
    """

    def __init__(self, encoder: Encoder, mapping: Mapping, layers: int) -> None:
        super().__init__()
        self.encoder, self.mapping = copy.deepcopy(encoder), copy.deepcopy(mapping)
        w_dim = mapping.average.shape[0]
        self.layers = layers
        self.narrow = nn.Linear(encoder.out.in_features, _BOTTLENECK)
        self.offset = nn.Linear(_BOTTLENECK, layers * w_dim)
        nn.init.zeros_(self.offset.weight)
        nn.init.zeros_(self.offset.bias)

    def parts(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """Pictures [B, 3, S, S] in -1..1 to w [B, w_dim] and offsets [B, layers, w_dim]."""
        features = self.encoder.features(x).flatten(1)
        w = self.mapping(self.encoder.out(features))
        return w, self.offset(lrelu(self.narrow(features))).unflatten(1, (self.layers, -1))

    def forward(self, x: Tensor) -> Tensor:
        """Pictures [B, 3, S, S] in -1..1 to w+ [B, layers, w_dim]."""
        w, offsets = self.parts(x)
        return w[:, None] + offsets


def mean_squared_error(made: Tensor, target: Tensor, weights: Tensor | float = 1.0) -> Tensor:
    """Of pictures [B, 3, S, S] in -1..1, but measured with pixels in 0..1: [B]. ``weights``: [S, S] with mean 1."""
    return ((made - target).square() * weights).mean((1, 2, 3)) / 4.0


def psnr_db(error: Tensor) -> Tensor:
    """Mean squared error of pixels in 0..1 to decibels."""
    return -10.0 * torch.log10(error.clamp_min(1e-10))
