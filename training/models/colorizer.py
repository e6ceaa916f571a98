"""The colorizer: luminance to chroma, a U-Net that also looks at the picture as a whole."""

from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.models.layers import lrelu

STRIDE_PX = 16
"""Height and width of the input are multiples of it."""

_HEADS = 4


class Colorizer(nn.Module):
    """Predicts chroma at half the size and doubles it: the eye sees colour coarsely, and the luminance stays sharp.

    No batch norm and no dropout, so that a picture's colours depend on nothing but the picture.

    Args:
        widths: channels at H/2, H/4, H/8 and H/16; the last is a multiple of 4.
    """

    def __init__(self, widths: Sequence[int]) -> None:
        super().__init__()
        self.stem = nn.Conv2d(4, widths[0], 3, padding=1)
        self.down = nn.ModuleList(nn.Conv2d(a, b, 3, stride=2, padding=1) for a, b in pairwise(widths))
        self.inner = nn.ModuleList(Residual(width) for width in widths)
        self.attention = Attention(widths[-1])
        self.whole = nn.Linear(widths[-1], widths[-1])
        self.up = nn.ModuleList(nn.Conv2d(b, a, 1) for a, b in pairwise(widths))
        self.outer = nn.ModuleList(Residual(width) for width in widths[:-1])
        self.chroma = nn.Conv2d(widths[0], 2, 3, padding=1)
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, a=0.2)
        for residual in [*self.inner, *self.outer]:
            assert isinstance(residual, Residual)
            nn.init.zeros_(residual.second.weight)
        nn.init.zeros_(self.attention.out.weight)
        nn.init.normal_(self.chroma.weight, std=1e-3)

    def forward(self, luminance: Tensor) -> Tensor:
        """Luminance [B, 1, H, W] in -1..1 to Cb and Cr [B, 2, H, W] in -1..1."""
        x = self.inner[0](lrelu(self.stem(F.pixel_unshuffle(luminance, 2))))
        skips = [x]
        for down, inner in zip(self.down, list(self.inner)[1:], strict=True):
            x = inner(lrelu(down(x)))
            skips.append(x)
        x = self.attention(x)
        x = x + self.whole(x.mean((2, 3)))[:, :, None, None]
        for up, outer, skip in reversed(list(zip(self.up, self.outer, skips, strict=False))):
            x = outer(skip + F.interpolate(up(x), scale_factor=2, mode="bilinear", align_corners=False))
        return F.interpolate(torch.tanh(self.chroma(x)), scale_factor=2, mode="bilinear", align_corners=False)


class Residual(nn.Module):
    """Two 3x3 convolutions beside the identity."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=1)
        self.second = nn.Conv2d(width, width, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same shape."""
        return lrelu(x + self.second(lrelu(self.first(x))))


class Attention(nn.Module):
    """Each place also sees all places that look like it, so that a wall has one colour on both sides of a head.

    Queries and keys have unit length and a temperature that is learnt (Henry et al. 2020), which keeps the scores small
    without normalising the picture's features.
    """

    def __init__(self, width: int) -> None:
        super().__init__()
        self.inputs = nn.Conv2d(width, 3 * width, 1)
        self.out = nn.Conv2d(width, width, 1)
        self.temperature = nn.Parameter(torch.full((_HEADS, 1, 1), 10.0))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, H, W] to the same shape."""
        query, key, value = self.inputs(x).flatten(2).unflatten(1, (3, _HEADS, -1)).transpose(3, 4).unbind(1)
        query = F.normalize(query, dim=-1) * self.temperature.to(query.dtype)
        seen = F.scaled_dot_product_attention(query, F.normalize(key, dim=-1), value, scale=1.0)
        return x + self.out(seen.transpose(2, 3).flatten(1, 2).unflatten(2, x.shape[2:]))
