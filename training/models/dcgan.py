"""The DCGAN of "Neural Identities": dense, then nearest doubling and 5x5 convolutions, batch norm in between.

It is that of Atienza's "GAN by Example using Keras" (2017), itself after Radford et al. 2016, with its widths for
pictures of 56 px in -0.5..0.5. The published sizes, layer by layer; batch norm counts four numbers a channel, as Keras
does, of which the running mean and variance are not learnt:

| generator                        | output     | parameters |
| -------------------------------- | ---------- | ---------- |
| z                                | 400        |            |
| dense                            | 14 x 14 x 256 | 20,120,576 |
| batch norm, leaky ReLU           |            | 200,704    |
| doubling, 5x5 convolution        | 28 x 28 x 128 | 819,328 |
| batch norm, leaky ReLU           |            | 512        |
| doubling, 5x5 convolution        | 56 x 56 x 64 | 204,864  |
| batch norm, leaky ReLU           |            | 256        |
| 5x5 convolution                  | 56 x 56 x 32 | 51,232   |
| batch norm, leaky ReLU           |            | 128        |
| 5x5 convolution, half a tanh     | 56 x 56 x 3 | 2,403     |
|                                  |            | 21,400,003 |

| discriminator                    | output     | parameters |
| -------------------------------- | ---------- | ---------- |
| 5x5 convolution, stride 2        | 28 x 28 x 64 | 4,864    |
| 5x5 convolution, stride 2        | 14 x 14 x 128 | 204,928 |
| 5x5 convolution, stride 2        | 7 x 7 x 256 | 819,456   |
| 5x5 convolution                  | 7 x 7 x 1024 | 6,554,624 |
| dense                            | 1          | 50,177     |
|                                  |            | 7,634,049  |

Each of its convolutions but the last layer is followed by a leaky ReLU and dropout.

What was published as transposed convolutions of stride 1 are convolutions with turned kernels: the same functions with
the same number of weights.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.models.layers import lrelu

_KERNEL = 5
_STD = 0.02
"""Of the weights at the start (Radford et al. 2016)."""


class DcganGenerator(nn.Module):
    """z to pictures.

    Args:
        latent_dim: numbers in z.
        widths: channels at S/4, S/2, S and again S.
        size_px: S, a multiple of 4.
    """

    def __init__(self, latent_dim: int, widths: Sequence[int], size_px: int) -> None:
        super().__init__()
        self.latent_dim, self.size_px = latent_dim, size_px
        self.start = (widths[0], size_px // 4, size_px // 4)
        numbers = widths[0] * (size_px // 4) ** 2
        self.dense, self.dense_norm = nn.Linear(latent_dim, numbers), nn.BatchNorm1d(numbers)
        first, second, third, last = widths
        self.convs = nn.ModuleList([DoubledConv(first, second), DoubledConv(second, third), _conv(third, last)])
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.to_rgb = _conv(last, 3)
        _begin(self)

    def forward(self, z: Tensor) -> Tensor:
        """Normal noise [B, latent_dim] to pictures [B, 3, S, S] in -0.5..0.5."""
        x = lrelu(self.dense_norm(self.dense(z))).unflatten(1, self.start)
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = lrelu(norm(conv(x)))
        return 0.5 * torch.tanh(self.to_rgb(x))


class DoubledConv(nn.Conv2d):
    """Nearest doubling, then a 5x5 convolution: computed as one 3x3 convolution to four times the channels.

    Of the 25 pixels that a kernel sees after doubling, those that are copies of one pixel are weighed by one sum of
    weights. Which ones they are depends on whether the output's row and column are even or odd: four kernels, whose
    outputs a pixel shuffle interleaves.
    """

    taps: Tensor

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__(channels_in, channels_out, _KERNEL, padding=_KERNEL // 2)
        taps = torch.zeros(2, 3, _KERNEL)
        for odd in (0, 1):
            for tap in range(_KERNEL):
                taps[odd, (odd + tap - 2) // 2 + 1, tap] = 1.0
        self.register_buffer("taps", taps, persistent=False)

    def phases(self) -> tuple[Tensor, Tensor]:
        """Weights [4 out, in, 3, 3] and biases [4 out] of the one convolution."""
        kernels = torch.einsum("atu,bsv,oiuv->oabits", self.taps, self.taps, self.weight)
        assert self.bias is not None
        return kernels.flatten(0, 2), self.bias.repeat_interleave(4)

    def forward(self, x: Tensor) -> Tensor:
        """[B, in, H, W] to [B, out, 2H, 2W]."""
        weight, bias = self.phases()
        return F.pixel_shuffle(F.conv2d(x, weight, bias, padding=1), 2)


class DcganDiscriminator(nn.Module):
    """Pictures to logits.

    Args:
        widths: channels at S/2, S/4, S/8 and again S/8.
        size_px: S, a multiple of 8.
    """

    def __init__(self, widths: Sequence[int], size_px: int) -> None:
        super().__init__()
        strides = (2, 2, 2, 1)
        channels = pairwise((3, *widths))
        self.convs = nn.ModuleList(_conv(a, b, stride) for stride, (a, b) in zip(strides, channels, strict=True))
        self.logit = nn.Linear(widths[-1] * (size_px // 8) ** 2, 1)
        _begin(self)

    def forward(self, x: Tensor, dropout: Callable[[Tensor], Tensor]) -> Tensor:
        """[B, 3, S, S] in -0.5..0.5 to logits [B]; ``dropout`` is what is done to each layer's output."""
        for conv in self.convs:
            x = dropout(lrelu(conv(x)))
        return self.logit(x.flatten(1)).squeeze(1)


def _conv(channels_in: int, channels_out: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels_out, _KERNEL, stride, padding=_KERNEL // 2)


def _begin(network: nn.Module) -> None:
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            assert module.bias is not None
            nn.init.normal_(module.weight, std=_STD)
            nn.init.zeros_(module.bias)
