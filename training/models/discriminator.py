"""The discriminator, and the encoder that has the same shape."""

from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from torch import Tensor, nn

from training.models.layers import DownBlock, lrelu


class Features(nn.Module):
    """Pictures to a 4x4 map: a pixel-unshuffle stem, then residual blocks that halve the size.

    Args:
        widths: channels at S/2, S/4, ... 4 pixels.
        grown: whether the halved picture comes in, too, by a stem of its own after the first block: all that a network
            for half the size sees (StyleGAN2's input skips, for one stage).
    """

    def __init__(self, widths: Sequence[int], grown: bool = False) -> None:
        super().__init__()
        self.stem = _stem(widths[0])
        self.half_stem = _stem(widths[1]) if grown else None
        self.blocks = nn.Sequential(*(DownBlock(a, b) for a, b in pairwise(widths)))

    def forward(self, x: Tensor) -> Tensor:
        """[B, 3, S, S] to [B, widths[-1], 4, 4]."""
        found = self.stem(F.pixel_unshuffle(x, 2))
        if self.half_stem is not None:
            half = self.half_stem(F.pixel_unshuffle(F.avg_pool2d(x, 2), 2))
            found = self.blocks[1:](self.blocks[0](found) + half)
        else:
            found = self.blocks(found)
        return lrelu(found)


def _stem(width: int) -> nn.Conv2d:
    return nn.Conv2d(12, width, 3, padding=1)


class Discriminator(nn.Module):
    """Pictures to logits; compared between real and generated, so that only differences count."""

    def __init__(self, widths: Sequence[int], grown: bool = False) -> None:
        super().__init__()
        self.features = Features(widths, grown)
        self.hidden = nn.Linear(16 * widths[-1], widths[-1])
        self.logit = nn.Linear(widths[-1], 1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 3, S, S] to logits [B]."""
        return self.logit(lrelu(self.hidden(self.features(x).flatten(1)))).squeeze(1)


class Encoder(nn.Module):
    """Pictures to ``outputs`` numbers: the z of a picture, or its w+ laid flat."""

    def __init__(self, widths: Sequence[int], outputs: int) -> None:
        super().__init__()
        self.features = Features(widths)
        self.out = nn.Linear(16 * widths[-1], outputs)

    def forward(self, x: Tensor) -> Tensor:
        """[B, 3, S, S] to [B, outputs]."""
        return self.out(self.features(x).flatten(1))
