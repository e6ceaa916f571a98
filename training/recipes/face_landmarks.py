"""face-landmarks: a crop to five points and whether there is a face, on portraits seen from everywhere."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LandmarksRecipe:
    """Sizes and schedule of the landmark network.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that crops are made of.
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the crop.
        faces: share of crops that show a face.
        batch: crops a step.
        images: crops of the whole run.
        learning_rate: (first, last), on a cosine.
        weight_decay: of AdamW.
        spread: weight of keeping heat maps narrow.
        score: weight of telling faces from other things.
        ema_images: half-life of the averaged weights in crops.
    """

    name: str
    layout: str
    widths: tuple[int, int, int, int]
    faces: float
    batch: int
    images: int
    learning_rate: tuple[float, float]
    weight_decay: float
    spread: float
    score: float
    ema_images: float


RECIPE = LandmarksRecipe(
    name="face-landmarks",
    layout="portrait_256x320",
    widths=(32, 48, 64, 96),
    faces=0.6,
    batch=64,
    images=420_000,
    learning_rate=(2e-3, 2e-5),
    weight_decay=0.02,
    spread=0.5,
    score=0.2,
    ema_images=10_000,
)
