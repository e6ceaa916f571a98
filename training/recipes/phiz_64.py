"""phiz-64: a style-modulated generator at 64 px, trained as a GAN that is also an autoencoder."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GeneratorRecipe:
    """Sizes and schedule of a generator.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns.
        latent_dim: numbers in z, a point on a sphere.
        w_dim: numbers in w.
        mapping_depth: linear layers from z to w.
        generator_widths: channels at 4, 8, 16, ... px.
        discriminator_widths: channels at S/2, S/4, ... 4 px.
        encoder_widths: the same for the joint encoder.
        batch: images a step.
        rebuilt: how many of them are rebuilt through the joint encoder.
        images: images of the whole run.
        learning_rate: (first, last), on a cosine.
        beta2: (first, last), on a cosine.
        penalty: (first, last) weight of R1 + R2, on a cosine.
        penalty_interval: steps between two penalties, which are scaled up to make up for it.
        augment: probability of each kind of augmentation.
        reconstruction: (first, last) weight of rebuilding real pictures through the encoder.
        latent_consistency: weight of finding z again from a generated picture.
        ema_images: half-life of the averaged weights in images.
    """

    name: str
    layout: str
    latent_dim: int
    w_dim: int
    mapping_depth: int
    generator_widths: tuple[int, ...]
    discriminator_widths: tuple[int, ...]
    encoder_widths: tuple[int, ...]
    batch: int
    rebuilt: int
    images: int
    learning_rate: tuple[float, float]
    beta2: tuple[float, float]
    penalty: tuple[float, float]
    penalty_interval: int
    augment: float
    reconstruction: tuple[float, float]
    latent_consistency: float
    ema_images: float


RECIPE = GeneratorRecipe(
    name="phiz-64",
    layout="face_64",
    latent_dim=64,
    w_dim=256,
    mapping_depth=3,
    generator_widths=(256, 192, 128, 64, 32),
    discriminator_widths=(48, 96, 192, 256),
    encoder_widths=(32, 64, 128, 256),
    batch=32,
    rebuilt=8,
    images=110_000,
    learning_rate=(5e-4, 1e-4),
    beta2=(0.9, 0.99),
    penalty=(15.0, 10.0),
    penalty_interval=16,
    augment=0.6,
    reconstruction=(4.0, 3.0),
    latent_consistency=0.5,
    ema_images=4_000,
)
