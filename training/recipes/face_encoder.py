"""face-encoder: a face to the features that generators are judged by, learnt without labels."""

from dataclasses import dataclass


@dataclass(frozen=True)
class FaceEncoderRecipe:
    """Sizes and schedule of the face encoder.

    Attributes:
        name: recorded in checkpoints and in the frozen file.
        layout: the packed cut that views are made of.
        widths: channels at 1/2, 1/4, 1/8 and 1/16 of the picture.
        features: numbers that a picture becomes.
        batch: faces a step, each seen twice.
        images: faces of the whole run.
        learning_rate: (first, last), on a cosine.
        weight_decay: of AdamW.
        temperature: of telling the two views of a face from all others.
        damage: weight of telling how a view was damaged.
        thumbnail: weight of telling what a view would look like without its damage.
        ema_images: half-life of the averaged weights in faces.
    """

    name: str
    layout: str
    widths: tuple[int, int, int, int]
    features: int
    batch: int
    images: int
    learning_rate: tuple[float, float]
    weight_decay: float
    temperature: float
    damage: float
    thumbnail: float
    ema_images: float


RECIPE = FaceEncoderRecipe(
    name="face-encoder",
    layout="face_128",
    widths=(32, 64, 128, 192),
    features=128,
    batch=128,
    images=100_000,
    learning_rate=(2e-3, 2e-5),
    weight_decay=0.05,
    temperature=0.2,
    damage=20.0,
    thumbnail=3.0,
    ema_images=5_000,
)
