"""Reads packed sets: images in shuffled batches, from an order that a checkpoint can hold."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from phiz_core.geometry import ImageArray
from training.errors import TrainingError


@dataclass(frozen=True)
class PackedImages:
    """One split of a packed set in one layout.

    Attributes:
        images: uint8 [N, H, W, 3], memory-mapped.
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


def to_tensor(images: ImageArray) -> torch.Tensor:
    """uint8 [N, H, W, 3] to float32 [N, 3, H, W] in -1..1, channels last in memory."""
    tensor = torch.from_numpy(np.array(images)).permute(0, 3, 1, 2)
    return tensor.float().div_(127.5).sub_(1.0)


def to_uint8(images: torch.Tensor) -> ImageArray:
    """Float [N, 3, H, W] in -1..1 (clamped) to uint8 [N, H, W, 3]."""
    scaled = images.detach().float().add(1.0).mul(127.5).round().clamp(0, 255)
    return scaled.to(torch.uint8).permute(0, 2, 3, 1).contiguous().cpu().numpy()


class ShuffledBatches:
    """Endless batches of indices: every image once an epoch, in an order that follows from seed and epoch alone."""

    def __init__(self, count: int, batch: int, seed: int) -> None:
        if count < batch:
            raise TrainingError(f"{count} images are too few for a batch of {batch}")
        self._count, self._batch, self._seed = count, batch, seed
        self._epoch, self._position = 0, 0
        self._order = self._shuffle()

    def _shuffle(self) -> npt.NDArray[np.int64]:
        return np.random.default_rng((self._seed, self._epoch)).permutation(self._count)

    def next(self) -> npt.NDArray[np.int64]:
        """Indices of the next batch, int64 [batch], sorted for the disk's sake."""
        if self._position + self._batch > self._count:
            self._epoch, self._position = self._epoch + 1, 0
            self._order = self._shuffle()
        chosen = self._order[self._position : self._position + self._batch]
        self._position += self._batch
        return np.sort(chosen)

    def state_dict(self) -> dict[str, int]:
        """Epoch, position and seed."""
        return {"epoch": self._epoch, "position": self._position, "seed": self._seed}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Goes on where ``state`` was taken."""
        self._epoch, self._position, self._seed = state["epoch"], state["position"], state["seed"]
        self._order = self._shuffle()
