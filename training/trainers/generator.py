"""Trains a generator as a GAN that is also an autoencoder.

The relativistic loss with R1 and R2 of R3GAN (Huang et al. 2024) makes the pictures sharp; an encoder that is trained
along, and through which half of each batch is reconstructed, makes the generator cover the data from the first
minutes on, which a GAN of few images does not by itself.
"""

import copy
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from phiz_core.geometry import ImageArray
from training import objectives
from training.augment import diff_augment
from training.dataset import to_uint8
from training.engine.report import grid
from training.models.discriminator import Discriminator, Encoder
from training.models.generator import Generator, on_sphere
from training.perceptual import PerceptualDistance
from training.recipes.phiz_64 import GeneratorRecipe
from training.trainers.averaged import channels_last, cosine, update_average

_W_AVERAGE_DECAY = 0.995


class GeneratorTrainer:
    """Generator, discriminator, joint encoder, and the averaged generator and encoder that are exported."""

    def __init__(self, recipe: GeneratorRecipe, examples: Tensor, seed: int) -> None:
        """``examples``: real pictures [N, 3, S, S] in -1..1, reconstructed in each sheet of samples."""
        torch.manual_seed(seed)
        self._recipe = recipe
        self.generator = channels_last(build_generator(recipe))
        self._discriminator = channels_last(Discriminator(recipe.discriminator_widths))
        self.encoder = channels_last(build_encoder(recipe))
        self.generator_ema = copy.deepcopy(self.generator).requires_grad_(False)
        self.encoder_ema = copy.deepcopy(self.encoder).requires_grad_(False)
        self._perceptual = PerceptualDistance()
        rate = recipe.learning_rate[0]
        both = [*self.generator.parameters(), *self.encoder.parameters()]
        self._optimizer = torch.optim.Adam(both, rate, betas=(0.0, recipe.beta2[0]))
        self._optimizer_d = torch.optim.Adam(self._discriminator.parameters(), rate, betas=(0.0, recipe.beta2[0]))
        self._examples = examples
        self._fixed_z = torch.randn(48, recipe.latent_dim, generator=torch.Generator().manual_seed(seed))
        self._steps = 0

    def step(self, images: Tensor, progress: float) -> dict[str, float]:
        """One step of the discriminator, one of generator and encoder."""
        self._schedule(progress)
        with torch.autocast("cpu", torch.bfloat16):
            losses = self._discriminator_step(images, progress)
            losses |= self._generator_step(images, progress)
        for averaged, network in ((self.generator_ema, self.generator), (self.encoder_ema, self.encoder)):
            update_average(averaged, network, len(images), self._steps * len(images), self._recipe.ema_images)
        self._steps += 1
        return losses

    def _schedule(self, progress: float) -> None:
        recipe = self._recipe
        for optimizer in (self._optimizer, self._optimizer_d):
            for group in optimizer.param_groups:
                group["lr"] = cosine(recipe.learning_rate, progress)
                group["betas"] = (0.0, cosine(recipe.beta2, progress))

    def _discriminator_step(self, images: Tensor, progress: float) -> dict[str, float]:
        recipe = self._recipe
        with torch.no_grad():
            fake = self.generator(torch.randn(len(images), recipe.latent_dim)).float()
        real_seen = diff_augment(images, recipe.augment)
        fake_seen = diff_augment(fake, recipe.augment)
        logits = self._discriminator(torch.cat([real_seen, fake_seen])).float()
        loss = objectives.relativistic_discriminator_loss(*logits.chunk(2))
        losses = {"loss_d": loss.item()}
        if self._steps % recipe.penalty_interval == 0:
            # Twice the mean over both halves is R1 of the one plus R2 of the other.
            penalty = objectives.gradient_penalty(self._discriminator, torch.cat([real_seen, fake_seen])) * 2
            loss = loss + penalty * cosine(recipe.penalty, progress) * recipe.penalty_interval
            losses["penalty"] = penalty.item()
        self._optimizer_d.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer_d.step()
        return losses

    def _generator_step(self, images: Tensor, progress: float) -> dict[str, float]:
        recipe = self._recipe
        self._discriminator.requires_grad_(False)
        half = images[: len(images) // 2]
        z = on_sphere(torch.randn(len(images), recipe.latent_dim))
        w = self.generator.mapping(torch.cat([z, self.encoder(half).float()]))
        w_plus = w[:, None].expand(-1, self.generator.synthesis.layers, -1)
        fake, rebuilt = self.generator.synthesis(w_plus).float().split([len(images), len(half)])
        with torch.no_grad():
            real_logits = self._discriminator(diff_augment(images, recipe.augment)).float()
        fake_logits = self._discriminator(diff_augment(fake, recipe.augment)).float()
        adversarial = objectives.relativistic_generator_loss(real_logits, fake_logits)
        pixels = (rebuilt - half).abs().mean()
        perceptual = self._perceptual(rebuilt, half)
        latent = objectives.cosine_distance(self.encoder(fake), z)
        rebuilding = cosine(recipe.reconstruction, progress) * (pixels + perceptual)
        loss = adversarial + rebuilding + recipe.latent_consistency * latent
        self._optimizer.zero_grad(set_to_none=True)
        loss.backward()
        self._optimizer.step()
        self._discriminator.requires_grad_(True)
        average = self.generator.mapping.average
        average.lerp_(w[: len(z)].detach().float().mean(0), 1 - _W_AVERAGE_DECAY)
        return {
            "loss_g": adversarial.item(),
            "pixels": pixels.item(),
            "perceptual": perceptual.item(),
            "latent": latent.item(),
        }

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """48 faces of fixed latents, then real faces with their reconstructions beneath."""
        made = self.generator_ema(self._fixed_z)
        rebuilt = self.generator_ema(self.encoder_ema(self._examples[:12]))
        return grid(np.concatenate([to_uint8(made), to_uint8(self._examples[:12]), to_uint8(rebuilt)]), 12)

    def state_dict(self) -> dict[str, Any]:
        """Networks, averages, optimizers and the step count."""
        return {name: part.state_dict() for name, part in self._parts().items()} | {"steps": self._steps}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on from ``state``."""
        for name, part in self._parts().items():
            part.load_state_dict(state[name])
        self._steps = state["steps"]

    def _parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        return {
            "generator": self.generator,
            "discriminator": self._discriminator,
            "encoder": self.encoder,
            "generator_ema": self.generator_ema,
            "encoder_ema": self.encoder_ema,
            "optimizer": self._optimizer,
            "optimizer_d": self._optimizer_d,
        }


def build_generator(recipe: GeneratorRecipe) -> Generator:
    """The generator of ``recipe``, untrained."""
    return Generator(recipe.latent_dim, recipe.w_dim, recipe.mapping_depth, recipe.generator_widths)


def build_encoder(recipe: GeneratorRecipe) -> Encoder:
    """The joint encoder of ``recipe``, picture to z, untrained."""
    return Encoder(recipe.encoder_widths, recipe.latent_dim)
