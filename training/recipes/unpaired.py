"""translator, of the user's own pictures without pairs: from A to B and from B to A, as CycleGAN learns them."""

from dataclasses import dataclass


@dataclass(frozen=True)
class UnpairedRecipe:
    """Sizes and schedule of two translators and their discriminators.

    Attributes:
        name: recorded in checkpoints and models.
        layout: size of the pictures; the packed cuts are ``a_<layout>`` and ``b_<layout>``.
        tasks: from A to B, and from B to A.
        widths: channels of a translator at H/2, H/4, H/8 and H/16.
        blocks: its residual blocks at H/16.
        discriminator_widths: channels at H/2, H/4, ...
        batch: images of A a step, and as many of B.
        images: images of the whole run, of A or of B.
        learning_rate: (first, last), on a cosine.
        cycle: weight of coming back from A over B to A, and from B over A to B.
        identity: weight of leaving alone what is of the wanted kind already, in parts of ``cycle``.
        pool: made pictures that are kept to show the discriminators old ones, too.
        mirrored: whether half of the pictures are mirrored.
        shift: how far a picture is moved at random, in parts of its sides.
        ema_images: half-life of the averaged weights in images.
    """

    name: str
    layout: str
    tasks: tuple[str, str]
    widths: tuple[int, int, int, int]
    blocks: int
    discriminator_widths: tuple[int, ...]
    batch: int
    images: int
    learning_rate: tuple[float, float]
    cycle: float
    identity: float
    pool: int
    mirrored: bool
    shift: float
    ema_images: float

    @property
    def size_px(self) -> tuple[int, int]:
        """Width and height of the pictures."""
        width, _, height = self.layout.partition("x")
        return int(width), int(height)


RECIPE = UnpairedRecipe(
    name="translator-unpaired",
    layout="256x256",
    tasks=("b", "a"),
    widths=(24, 48, 96, 128),
    blocks=2,
    discriminator_widths=(32, 64, 128),
    batch=4,
    images=40_000,
    learning_rate=(6e-4, 6e-6),
    cycle=10.0,
    identity=0.5,
    pool=50,
    mirrored=True,
    shift=0.06,
    ema_images=1_000,
)
