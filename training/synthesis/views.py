"""Two views of each face, for a network that is to learn faces without labels."""

from dataclasses import dataclass
from typing import Any, Final

import cv2
import numpy as np
import torch
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import PackedImages, to_tensor
from training.engine.parallel import ALONE, Place
from training.errors import TrainingError
from training.models.face_encoder import INPUT_PX, THUMBNAIL_PX
from training.synthesis.damage import DAMAGES
from training.synthesis.faces import new_random, own_randoms
from training.synthesis.photometry import Random

_LEAST_SIDE: Final = 0.6
_DAMAGED: Final = 0.25


@dataclass(frozen=True)
class ViewBatch:
    """Views of B faces; row i and row i + B show the same face.

    Attributes:
        views: [2B, 3, 64, 64] in -1..1.
        damage: [2B, damages], strengths in 0..1 in the order of ``DAMAGES``.
        thumbnails: [2B, 3, 8, 8] in -1..1, the views without their damage.
    """

    views: Tensor
    damage: Tensor
    thumbnails: Tensor


class ViewFeed:
    """Two views of faces drawn at random, no face twice in a batch. It holds no state of its own.

    Raises:
        TrainingError: fewer faces than a batch has.
    """

    def __init__(self, data: PackedImages, batch: int, place: Place = ALONE) -> None:
        if len(data.images) < batch:
            raise TrainingError(f"{len(data.images)} images are too few for a batch of {batch}")
        self.digest, self.batch = data.digest, batch
        self._images, self._place = data.images, place

    def next(self) -> ViewBatch:
        """This process' rows of the next batch."""
        place = self._place
        chosen = new_random().choice(len(self._images), self.batch, replace=False)[place.rows]
        randoms = own_randoms(self.batch, place) * 2
        clean = [_view(random, self._images[i]) for random, i in zip(randoms, [*chosen, *chosen], strict=True)]
        strengths = np.stack([_strengths(random) for random in randoms])
        damaged = [_damage(*parts) for parts in zip(randoms, clean, strengths, strict=True)]
        small = [cv2.resize(view, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA) for view in clean]
        return ViewBatch(
            to_tensor(np.stack(damaged), place),
            place.bring(torch.from_numpy(strengths).float()),
            to_tensor(np.stack(small), place),
        )

    def state_dict(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Nothing to do."""


def _view(random: Random, face: ImageArray) -> ImageArray:
    """A square of the face [S, S, 3], in another light, mirrored or not, at 64 px."""
    whole = face.shape[0]
    side = int(random.integers(round(_LEAST_SIDE * whole), whole + 1))
    top, left = random.integers(0, whole - side + 1, 2)
    square = face[top : top + side, left : left + side]
    view = cv2.resize(np.ascontiguousarray(square), (INPUT_PX, INPUT_PX), interpolation=cv2.INTER_AREA)
    levels = np.linspace(0.0, 1.0, 256)[:, None] ** np.exp(random.normal(0.0, 0.25))
    table = (255.0 * levels * random.uniform(0.75, 1.0) * random.uniform(0.85, 1.15, 3)).clip(0, 255).astype(np.uint8)
    lit = np.asarray(cv2.LUT(view, table[None]), np.uint8)
    return lit[:, ::-1] if random.random() < 0.5 else lit


def _strengths(random: Random) -> np.ndarray:
    strengths = random.random(len(DAMAGES))
    return strengths * (random.random(len(DAMAGES)) < _DAMAGED)


def _damage(random: Random, view: ImageArray, strengths: np.ndarray) -> ImageArray:
    for damage, strength in zip(DAMAGES.values(), strengths, strict=True):
        if strength > 0.0:
            view = damage(random, view, float(strength))
    return view
