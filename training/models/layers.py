"""Layers that several networks share."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_LEAK = 0.2
_LRELU_GAIN = math.sqrt(2.0 / (1.0 + _LEAK**2))
"""What a leaky ReLU's input is scaled by so that its output has unit variance."""


def lrelu(x: Tensor) -> Tensor:
    """Leaky ReLU with slope 0.2."""
    return F.leaky_relu(x, _LEAK)


def doubled(x: Tensor) -> Tensor:
    """[B, C, H, W] bilinearly to [B, C, 2H, 2W]; beyond the border the border goes on."""
    return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


class StyledConv(nn.Module):
    """3x3 convolution modulated by a style, after StyleGAN2 (Karras et al. 2020), optionally to twice the size.

    Written as ``conv(x * s) * demodulation(s)``, which is the same as modulating the weights but needs no grouped
    convolution, so that it exports with a dynamic batch. The size is doubled after the convolution, which costs a
    quarter of convolving at the large size, and bilinearly, which leaves no grid as free weights a phase would.
    """

    def __init__(self, channels_in: int, channels_out: int, w_dim: int, upsample: bool = False) -> None:
        super().__init__()
        self.upsample = upsample
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, 3, 3) / math.sqrt(9 * channels_in))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.style = nn.Linear(w_dim, channels_in)
        nn.init.normal_(self.style.weight, std=0.5 / math.sqrt(w_dim))
        nn.init.ones_(self.style.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[B, in, H, W] and w [B, w_dim] to [B, out, H or 2H, W or 2W]."""
        style = self.style(w)
        energy = style.float().square() @ self.weight.float().square().sum((2, 3)).t()
        norm = _LRELU_GAIN * torch.rsqrt(energy + 1e-8)
        x = F.conv2d(x * style[:, :, None, None], self.weight, padding=1)
        x = x * norm[:, :, None, None].to(x.dtype) + self.bias[:, None, None].to(x.dtype)
        return lrelu(doubled(x) if self.upsample else x)


class DownBlock(nn.Module):
    """Residual block that halves the size; its second convolution starts at zero (Huang et al. 2024, R3GAN)."""

    def __init__(self, channels_in: int, channels_out: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(channels_in, channels_in, 3, padding=1)
        self.second = nn.Conv2d(channels_in, channels_out, 3, padding=1)
        self.skip = nn.Conv2d(channels_in, channels_out, 1, bias=False)
        nn.init.kaiming_normal_(self.first.weight, a=_LEAK)
        nn.init.zeros_(self.second.weight)
        nn.init.normal_(self.skip.weight, std=1 / math.sqrt(channels_in))

    def forward(self, x: Tensor) -> Tensor:
        """[B, in, H, W] to [B, out, H/2, W/2]."""
        small = F.avg_pool2d(x, 2)
        inner = self.second(lrelu(F.avg_pool2d(lrelu(self.first(lrelu(x))), 2)))
        return self.skip(small) + inner
