"""The discriminator of translators: it judges small patches, each beside what was given there."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from training.models.layers import lrelu
from training.models.translator import CHANNELS_IN


class PatchDiscriminator(nn.Module):
    """A PatchGAN (Isola et al. 2017) behind a pixel-unshuffle stem.

    Each convolution's spectral norm is 1 (Miyato et al. 2018), which bounds how steep it gets at no cost that counts;
    the gradients of gradients that a penalty needs would double the time of a step.

    Args:
        widths: channels at H/2, H/4, ...
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.stem = spectral_norm(nn.Conv2d(4 * (CHANNELS_IN + 3), widths[0], 3, padding=1))
        self.down = nn.ModuleList(spectral_norm(nn.Conv2d(a, b, 4, stride=2, padding=1)) for a, b in pairwise(widths))
        self.last = spectral_norm(nn.Conv2d(widths[-1], widths[-1], 3, padding=1))
        self.logit = spectral_norm(nn.Conv2d(widths[-1], 1, 3, padding=1))

    def forward(self, given: Tensor, picture: Tensor) -> tuple[Tensor, list[Tensor]]:
        """``given`` [B, 4, H, W] as a translator takes it and ``picture`` [B, 3, H, W].

        Returns:
            A logit a patch [B, 1, h, w], and the features on the way, the finest first.
        """
        x = lrelu(self.stem(F.pixel_unshuffle(torch.cat([given, picture], 1), 2)))
        features = [x]
        for layer in [*self.down, self.last]:
            x = lrelu(layer(x))
            features.append(x)
        return self.logit(x), features
