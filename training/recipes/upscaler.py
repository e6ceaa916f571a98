"""upscaler-x2 and upscaler-x4: small pictures to large ones, learnt from portraits that were made small."""

from dataclasses import dataclass, replace


@dataclass(frozen=True)
class UpscalerRecipe:
    """Sizes and schedule of an upscaler.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns; photographs in their own pixels, for what was enlarged teaches blur.
        factor: how many times longer the sides become.
        width: channels.
        blocks: residual blocks.
        crop_px: side of the small squares that a step learns from.
        own_pixels: part of the squares that are the photograph's own pixels; the others were taken larger and shrunk.
        degraded: part of the squares that are also blurred, grainy or compressed.
        batch: images a step.
        images: images of the whole run.
        learning_rate: (first, last), on a cosine.
        largest_gradient: longest gradient of a step.
        ema_images: half-life of the averaged weights in images.
    """

    name: str
    layout: str
    factor: int
    width: int
    blocks: int
    crop_px: int
    own_pixels: float
    degraded: float
    batch: int
    images: int
    learning_rate: tuple[float, float]
    largest_gradient: float
    ema_images: float


_X2 = UpscalerRecipe(
    name="upscaler-x2",
    layout="pixels_224x272",
    factor=2,
    width=32,
    blocks=3,
    crop_px=48,
    own_pixels=0.6,
    degraded=0.5,
    batch=8,
    images=86_000,
    learning_rate=(1e-3, 1e-5),
    largest_gradient=0.1,
    ema_images=4_000,
)
_X4 = replace(_X2, name="upscaler-x4", factor=4, crop_px=40, images=56_000)

RECIPES = {recipe.name: recipe for recipe in (_X2, _X4)}
"""By name."""
