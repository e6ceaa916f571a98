"""One readable file a model: data, sizes, schedule."""

from dataclasses import Field
from typing import Any, ClassVar, Protocol

from training.recipes import (
    colorizer,
    encoder_64,
    face_detector,
    face_encoder,
    face_landmarks,
    neural_identities,
    personal,
    phiz_64,
    phiz_128,
    translator,
    upscaler,
)
from training.recipes.generator import GeneratorRecipe


class Recipe(Protocol):
    """What every recipe, a frozen dataclass, tells.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns.
        batch: images a step, of all processes together.
        images: images of the whole run.
    """

    __dataclass_fields__: ClassVar[dict[str, Field[Any]]]

    @property
    def name(self) -> str: ...
    @property
    def layout(self) -> str: ...
    @property
    def batch(self) -> int: ...
    @property
    def images(self) -> int: ...


GENERATORS: dict[str, GeneratorRecipe] = {
    recipe.name: recipe for recipe in (phiz_64.RECIPE, phiz_128.RECIPE, personal.RECIPE)
}
"""What a generator can be trained by."""

RECIPES: dict[str, Recipe] = {
    **GENERATORS,
    "neural-identities": neural_identities.RECIPE,
    "encoder": encoder_64.RECIPE,
    "colorizer": colorizer.RECIPE,
    "face-landmarks": face_landmarks.RECIPE,
    "face-detector": face_detector.RECIPE,
    "face-encoder": face_encoder.RECIPE,
    **upscaler.RECIPES,
    **translator.RECIPES,
}
"""What can be trained."""

KINDS = ("generator", *(name for name in RECIPES if name not in GENERATORS))
"""What can be evaluated and exported."""
