"""Trains a DCGAN as Goodfellow et al. 2014 and Radford et al. 2016 did: two players, two Adams, no averages."""

import torch
from torch import Tensor

from phiz_core.geometry import ImageArray
from training import objectives
from training.dataset import to_uint8
from training.engine.parallel import ALONE, Place
from training.engine.pictures import grid
from training.errors import TrainingError
from training.models.dcgan import DcganDiscriminator, DcganGenerator
from training.prepare.layouts import layout
from training.recipes.neural_identities import DcganRecipe
from training.trainers.base import Stateful, batch_statistics, descend

_STRIDE_PX = 8


class DcganTrainer(Stateful):
    """Generator and discriminator."""

    def __init__(self, recipe: DcganRecipe, seed: int, place: Place = ALONE) -> None:
        """Raises:
        TrainingError: the recipe's layout is of a size that a DCGAN cannot make.
        """
        torch.manual_seed(seed)
        self._recipe, self._place = recipe, place
        self.generator = place.put(build_dcgan(recipe))
        discriminator = DcganDiscriminator(recipe.discriminator_widths, self.generator.size_px)
        self._discriminator = place.put(discriminator)
        self._optimizer, self._optimizer_d = (
            torch.optim.Adam(network.parameters(), recipe.learning_rate, betas=(recipe.beta1, 0.999))
            for network in (self.generator, self._discriminator)
        )
        fixed_z = torch.randn(60, recipe.latent_dim, generator=torch.Generator().manual_seed(seed))
        self._fixed_z = place.bring(fixed_z)
        super().__init__(
            generator=self.generator,
            discriminator=self._discriminator,
            optimizer=self._optimizer,
            optimizer_d=self._optimizer_d,
        )

    def step(self, images: Tensor, progress: float) -> dict[str, Tensor]:
        """One step of the discriminator, one of the generator, on the same made pictures."""
        place = self._place
        with place.autocast():
            fake = self.generator(place.randn(len(images), self._recipe.latent_dim)).float()
            seen = torch.cat([images / 2.0, fake.detach()])
            real_logits, fake_logits = self._discriminator(seen, self._dropout).float().chunk(2)
        loss_d = objectives.discriminator_loss(real_logits, fake_logits)
        descend(self._optimizer_d, loss_d, place)
        self._discriminator.requires_grad_(False)
        with place.autocast():
            fake_logits = self._discriminator(fake, self._dropout).float()
        loss_g = objectives.generator_loss(fake_logits)
        descend(self._optimizer, loss_g, place)
        self._discriminator.requires_grad_(True)
        place.average_(batch_statistics(self.generator))
        self.images_seen += self._recipe.batch
        return {"loss_d": loss_d.detach(), "loss_g": loss_g.detach()}

    @torch.no_grad()
    def samples(self) -> ImageArray:
        """60 faces of fixed latents."""
        made = self.generator.eval()(self._fixed_z)
        self.generator.train()
        return grid(to_uint8(made * 2.0), 12)

    def _dropout(self, x: Tensor) -> Tensor:
        """Drawn by the place, so that it is the same on every device and for every number of processes."""
        kept = 1.0 - self._recipe.dropout
        return x * (self._place.rand(*x.shape) < kept) / kept


def build_dcgan(recipe: DcganRecipe) -> DcganGenerator:
    """The generator of ``recipe``, untrained.

    Raises:
        TrainingError: the recipe's layout is not square, or its side is no multiple of 8.
    """
    cut = layout(recipe.layout)
    if cut.width_px != cut.height_px or cut.width_px % _STRIDE_PX:
        raise TrainingError(f"a DCGAN makes squares with a side that is a multiple of {_STRIDE_PX}, not {cut.name}")
    return DcganGenerator(recipe.latent_dim, recipe.generator_widths, cut.width_px)
