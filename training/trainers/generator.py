"""Trains a generator as a GAN that is also an autoencoder.

The relativistic loss with R1 and R2 of R3GAN (Huang et al. 2024) makes the pictures sharp; an encoder that is trained
along, and through which part of each batch is rebuilt, makes the generator cover the data from the first
minutes on, which a GAN of few images does not by itself. A second discriminator sees features instead of pixels
(Sauer et al. 2021), and so what a face is not.

Of a grown generator only the last stage learns: all that it begins with, the encoder too, stays as it is, and so its
latents are those of the generator that it grew from.
"""

import copy
import math
from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from phiz_core.geometry import ImageArray
from training import objectives
from training.augment import diff_augment
from training.dataset import to_uint8
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.errors import TrainingError
from training.models.discriminator import Discriminator, Encoder
from training.models.feature_discriminator import FeatureDiscriminator
from training.models.generator import Generator, on_sphere
from training.models.growth import Weights, bring_discriminator, bring_generator
from training.perceptual import CHANNELS, PerceptualDistance
from training.recipes.generator import GeneratorRecipe
from training.trainers.base import Stateful, cosine, descend, update_average

_W_AVERAGE_DECAY = 0.995
_PRIOR_DECAY = 0.998
_STRONGEST_PULL = 0.6
"""How far, at most, a w is pulled towards the mean where new pictures are made of blended w."""


class _Made(NamedTuple):
    """What a step makes.

    Attributes:
        z: latents of the new pictures [B, latent_dim], on the sphere.
        codes: latents of the real ones that are rebuilt [R, latent_dim], on the sphere.
        w: of ``z`` [B, w_dim].
        fake: the new pictures [B, 3, S, S], the first of them of blended w.
        rebuilt: the real ones, rebuilt [R, 3, S, S].
    """

    z: Tensor
    codes: Tensor
    w: Tensor
    fake: Tensor
    rebuilt: Tensor


class _Logits(NamedTuple):
    """What the discriminators say of pictures, by their pixels [B] and by their features [B]."""

    pixels: Tensor
    features: Tensor


class GeneratorTrainer(Stateful):
    """Generator, discriminators, joint encoder, and the averaged generator and encoder that are exported."""

    def __init__(self, recipe: GeneratorRecipe, examples: Tensor, seed: int, place: Place = ALONE) -> None:
        """``examples``: real pictures [N, 3, S, S] in -1..1, reconstructed in each sheet of samples."""
        torch.manual_seed(seed)
        self._recipe, self._place = recipe, place
        self.generator = place.put(build_generator(recipe))
        self._discriminator = place.put(Discriminator(recipe.discriminator_widths, recipe.grown))
        self._feature_discriminator = place.put(FeatureDiscriminator(CHANNELS[1:]))
        self.encoder = place.put(build_encoder(recipe))
        if recipe.grown:
            self.generator.requires_grad_(False)
            for module in self.generator.synthesis.grown_stage().values():
                module.requires_grad_(True)
            self.encoder.requires_grad_(False)
        self.generator_ema = copy.deepcopy(self.generator).requires_grad_(False)
        self.encoder_ema = copy.deepcopy(self.encoder).requires_grad_(False)
        self._perceptual = place.put(PerceptualDistance())
        rate = recipe.learning_rate[0]
        self._optimizer, self._optimizer_d = (
            torch.optim.Adam(
                [weight for weight in (*a.parameters(), *b.parameters()) if weight.requires_grad],
                rate,
                betas=(0.0, recipe.beta2[0]),
            )
            for a, b in ((self.generator, self.encoder), (self._discriminator, self._feature_discriminator))
        )
        self._examples = place.bring(examples[:12])
        fixed_z = torch.randn(48, recipe.latent_dim, generator=torch.Generator().manual_seed(seed))
        self._fixed_z = place.bring(fixed_z)
        super().__init__(
            generator=self.generator,
            discriminator=self._discriminator,
            feature_discriminator=self._feature_discriminator,
            encoder=self.encoder,
            generator_ema=self.generator_ema,
            encoder_ema=self.encoder_ema,
            optimizer=self._optimizer,
            optimizer_d=self._optimizer_d,
        )

    def begin_with(self, networks: Mapping[str, Weights]) -> None:
        """Begins with the networks of another run, ``generator``, ``encoder`` and ``discriminator``.

        Of the same recipe, or, where this one is grown, of one of half the size.

        Raises:
            TrainingError: they are of another shape.
        """
        grown = f"synthesis.to_rgb.{len(self._recipe.generator_widths) - 1}.weight" not in networks["generator"]
        try:
            for generator in (self.generator, self.generator_ema):
                bring_generator(networks["generator"], generator, grown)
            for encoder in (self.encoder, self.encoder_ema):
                encoder.load_state_dict(networks["encoder"])
            bring_discriminator(networks["discriminator"], self._discriminator, grown)
        except (KeyError, RuntimeError) as error:
            raise TrainingError(
                f"{self._recipe.name} cannot begin with these networks: they are of another shape ({error})"
            ) from error

    def step(self, images: Tensor, progress: float) -> dict[str, Tensor]:
        """One step of the discriminators, one of generator and encoder, on the same made pictures."""
        recipe = self._recipe
        rebuilt = images[: math.ceil(recipe.rebuilt / self._place.ranks)]
        self._schedule(progress)
        with self._place.autocast():
            made = self._make(rebuilt, len(images))
            losses, real = self._discriminator_step(images, made.fake.detach(), progress)
            losses |= self._generator_step(rebuilt, made, real, progress)
        if not recipe.grown:
            self._follow(made.codes.detach(), made.w.detach().float())
        for averaged, network in ((self.generator_ema, self.generator), (self.encoder_ema, self.encoder)):
            update_average(averaged, network, recipe.batch, self.images_seen, recipe.ema_images)
        self.images_seen += recipe.batch
        return losses

    def _schedule(self, progress: float) -> None:
        recipe = self._recipe
        for optimizer in (self._optimizer, self._optimizer_d):
            for group in optimizer.param_groups:
                group["lr"] = cosine(recipe.learning_rate, progress)
                group["betas"] = (0.0, cosine(recipe.beta2, progress))

    def _make(self, images: Tensor, count: int) -> _Made:
        """``count`` new pictures, and ``images`` rebuilt from near the codes that the encoder has for them.

        From the very codes, the generator would learn the training pictures one by one, and what lies between their
        codes would come out as several of them laid over one another.
        """
        generator = self.generator
        z = on_sphere(generator.prior(self._place.randn(count, self._recipe.latent_dim)))
        codes = on_sphere(self._encode(self.encoder, images))
        near = on_sphere(codes + self._recipe.code_noise * self._place.randn(len(images), self._recipe.latent_dim))
        w = generator.mapping(torch.cat([z, near]))
        w_plus = self._blended(w, count)[:, None].expand(-1, generator.synthesis.layers, -1)
        fake, rebuilt = generator.synthesis(w_plus).float().split([count, len(images)])
        return _Made(z, codes, w[:count], fake, rebuilt)

    def _encode(self, encoder: Encoder, images: Tensor) -> Tensor:
        """Codes of pictures [B, 3, S, S]: [B, latent_dim]. The encoder of a grown generator sees them halved."""
        codes: Tensor = encoder(F.avg_pool2d(images, 2) if self._recipe.grown else images)
        return codes.float()

    def _blended(self, w: Tensor, count: int) -> Tensor:
        """``w`` [N, w_dim], but some rows blended with others, as many pulled towards the mean.

        What lies between two w, or between one and the mean, is no w of any z: unless the discriminators see it, mixes,
        morphs and truncated faces come out worse than what they are made of.
        """
        few = self._blended_rows(count) // 2
        mixed, pulled, kept = w.split([few, few, len(w) - 2 * few])
        share, pull = self._place.rand(count, 1).to(w.dtype)[: 2 * few].chunk(2)
        average = self.generator.mapping.average.to(w.dtype).expand_as(pulled)
        blended = torch.lerp(mixed, kept[:few], share), torch.lerp(pulled, average, _STRONGEST_PULL * pull)
        return torch.cat([*blended, kept])

    def _blended_rows(self, count: int) -> int:
        return int(self._recipe.blended * count / 2) * 2

    def _discriminator_step(self, images: Tensor, fake: Tensor, progress: float) -> tuple[dict[str, Tensor], _Logits]:
        """The losses, and the real pictures' logits."""
        recipe, place = self._recipe, self._place
        real_seen = diff_augment(images, recipe.augment, place)
        fake_seen = diff_augment(fake, recipe.augment, place)
        both = self._judge(torch.cat([real_seen, fake_seen]))
        (real_logits, fake_logits), (real_features, fake_features) = (logits.chunk(2) for logits in both)
        loss = objectives.relativistic_discriminator_loss(real_logits, fake_logits)
        loss_f = objectives.relativistic_discriminator_loss(real_features, fake_features)
        losses = {"loss_d": loss.detach(), "loss_f": loss_f.detach()}
        if self.images_seen // recipe.batch % recipe.penalty_interval == 0:
            # Twice the mean over both kinds is R1 of the one plus R2 of the other; half a batch of each tells enough.
            half = len(images) // 2
            seen = torch.cat([real_seen[:half], fake_seen[:half]])
            penalty = objectives.gradient_penalty(self._discriminator, seen) * 2
            loss = loss + penalty * cosine(recipe.penalty, progress) * recipe.penalty_interval
            losses["penalty"] = penalty.detach()
        descend(self._optimizer_d, loss + loss_f, place)
        return losses, _Logits(real_logits.detach(), real_features.detach())

    def _judge(self, seen: Tensor) -> _Logits:
        """The logits of augmented pictures [B, 3, S, S]; the finest features are left out: the pixels tell more."""
        side = (self._recipe.feature_px,) * 2
        features = self._perceptual.features(F.interpolate(seen, side, mode="bilinear", align_corners=False))[1:]
        return _Logits(self._discriminator(seen).float(), self._feature_discriminator(features))

    def _generator_step(self, images: Tensor, made: _Made, real: _Logits, progress: float) -> dict[str, Tensor]:
        """``real`` logits are a step old: they only weigh the gradients of the made ones."""
        recipe, place = self._recipe, self._place
        judges = (self._discriminator, self._feature_discriminator)
        for network in judges:
            network.requires_grad_(False)
        fake = self._judge(diff_augment(made.fake, recipe.augment, place))
        adversarial = objectives.relativistic_generator_loss(real.pixels, fake.pixels)
        featured = objectives.relativistic_generator_loss(real.features, fake.features)
        pixels = (made.rebuilt - images).abs().mean()
        perceptual = self._perceptual(made.rebuilt, images)
        losses = {"loss_g": adversarial, "loss_gf": featured, "pixels": pixels, "perceptual": perceptual}
        rebuilding = cosine(recipe.reconstruction, progress) * (pixels + perceptual)
        loss = adversarial + recipe.feature_weight * featured + rebuilding
        if not recipe.grown:
            coding = self._coding(made)
            losses |= coding
            loss = loss + recipe.latent_consistency * coding["latent"] + recipe.spread * coding["crowding"]
        descend(self._optimizer, loss, place)
        for network in judges:
            network.requires_grad_(True)
        return {name: value.detach() for name, value in losses.items()}

    def _coding(self, made: _Made) -> dict[str, Tensor]:
        """How far the encoder is from the latents of new pictures, and how much the codes of real ones crowd."""
        known = slice(self._blended_rows(len(made.z)), None)
        few = len(made.codes)
        return {
            "latent": objectives.cosine_distance(self.encoder(made.fake[known][:few]), made.z[known][:few]),
            "crowding": objectives.crowding(made.codes, self.generator.prior.second_moment()),
        }

    def _follow(self, codes: Tensor, w: Tensor) -> None:
        """Moves the prior towards ``codes``, and the mean w towards that of ``w``; the same in all processes."""
        place, prior, average = self._place, self.generator.prior, self.generator.mapping.average
        offsets = codes - prior.mean
        with torch.autocast(place.device.type, enabled=False):
            covariance = offsets.T @ offsets / len(codes)
        prior.follow(place.mean(offsets.mean(0)), place.mean(covariance), 1 - _PRIOR_DECAY)
        average.lerp_(place.mean(w.mean(0)), 1 - _W_AVERAGE_DECAY)

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """48 faces of fixed latents, then real faces with their reconstructions beneath."""
        made = self.generator_ema(self._fixed_z)
        rebuilt = self.generator_ema(self._encode(self.encoder_ema, self._examples))
        return grid(np.concatenate([to_uint8(made), to_uint8(self._examples), to_uint8(rebuilt)]), 12)


def build_generator(recipe: GeneratorRecipe) -> Generator:
    """The generator of ``recipe``, untrained."""
    return Generator(recipe.latent_dim, recipe.w_dim, recipe.mapping_depth, recipe.generator_widths, recipe.grown)


def build_encoder(recipe: GeneratorRecipe) -> Encoder:
    """The joint encoder of ``recipe``, picture to z, untrained; of a picture of half the size where it is grown."""
    return Encoder(recipe.encoder_widths, recipe.latent_dim)
