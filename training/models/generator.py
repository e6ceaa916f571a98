"""The style-modulated generator: z -> w (mapping), w+ -> picture (synthesis)."""

import math
from collections.abc import Sequence
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.models.layers import StyledConv, doubled, lrelu

_LEAST_VARIANCE = 1e-3
_BACK_PROJECTIONS = 3
"""Of photographs made small, each leaves about half of what differed before (4.6 levels of 255 at first)."""


class Mapping(nn.Module):
    """z to w. z counts by its direction only: it is brought to the sphere of radius sqrt(latent_dim) first."""

    average: Tensor

    def __init__(self, latent_dim: int, w_dim: int, depth: int) -> None:
        super().__init__()
        sizes = [latent_dim] + [w_dim] * depth
        self.layers = nn.ModuleList(nn.Linear(a, b) for a, b in pairwise(sizes))
        for layer in self.layers:
            assert isinstance(layer, nn.Linear)
            nn.init.kaiming_normal_(layer.weight, a=0.2)
            nn.init.zeros_(layer.bias)
        self.register_buffer("average", torch.zeros(w_dim))

    def forward(self, z: Tensor) -> Tensor:
        """[B, latent_dim] to w [B, w_dim]."""
        x = on_sphere(z)
        for layer in self.layers:
            x = lrelu(layer(x))
        return x


class Prior(nn.Module):
    """Noise to z, distributed as the codes of the training pictures are: their mean and their covariance.

    The encoder's codes fill little of the sphere. Noise from all over it makes the generator invent faces where it
    has none to learn from, and those come out torn (Ghosh et al. 2020, ex-post density estimation: here the prior
    follows the codes while they are learnt, so that the discriminator sees what will be served).
    """

    mean: Tensor
    covariance: Tensor
    factor: Tensor

    def __init__(self, latent_dim: int) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(latent_dim))
        self.register_buffer("covariance", torch.eye(latent_dim))
        self.register_buffer("factor", torch.eye(latent_dim))

    def forward(self, noise: Tensor) -> Tensor:
        """Normal noise [B, latent_dim] to z [B, latent_dim]."""
        return self.mean + noise @ self.factor.T

    def second_moment(self) -> Tensor:
        """The codes' mean outer product [latent_dim, latent_dim]; the identity where they fill the sphere evenly."""
        return self.covariance + torch.outer(self.mean, self.mean)

    @torch.no_grad()
    def follow(self, offset: Tensor, covariance: Tensor, weight: float) -> None:
        """Moves the prior by ``weight`` towards codes, points of the sphere.

        Args:
            offset: of the codes' mean from the prior's [latent_dim].
            covariance: of the codes around the prior's mean [latent_dim, latent_dim].
            weight: 0 to stay, 1 to forget all codes before.
        """
        self.mean.add_(weight * offset)
        self.covariance.lerp_(covariance, weight)
        least = _LEAST_VARIANCE * torch.eye(len(self.mean), device=self.mean.device)
        self.factor.copy_(torch.linalg.cholesky(self.covariance + least))


def on_sphere(z: Tensor) -> Tensor:
    """[B, D] scaled to length sqrt(D): directions are all that a Gaussian of many dimensions tells apart."""
    return z * torch.rsqrt(z.square().mean(dim=1, keepdim=True) + 1e-8)


class Synthesis(nn.Module):
    """w+ to picture: a learned 4x4 constant, doubled stage by stage; each stage adds to an RGB skip (StyleGAN2).

    Args:
        w_dim: numbers in one w.
        widths: channels at 4, 8, 16, ... pixels.
        grown: whether the last stage is on top of another synthesis, whose w+ it takes as they are (its convolutions
            have the w of the last one beneath them), and to whose picture it adds detail only: halved, the large
            picture is the small one.
    """

    def __init__(self, w_dim: int, widths: Sequence[int], grown: bool = False) -> None:
        super().__init__()
        self.grown = grown
        self.layers = 2 * (len(widths) - grown) - 1
        """How many w the synthesis takes: one a convolution, but for those of a grown stage."""
        self.constant = nn.Parameter(torch.randn(1, widths[0], 4, 4))
        self.convs = nn.ModuleList([StyledConv(widths[0], widths[0], w_dim)])
        for narrow, wide in zip(widths[1:], widths, strict=False):
            self.convs.append(StyledConv(wide, narrow, w_dim, upsample=True))
            self.convs.append(StyledConv(narrow, narrow, w_dim))
        self.to_rgb = nn.ModuleList(ToRgb(width, w_dim) for width in widths)

    @property
    def size_px(self) -> int:
        """Side of the pictures."""
        return 4 * 2 ** (len(self.to_rgb) - 1)

    def forward(self, w_plus: Tensor) -> Tensor:
        """w+ [B, layers, w_dim] to pictures [B, 3, S, S], about -1..1, not clamped."""
        x = self.constant.repeat(w_plus.shape[0], 1, 1, 1)
        x = self.convs[0](x, w_plus[:, 0])
        rgb = self.to_rgb[0](x, w_plus[:, 0])
        for stage, to_rgb in enumerate(self.to_rgb):
            if stage == 0:
                continue
            first, second = (w_plus[:, min(layer, self.layers - 1)] for layer in (2 * stage - 1, 2 * stage))
            x = self.convs[2 * stage - 1](x, first)
            x = self.convs[2 * stage](x, second)
            large = doubled(rgb) + to_rgb(x, second)
            if self.grown and to_rgb is self.to_rgb[-1]:
                large = _as_when_halved(large, rgb)
            rgb = large
        return rgb

    def grown_stage(self) -> dict[str, nn.Module]:
        """The modules of the last stage, by their names within the synthesis."""
        last = len(self.to_rgb) - 1
        places = ((self.convs, "convs", 2 * last - 1), (self.convs, "convs", 2 * last), (self.to_rgb, "to_rgb", last))
        return {f"{name}.{place}": modules[place] for modules, name, place in places}


def _as_when_halved(large: Tensor, small: Tensor) -> Tensor:
    """``large`` [B, 3, 2S, 2S], changed so that its mean over each 2x2 pixels is ``small`` [B, 3, S, S].

    Back-projection (Irani and Peleg 1991): what differs is added, smoothly, so that no edge of the blocks shows; the
    little that is left then, as it is.
    """
    for _ in range(_BACK_PROJECTIONS):
        large = large + doubled(small - F.avg_pool2d(large, 2))
    return large + F.interpolate(small - F.avg_pool2d(large, 2), scale_factor=2.0)


class ToRgb(nn.Module):
    """1x1 convolution to RGB, modulated but not demodulated."""

    def __init__(self, channels: int, w_dim: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(3, channels, 1, 1) * 0.5 / math.sqrt(channels))
        self.bias = nn.Parameter(torch.zeros(3))
        self.style = nn.Linear(w_dim, channels)
        nn.init.normal_(self.style.weight, std=0.5 / math.sqrt(w_dim))
        nn.init.ones_(self.style.bias)

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        """[B, C, H, W] and w [B, w_dim] to [B, 3, H, W]."""
        return F.conv2d(x * self.style(w)[:, :, None, None], self.weight) + self.bias[:, None, None]


class Generator(nn.Module):
    """Prior, mapping and synthesis together."""

    def __init__(
        self, latent_dim: int, w_dim: int, mapping_depth: int, widths: Sequence[int], grown: bool = False
    ) -> None:
        super().__init__()
        self.latent_dim = latent_dim
        self.prior = Prior(latent_dim)
        self.mapping = Mapping(latent_dim, w_dim, mapping_depth)
        self.synthesis = Synthesis(w_dim, widths, grown)

    def w_plus(self, noise: Tensor) -> Tensor:
        """Normal noise [B, latent_dim] to w+ [B, layers, w_dim], the same w in each layer."""
        return self.mapping(self.prior(noise))[:, None].expand(-1, self.synthesis.layers, -1)

    def forward(self, noise: Tensor) -> Tensor:
        """Normal noise [B, latent_dim] to pictures [B, 3, S, S], about -1..1."""
        return self.synthesis(self.w_plus(noise))
