"""encoder-64: picture to w+ for the generator phiz-64, whose weights stay as they are."""

from dataclasses import dataclass


@dataclass(frozen=True)
class EncoderRecipe:
    """Schedule of an encoder; its sizes follow from the generator's recipe.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns.
        batch: images a step.
        images: images of the whole run.
        learning_rate: (first, last), on a cosine.
        perceptual: weight of the perceptual distance beside the pixels'.
        offset: weight of the squared offsets from a w that the generator knows.
        ema_images: half-life of the averaged weights in images.
    """

    name: str
    layout: str
    batch: int
    images: int
    learning_rate: tuple[float, float]
    perceptual: float
    offset: float
    ema_images: float


RECIPE = EncoderRecipe(
    name="encoder-64",
    layout="face_64",
    batch=32,
    images=32_000,
    learning_rate=(5e-4, 5e-5),
    perceptual=0.5,
    offset=0.002,
    ema_images=2_000,
)
