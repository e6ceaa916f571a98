"""translator, of the user's own pairs: pictures A to pictures B, as pix2pix learns them."""

from dataclasses import dataclass, fields
from typing import Final

from training.recipes import translator
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


_GUESSED = translator.RECIPES["translator-sketch"]

RECIPE = PairsRecipe(
    **{field.name: getattr(_GUESSED, field.name) for field in fields(_GUESSED)}
    | {"name": "translator-pairs", "images": 40_000},
    direction="AtoB",
    mirrored=True,
    shift=0.06,
)
