"""Every loss, with its source."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def discriminator_loss(real_logits: Tensor, fake_logits: Tensor) -> Tensor:
    """Cross-entropy of telling real pictures from made ones (Goodfellow et al. 2014)."""
    return F.softplus(-real_logits).mean() + F.softplus(fake_logits).mean()


def generator_loss(fake_logits: Tensor) -> Tensor:
    """The non-saturating loss (Goodfellow et al. 2014): cross-entropy of taking made pictures for real ones."""
    return F.softplus(-fake_logits).mean()


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
