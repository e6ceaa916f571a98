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


class StyledConv(nn.Module):
    """3x3 convolution modulated by a style, after StyleGAN2 (Karras et al. 2020), optionally at twice the size.

    Written as ``conv(x * s) * demodulation(s)``, which is the same as modulating the weights but needs no grouped
    convolution, so that it exports with a dynamic batch. Doubling the size is bilinear upsampling and convolution in
    one: the kernel is expanded to the four output phases, which a pixel shuffle interleaves. It costs no more than the
    plain convolution at the large size, and leaves no grid, as free weights a phase would.
    """

    _phases: Tensor

    def __init__(self, channels_in: int, channels_out: int, w_dim: int, upsample: bool = False) -> None:
        super().__init__()
        self.upsample = upsample
        self.weight = nn.Parameter(torch.randn(channels_out, channels_in, 3, 3) / math.sqrt(9 * channels_in))
        self.bias = nn.Parameter(torch.zeros(channels_out))
        self.style = nn.Linear(w_dim, channels_in)
        nn.init.normal_(self.style.weight, std=0.5 / math.sqrt(w_dim))
        nn.init.ones_(self.style.bias)
        self.register_buffer("_phases", bilinear_phases(), persistent=False)

    def kernel(self) -> Tensor:
        """The plain convolution's kernel: [out, in, 3, 3], or [4 out, in, 3, 3] before a pixel shuffle."""
        return expand_phases(self.weight, self._phases) if self.upsample else self.weight

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[B, in, H, W] and w [B, w_dim] to [B, out, H or 2H, W or 2W]."""
        style = self.style(w)
        energy = style.float().square() @ self.weight.float().square().sum((2, 3)).t()
        norm = _LRELU_GAIN * torch.rsqrt(energy + 1e-8)
        x = F.conv2d(x * style[:, :, None, None], self.kernel(), padding=1)
        if self.upsample:
            x = F.pixel_shuffle(x, 2)
        return lrelu(x * norm[:, :, None, None].to(x.dtype) + self.bias[:, None, None])


def bilinear_phases() -> Tensor:
    """[2, 3, 3]: weight of source pixel u - 1 in the bilinearly doubled pixel a + p - 1, for phase a and tap p."""
    phases = torch.zeros(2, 3, 3)
    for phase in range(2):
        for tap in range(3):
            doubled = phase + tap - 1
            near = doubled // 2
            far = near - 1 if doubled % 2 == 0 else near + 1
            phases[phase, near + 1, tap] += 0.75
            phases[phase, far + 1, tap] += 0.25
    return phases


def expand_phases(weight: Tensor, phases: Tensor) -> Tensor:
    """Kernel [out, in, 3, 3] at the doubled size to [4 out, in, 3, 3] at the source's, for a pixel shuffle."""
    expanded = torch.einsum("aup,cvq,oipq->oaciuv", phases, phases, weight)
    return expanded.reshape(-1, weight.shape[1], 3, 3)


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
