"""colorizer: luminance to chroma, on portraits and faces that were made to look old."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ColorizerRecipe:
    """Sizes and schedule of a colorizer.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns.
        widths: channels at H/2, H/4, H/8 and H/16.
        working_px: the long side that a photograph is shrunk to before it is coloured.
        crop_px: side of the squares that a step learns from, cut at random places and scales.
        closest: side of the smallest of them in the portrait, in parts of its width.
        aged: part of the squares that look like old photographs.
        batch: images a step.
        images: images of the whole run.
        learning_rate: (first, last), on a cosine.
        saturation: weight of meeting the mean strength of colour, against the gray of a plain mean.
        evenness: weight of meeting where colour changes, against patches in what has one colour.
        ema_images: half-life of the averaged weights in images.
    """

    name: str
    layout: str
    widths: tuple[int, int, int, int]
    working_px: int
    crop_px: int
    closest: float
    aged: float
    batch: int
    images: int
    learning_rate: tuple[float, float]
    saturation: float
    evenness: float
    ema_images: float


RECIPE = ColorizerRecipe(
    name="colorizer",
    layout="portrait_256x320",
    widths=(24, 48, 96, 192),
    working_px=320,
    crop_px=160,
    closest=0.45,
    aged=0.7,
    batch=16,
    images=50_000,
    learning_rate=(1e-3, 5e-5),
    saturation=0.5,
    evenness=1.0,
    ema_images=2_000,
)
