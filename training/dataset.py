"""Reads packed sets: images in shuffled batches, from an order that a checkpoint can hold."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

import numpy as np
import numpy.typing as npt
import torch

from phiz_core.geometry import ImageArray
from training.engine.parallel import ALONE, Place
from training.errors import TrainingError

Batch_co = TypeVar("Batch_co", covariant=True)


class Feed(Protocol[Batch_co]):
    """Batches to learn from, without end; each of the processes that train together gets its rows of them.

    What is random in them is drawn from torch's own generator on the CPU, which every checkpoint holds, by all
    processes alike.
    """

    @property
    def digest(self) -> str:
        """SHA-256 of the source files, hexadecimal."""
        ...

    @property
    def batch(self) -> int:
        """Images of one batch, of all processes together."""
        ...

    def next(self) -> Batch_co:
        """This process' rows of the next batch, on its device."""
        ...

    def state_dict(self) -> dict[str, Any]:
        """Where the feed stands."""
        ...

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Goes on where ``state`` was taken."""
        ...


@dataclass(frozen=True)
class PackedImages:
    """One split of a packed set in one layout.

    Attributes:
        images: uint8 [N, H, W, C], memory-mapped; C is 3, or 6 of pictures in pairs.
        digest: SHA-256 of the set's source files, hexadecimal.
    """

    images: ImageArray
    digest: str

    @classmethod
    def open(cls, folder: Path, split: str, layout: str) -> "PackedImages":
        """Opens ``<folder>/<split>.<layout>.npy``.

        Raises:
            TrainingError: ``folder`` is no packed set, or lacks the layout, or the split is empty.
        """
        try:
            facts = json.loads((folder / "dataset.json").read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise TrainingError(
                f"{folder} is no prepared data set; make one with `python -m training prepare`"
            ) from error
        if layout not in facts["layouts"]:
            raise TrainingError(f"{folder} has no layout {layout}; it has {', '.join(facts['layouts'])}")
        images = np.load(folder / f"{split}.{layout}.npy", mmap_mode="r")
        if not len(images):
            raise TrainingError(f"{folder} has no images in the split {split}")
        return cls(images, facts["digest"])


def to_tensor(images: ImageArray, place: Place = ALONE) -> torch.Tensor:
    """uint8 [N, H, W, C] to float32 [N, C, H, W] in -1..1 on the device of ``place``, channels last in memory."""
    tensor = place.bring(torch.from_numpy(np.array(images))).permute(0, 3, 1, 2)
    return tensor.float().div_(127.5).sub_(1.0)


def to_uint8(images: torch.Tensor) -> ImageArray:
    """Float [N, 3, H, W] in -1..1 (clamped) to uint8 [N, H, W, 3]."""
    scaled = images.detach().float().add(1.0).mul(127.5).round().clamp(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


class ShuffledImages:
    """Every image once an epoch, in an order that follows from seed and epoch alone; each is mirrored or not."""

    def __init__(self, data: PackedImages, batch: int, seed: int, place: Place = ALONE, mirrored: bool = True) -> None:
        if len(data.images) < batch:
            raise TrainingError(f"{len(data.images)} images are too few for a batch of {batch}")
        self.digest, self.batch = data.digest, batch
        self._images, self._seed, self._place, self._mirrored = data.images, seed, place, mirrored
        self._epoch, self._position = 0, 0
        self._order = self._shuffle()

    def _shuffle(self) -> npt.NDArray[np.int64]:
        return np.random.default_rng((self._seed, self._epoch)).permutation(len(self._images))

    def next(self) -> torch.Tensor:
        """This process' images [batch / ranks, C, H, W] in -1..1."""
        if self._position + self.batch > len(self._images):
            self._epoch, self._position = self._epoch + 1, 0
            self._order = self._shuffle()
        chosen = self._order[self._position : self._position + self.batch]
        self._position += self.batch
        place = self._place
        images = to_tensor(self._images[np.sort(chosen)[place.rows]], place)
        if not self._mirrored:
            return images
        mirrored = place.rand(len(images), 1, 1, 1) < 0.5
        return torch.where(mirrored, images.flip(3), images)

    def state_dict(self) -> dict[str, int]:
        """Epoch, position and seed."""
        return {"epoch": self._epoch, "position": self._position, "seed": self._seed}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Goes on where ``state`` was taken."""
        self._epoch, self._position, self._seed = state["epoch"], state["position"], state["seed"]
        self._order = self._shuffle()
