"""Two views of each face, for a network that is to learn faces without labels."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_tensor
from training.models.face_encoder import INPUT_PX, THUMBNAIL_PX
from training.synthesis.damage import DAMAGES
from training.synthesis.drawn import DrawnImages
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


class ViewFeed(DrawnImages):
    """Two views of faces drawn at random, no face twice in a batch.

    Raises:
        TrainingError: fewer faces than a batch has.
    """

    def next(self) -> ViewBatch:
        """This process' rows of the next batch."""
        randoms, faces = self.drawn()
        randoms, faces = randoms * 2, faces * 2
        clean = [_view(random, face) for random, face in zip(randoms, faces, strict=True)]
        strengths = np.stack([_strengths(random) for random in randoms])
        damaged = [_damage(*parts) for parts in zip(randoms, clean, strengths, strict=True)]
        small = [cv2.resize(view, (THUMBNAIL_PX, THUMBNAIL_PX), interpolation=cv2.INTER_AREA) for view in clean]
        return ViewBatch(
            to_tensor(np.stack(damaged), self.place),
            self.place.bring(torch.from_numpy(strengths).float()),
            to_tensor(np.stack(small), self.place),
        )


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
