"""Noise becomes latents that are distributed as the codes of the training pictures are."""

import torch

from training.models.generator import Prior


def followed(codes: torch.Tensor, steps: int = 400) -> Prior:
    prior = Prior(codes.shape[1])
    for _ in range(steps):
        offsets = codes - prior.mean
        prior.follow(offsets.mean(0), offsets.T @ offsets / len(codes), 0.05)
    return prior


def test_an_untrained_prior_leaves_noise_as_it_is() -> None:
    noise = torch.randn(5, 8)
    assert torch.equal(Prior(8)(noise), noise)


def test_latents_have_the_mean_and_covariance_of_the_codes() -> None:
    torch.manual_seed(0)
    codes = torch.randn(5_000, 3) @ torch.tensor([[2.0, 0.5, 0.0], [0.0, 1.0, -0.3], [0.0, 0.0, 0.1]]) + 4.0
    made = followed(codes)(torch.randn(200_000, 3))
    torch.testing.assert_close(made.mean(0), codes.mean(0), atol=0.03, rtol=0)
    torch.testing.assert_close(torch.cov(made.T), torch.cov(codes.T), atol=0.05, rtol=0)


def test_codes_that_fill_no_volume_are_followed_too() -> None:
    """Fewer codes than dimensions, as at the start of a run of a small set."""
    torch.manual_seed(0)
    prior = followed(torch.randn(3, 16))
    assert torch.isfinite(prior(torch.randn(100, 16))).all()


def test_the_second_moment_is_that_of_the_codes() -> None:
    torch.manual_seed(0)
    codes = torch.randn(500, 3) * torch.tensor([2.0, 1.0, 0.1]) + 1.0
    torch.testing.assert_close(followed(codes).second_moment(), codes.T @ codes / len(codes), atol=1e-3, rtol=0)
