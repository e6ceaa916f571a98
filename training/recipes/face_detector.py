"""face-detector: a photograph to its faces, on scenes that are put together from portraits."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DetectorRecipe:
    """Sizes and schedule of the detector.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that scenes are made of.
        scene_px: side of a scene.
        widths: channels at 1/4, 1/8, 1/16 and 1/32 of the photograph.
        depths: blocks at 1/8, 1/16 and 1/32.
        head: channels of the levels' common head.
        face_px: (least, most) size of the faces that each level is to find, as ``face_frame`` measures it.
        batch: scenes a step.
        images: scenes of the whole run.
        learning_rate: (first, last), on a cosine.
        weight_decay: of AdamW.
        points: weight of the landmarks beside the score.
        ema_images: half-life of the averaged weights in scenes.
    """

    name: str
    layout: str
    scene_px: int
    widths: tuple[int, int, int, int]
    depths: tuple[int, int, int]
    head: int
    face_px: tuple[tuple[float, float], tuple[float, float], tuple[float, float]]
    batch: int
    images: int
    learning_rate: tuple[float, float]
    weight_decay: float
    points: float
    ema_images: float


RECIPE = DetectorRecipe(
    name="face-detector",
    layout="portrait_256x320",
    scene_px=320,
    widths=(24, 48, 80, 128),
    depths=(2, 3, 4),
    head=48,
    face_px=((4.0, 20.0), (15.0, 50.0), (38.0, 400.0)),
    batch=16,
    images=64_000,
    learning_rate=(2e-3, 2e-5),
    weight_decay=0.02,
    points=2.0,
    ema_images=2_000,
)
