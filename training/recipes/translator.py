"""translator: the trunk of all tasks; translator-<task>: what is made of it for one task."""

import re
from dataclasses import dataclass, replace
from typing import Final

from training.synthesis.tasks import TASKS, Task

_SIZE: Final = re.compile(r"(\d+)x(\d+)$")


@dataclass(frozen=True)
class TranslatorRecipe:
    """Sizes and schedule of a translator.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns.
        tasks: of :data:`training.synthesis.tasks.TASKS`, in turn.
        widths: channels at H/2, H/4, H/8 and H/16.
        blocks: residual blocks at H/16.
        crop_px: height and width of what a step learns from, cut at random places and scales.
        whole: part of the steps that learn from whole pictures instead.
        batch: images a step.
        images: images of the whole run.
        learning_rate: (first, last), on a cosine.
        laplacian: weight of the absolute error of the Laplacian pyramid, beside that of the pixels.
        structure: weight of 1 - SSIM.
        perceptual: weight of the perceptual distance.
        adversarial: weight of the relativistic loss; 0: no discriminator is trained.
        matching: weight of meeting the discriminator's features.
        discriminator_widths: channels at H/2, H/4, ...
        discriminator_rate: learning rate of the discriminator, as a multiple of the translator's.
        ema_images: half-life of the averaged weights in images.
    """

    name: str
    layout: str
    tasks: tuple[str, ...]
    widths: tuple[int, int, int, int]
    blocks: int
    crop_px: tuple[int, int]
    whole: float
    batch: int
    images: int
    learning_rate: tuple[float, float]
    laplacian: float
    structure: float
    perceptual: float
    adversarial: float
    matching: float
    discriminator_widths: tuple[int, ...]
    discriminator_rate: float
    ema_images: float

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the pictures of the layout."""
        match = _SIZE.search(self.layout)
        assert match is not None
        return int(match[1]), int(match[2])


TRUNK = TranslatorRecipe(
    name="translator",
    layout="portrait_256x320",
    tasks=tuple(TASKS),
    widths=(24, 48, 96, 120),
    blocks=2,
    crop_px=(192, 160),
    whole=0.0,
    batch=7,
    images=31_000,
    learning_rate=(1e-3, 1e-4),
    laplacian=1.0,
    structure=0.3,
    perceptual=0.0,
    adversarial=0.0,
    matching=0.0,
    discriminator_widths=(32, 64, 128),
    discriminator_rate=1.0,
    ema_images=2_000,
)
"""All tasks in one network, which is told which; not served."""

_GUESSED = replace(
    TRUNK,
    crop_px=(128, 128),
    whole=0.15,
    batch=8,
    images=16_000,
    learning_rate=(4e-4, 4e-5),
    perceptual=1.25,
    adversarial=0.1,
    matching=2.0,
    discriminator_widths=(32, 64, 128, 256),
    ema_images=500,
)
"""Where much must be guessed, the mean of all guesses would be a blur: what is made must also look like photographs.
Small parts, so that many are seen: a face's eyes and mouth fill them. Whole pictures, too: nobody can tell in
the midst of a suit that it is one."""
_HIDDEN = replace(_GUESSED, perceptual=5.0, adversarial=0.4, matching=8.0)
"""Where parts are hidden, all else is the same, and the means of these losses are as much smaller."""
_REBUILT = replace(TRUNK, crop_px=(224, 192), batch=4, images=6_500, learning_rate=(1e-3, 2e-5), ema_images=500)
"""Where nothing is."""


def _of(task: Task) -> TranslatorRecipe:
    """Its losses: a task without skips has nothing to guess."""
    if not task.skips:
        return _REBUILT
    return _GUESSED if task.hide is None else _HIDDEN


RECIPES = {
    recipe.name: recipe
    for recipe in (
        TRUNK,
        *(replace(_of(task), name=f"translator-{task.name}", tasks=(task.name,)) for task in TASKS.values()),
    )
}
"""By name."""
