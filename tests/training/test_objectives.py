"""The losses say what their papers say."""

import pytest
import torch

from training import objectives
from training.augment import diff_augment
from training.models.discriminator import Discriminator
from training.models.generator import on_sphere


def test_the_relativistic_losses_mirror_each_other() -> None:
    real, fake = torch.randn(8), torch.randn(8)
    loss_d = objectives.relativistic_discriminator_loss(real, fake)
    assert loss_d == objectives.relativistic_generator_loss(fake, real)
    assert objectives.relativistic_discriminator_loss(real + 5, fake) < loss_d


def test_the_gradient_penalty_of_a_plane_is_half_its_squared_slope() -> None:
    slope = torch.randn(3, 4, 4)

    class Plane(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return (x * slope).sum((1, 2, 3))

    penalty = objectives.gradient_penalty(Plane(), torch.randn(5, 3, 4, 4))
    assert penalty.item() == pytest.approx(0.5 * slope.square().sum().item(), rel=1e-5)


def test_the_gradient_penalty_trains_the_discriminator() -> None:
    discriminator = Discriminator((4, 4))
    objectives.gradient_penalty(discriminator, torch.randn(2, 3, 16, 16)).backward()
    gradient = discriminator.features.stem.weight.grad
    assert gradient is not None
    assert gradient.abs().sum() > 0


def test_crowding_is_one_on_a_filled_sphere_and_falls_as_codes_part() -> None:
    torch.manual_seed(0)
    filled = on_sphere(torch.randn(4_000, 8))
    assert objectives.crowding(filled, filled.T @ filled / len(filled)).item() == pytest.approx(1.0, abs=0.05)
    crowd = on_sphere(torch.randn(4_000, 8) + 3).requires_grad_()
    second_moment = (crowd.T @ crowd / len(crowd)).detach()
    before = objectives.crowding(crowd, second_moment)
    assert before > 3
    before.backward()
    assert crowd.grad is not None
    parted = on_sphere(crowd - 100 * crowd.grad).detach()
    assert objectives.crowding(parted, parted.T @ parted / len(parted)) < before


def test_augmentation_changes_pictures_and_lets_gradients_through() -> None:
    images = torch.rand(16, 3, 16, 16, requires_grad=True)
    augmented = diff_augment(images, 1.0)
    assert augmented.shape == images.shape
    assert all((a != b).any() for a, b in zip(augmented, images, strict=True))
    augmented.sum().backward()
    assert images.grad is not None
    assert images.grad.abs().sum() > 0


def test_augmentation_with_probability_zero_changes_nothing() -> None:
    images = torch.rand(4, 3, 16, 16)
    assert torch.equal(diff_augment(images, 0.0), images)


def test_cosine_distance_is_zero_for_the_same_direction_and_two_for_the_opposite() -> None:
    a = torch.randn(4, 6)
    assert objectives.cosine_distance(a, 3 * a).item() == pytest.approx(0, abs=1e-6)
    assert objectives.cosine_distance(a, -a).item() == pytest.approx(2, abs=1e-6)
