"""neural-identities: the published DCGAN of 56 px, to compare with; its sizes stand in training/models/dcgan.py.

The CelebA cut of a data set is packed by ``prepare --layouts celeba_56``. Any square layout whose side is a multiple of
8 will do: ``--set layout=face_64``.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class DcganRecipe:
    """Sizes and schedule of a DCGAN; the pictures' size is the layout's.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns.
        latent_dim: numbers in z.
        generator_widths: channels at S/4, S/2, S and S px.
        discriminator_widths: channels at S/2, S/4, S/8 and S/8 px.
        batch: images a step.
        images: images of the whole run.
        learning_rate: of Adam, for both networks.
        beta1: of Adam.
        dropout: share of numbers that the discriminator loses after each convolution.
    """

    name: str
    layout: str
    latent_dim: int
    generator_widths: tuple[int, int, int, int]
    discriminator_widths: tuple[int, int, int, int]
    batch: int
    images: int
    learning_rate: float
    beta1: float
    dropout: float


RECIPE = DcganRecipe(
    name="neural-identities",
    layout="celeba_56",
    latent_dim=400,
    generator_widths=(256, 128, 64, 32),
    discriminator_widths=(64, 128, 256, 1024),
    batch=64,
    images=2_000_000,
    learning_rate=2e-4,
    beta1=0.5,
    dropout=0.4,
)
