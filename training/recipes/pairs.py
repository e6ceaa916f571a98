"""translator, of the user's own pairs: pictures A to pictures B, as pix2pix learns them."""

from dataclasses import dataclass
from typing import Final

from training.recipes.translator import TranslatorRecipe

DIRECTIONS: Final = ("AtoB", "BtoA")


@dataclass(frozen=True)
class PairsRecipe(TranslatorRecipe):
    """That of a translator, whose one task is the user's, and whose ``crop_px`` is the size of its pictures.

    Attributes:
        direction: one of :data:`DIRECTIONS`.
        mirrored: whether half of the pairs are mirrored.
        shift: how far a pair is moved at random, in parts of its sides.
    """

    direction: str
    mirrored: bool
    shift: float


RECIPE = PairsRecipe(
    name="translator-pairs",
    layout="pairs_256x256",
    tasks=("b",),
    widths=(24, 48, 96, 120),
    blocks=2,
    crop_px=(256, 256),
    whole=0.0,
    batch=8,
    images=40_000,
    learning_rate=(4e-4, 2e-5),
    laplacian=1.0,
    structure=0.3,
    perceptual=1.0,
    adversarial=0.02,
    matching=1.0,
    discriminator_widths=(32, 64, 128),
    discriminator_rate=1.0,
    ema_images=1_000,
    direction="AtoB",
    mirrored=True,
    shift=0.06,
)
