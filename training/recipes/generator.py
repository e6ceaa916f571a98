"""What a recipe of a style-modulated generator says."""

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
        blended: share of the new pictures that are made of blended w, half with another's and half with the mean.
        images: images of the whole run.
        learning_rate: (first, last), on a cosine.
        beta2: (first, last), on a cosine.
        penalty: (first, last) weight of R1 + R2, on a cosine.
        penalty_interval: steps between two penalties, which are scaled up to make up for it.
        feature_weight: weight of deceiving the discriminator of features, beside that of pixels.
        feature_px: side that pictures are brought to for their features.
        augment: probability of each kind of augmentation.
        reconstruction: (first, last) weight of rebuilding real pictures through the encoder.
        code_noise: deviation of the noise on a code, whose root mean square is 1, before it is rebuilt.
        latent_consistency: weight of finding z again from a generated picture.
        spread: weight of spreading the codes over the sphere, where they crowd by themselves, and the prior after them.
        ema_images: half-life of the averaged weights in images.
        start: name of the shipped weights to begin with; empty: begins from nothing.
        grown: whether the last stage is one on top of those of a generator of half the size, whose run it begins with
            and keeps as it is: only the new stage learns, so that a latent is the same face at either size.
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
    blended: float
    images: int
    learning_rate: tuple[float, float]
    beta2: tuple[float, float]
    penalty: tuple[float, float]
    penalty_interval: int
    feature_weight: float
    feature_px: int
    augment: float
    reconstruction: tuple[float, float]
    code_noise: float
    latent_consistency: float
    spread: float
    ema_images: float
    start: str = ""
    grown: bool = False
