"""The portraits that faces are cut from: luminance and landmarks of one split of a packed set."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray
from training.dataset import PackedImages
from training.engine.parallel import Place
from training.errors import TrainingError
from training.synthesis.photometry import Random


@dataclass(frozen=True)
class Portraits:
    """One face a picture.

    Attributes:
        luminance: uint8 [N, H, W].
        landmarks: float32 [N, 5, 2], pixels of the pictures.
        digest: SHA-256 of the set's source files, hexadecimal.
    """

    luminance: ImageArray
    landmarks: npt.NDArray[np.float32]
    digest: str

    @classmethod
    def open(cls, folder: Path, split: str, layout: str) -> "Portraits":
        """Opens a layout of a packed set with its landmarks.

        Raises:
            TrainingError: ``folder`` is no packed set, lacks the layout or its landmarks, or the split is empty.
        """
        packed = PackedImages.open(folder, split, layout)
        path = folder / f"{split}.{layout}.landmarks.npy"
        try:
            landmarks = np.load(path)
        except OSError as error:
            raise TrainingError(f"{path} is missing; prepare the data set anew") from error
        return cls(np.stack([luminance(image) for image in packed.images]), landmarks, packed.digest)


def new_random() -> Random:
    """A generator whose seed is drawn from torch's own generator, so that a resumed run draws the same."""
    return np.random.default_rng(int(torch.randint(2**62, ())))


def own_randoms(count: int, place: Place) -> list[Random]:
    """A generator for each of this process' rows of a batch of ``count``, which any number of processes see alike."""
    return [np.random.default_rng(seed) for seed in torch.randint(2**62, (count,))[place.rows].tolist()]
