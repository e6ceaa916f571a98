"""Layers of the two face networks: with batch norm, which an exported graph folds into the convolution before it."""

from typing import Final

import torch
from torch import Tensor, nn

_EPSILON: Final = 1e-3


def conv(channels_in: int, channels_out: int, kernel: int = 3, stride: int = 1, groups: int = 1) -> nn.Sequential:
    """Convolution, batch norm and ReLU; the size is kept, or divided by ``stride``."""
    return nn.Sequential(
        nn.Conv2d(channels_in, channels_out, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(channels_out),
        nn.ReLU(inplace=True),
    )


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = conv(width, width)
        self.second = nn.Sequential(nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same shape."""
        return torch.relu(x + self.second(self.first(x)))


class Separable(nn.Module):
    """A depthwise 5x5 and a pointwise convolution beside the identity (MobileNet's block, without expansion)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.depthwise = nn.Sequential(
            nn.Conv2d(width, width, 5, padding=2, groups=width, bias=False), nn.BatchNorm2d(width)
        )
        self.pointwise = nn.Sequential(nn.Conv2d(width, width, 1, bias=False), nn.BatchNorm2d(width))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same shape."""
        return torch.relu(x + self.pointwise(torch.relu(self.depthwise(x))))


def standardised(luminance: Tensor) -> Tensor:
    """Each picture [B, 1, H, W] with mean 0 and deviation 1: a dark photograph looks like a bright one."""
    mean = luminance.mean((2, 3), keepdim=True)
    spread = (luminance - mean).square().mean((2, 3), keepdim=True)
    return (luminance - mean) * torch.rsqrt(spread + _EPSILON)
