"""What feeds share whose batches are drawn anew each time."""

from typing import Any

from phiz_core.geometry import ImageArray
from training.dataset import PackedImages
from training.engine.parallel import ALONE, Place
from training.errors import TrainingError
from training.synthesis.faces import new_random, own_randoms
from training.synthesis.photometry import Random


class Drawn:
    """A feed that holds no state of its own: all that is random comes from torch's generator.

    Attributes:
        digest: SHA-256 of the source files, hexadecimal.
        batch: images of one batch, of all processes together.
        place: where the batches are to be.
    """

    def __init__(self, digest: str, batch: int, place: Place = ALONE) -> None:
        self.digest, self.batch, self.place = digest, batch, place

    def randoms(self) -> list[Random]:
        """A generator for each of this process' rows of the next batch."""
        return own_randoms(self.batch, self.place)

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to go on from."""


class DrawnImages(Drawn):
    """Batches of images drawn at random, none twice in a batch.

    Raises:
        TrainingError: there are fewer than a batch has.
    """

    def __init__(self, data: PackedImages, batch: int, place: Place = ALONE) -> None:
        if len(data.images) < batch:
            raise TrainingError(f"{len(data.images)} images are too few for a batch of {batch}")
        super().__init__(data.digest, batch, place)
        self.images = data.images

    def drawn(self) -> tuple[list[Random], list[ImageArray]]:
        """This process' images [H, W, C] of the next batch, and a generator for each of them."""
        chosen = new_random().choice(len(self.images), self.batch, replace=False)[self.place.rows]
        return self.randoms(), [self.images[i] for i in chosen]
