"""Every loss, with its source."""

from collections.abc import Sequence
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_C1: Final = (0.01 * 2.0) ** 2
_C2: Final = (0.03 * 2.0) ** 2
"""The constants of SSIM for values in -1..1."""


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Cross-entropy of telling real pictures from made ones (Goodfellow et al. 2014)."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """The non-saturating loss (Goodfellow et al. 2014): cross-entropy of taking made pictures for real ones."""
    return F.softplus(-fake_logits).mean()


def least_squares(scores: Tensor, wanted: float) -> Tensor:
    """LSGAN (Mao et al. 2017): mean squared distance of ``scores`` to 1 for real pictures, 0 for made ones."""
    return (scores - wanted).square().mean()


def relativistic_discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """RpGAN (Jolicoeur-Martineau 2018; Huang et al. 2024): the real one of a pair should score higher."""
    return F.softplus(fake_logits - real_logits).mean()


def relativistic_generator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """The mirror of :func:`relativistic_discriminator_loss`."""
    return F.softplus(real_logits - fake_logits).mean()


def gradient_penalty(discriminator: nn.Module, images: Tensor) -> Tensor:
    """Half the mean squared norm of the gradient at ``images`` [B, 3, H, W]: R1 on real, R2 on generated pictures.

    Mescheder et al. 2018; both together as in R3GAN. In float32: a gradient of a gradient in bfloat16 is noise.
    """
    images = images.detach().float().requires_grad_(True)
    with torch.autocast(images.device.type, enabled=False):
        (gradient,) = torch.autograd.grad(discriminator(images).sum(), images, create_graph=True)
    return 0.5 * gradient.square().sum((1, 2, 3)).mean()


def cosine_distance(a: Tensor, b: Tensor) -> Tensor:
    """Mean of 1 - cosine of rows, 0 to 2."""
    return (1.0 - F.cosine_similarity(a.float(), b.float(), dim=1)).mean()


def crowding(codes: Tensor, second_moment: Tensor) -> Tensor:
    """How much of the sphere ``codes`` [B, D] of length sqrt(D) leave empty: 1 if none, D if they are all one.

    The squared norm of their second moment (Bardes et al. 2022, VICReg, have its off-diagonal part), for which batches
    are too small: ``second_moment`` [D, D] is the running one, and the gradient is that of the whole up to a factor.
    """
    return ((codes @ second_moment) * codes).sum(1).mean() / codes.shape[1]


def contrast(identity: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """NT-Xent (Chen et al. 2020, SimCLR): rows i and i + B of ``identity`` [2B, D], of length 1, belong together.

    Returns:
        The loss, and the share of rows whose partner is nearer than every other row.
    """
    count = len(identity)
    likeness = (identity @ identity.t() / temperature).fill_diagonal_(-torch.inf)
    partner = (torch.arange(count, device=identity.device) + count // 2) % count
    return F.cross_entropy(likeness, partner), (likeness.argmax(1) == partner).float().mean()


def charbonnier(made: Tensor, wanted: Tensor, epsilon: float = 1e-3) -> Tensor:
    """The mean of sqrt(d^2 + epsilon^2) (Charbonnier et al. 1994): as the absolute error, but smooth at zero."""
    return (made - wanted).square().add(epsilon**2).sqrt().mean()


def gradient_distance(made: Tensor, wanted: Tensor, scales: int) -> Tensor:
    """How differently two maps [B, C, H, W] change from place to place, at ``scales`` sizes, each half of the other.

    Multi-scale gradient matching (Li and Snavely 2018, MegaDepth): the mean absolute difference of the differences
    between neighbours. Being off everywhere alike costs nothing. H and W are multiples of ``2 ** scales``.
    """
    error, distances = made - wanted, []
    for _ in range(scales):
        error = F.avg_pool2d(error, 2)
        distances.append(error.diff(dim=2).abs().mean() + error.diff(dim=3).abs().mean())
    return torch.stack(distances).mean()


def laplacian_distance(made: Tensor, wanted: Tensor, levels: int = 4) -> Tensor:
    """Sum of the mean absolute errors of the Laplacian pyramids (Burt and Adelson 1983) of [B, C, H, W].

    What is wrong at a coarse level, such as the colour of an area, counts as much as all that is wrong in its pixels.
    """
    distance = made.new_zeros(())
    error = made - wanted  # the pyramid is linear
    for _ in range(levels - 1):
        coarse = F.avg_pool2d(error, 2)
        distance = distance + (error - F.interpolate(coarse, scale_factor=2, mode="nearest")).abs().mean()
        error = coarse
    return distance + error.abs().mean()


def dissimilarity(made: Tensor, wanted: Tensor) -> Tensor:
    """1 - mean structural similarity (Wang et al. 2004) of [B, C, H, W] in -1..1, of 7x7 pixels at every fourth."""

    def local_mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, 7, stride=4)

    mean_a, mean_b = local_mean(made), local_mean(wanted)
    variances = local_mean(made.square()) - mean_a.square() + local_mean(wanted.square()) - mean_b.square()
    covariance = local_mean(made * wanted) - mean_a * mean_b
    brightness = (2.0 * mean_a * mean_b + _C1) / (mean_a.square() + mean_b.square() + _C1)
    return 1.0 - (brightness * (2.0 * covariance + _C2) / (variances + _C2)).mean()


def matching_distance(made: Sequence[Tensor], real: Sequence[Tensor]) -> Tensor:
    """Mean absolute difference of a discriminator's features (Wang et al. 2018, pix2pixHD), by ``made`` alone."""
    return torch.stack([F.l1_loss(a, b.detach()) for a, b in zip(made, real, strict=True)]).mean()
