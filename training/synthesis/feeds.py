"""Batches for the two face networks, made while they learn."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from phiz_core.detection import CROP_PX, face_frame
from training.engine.parallel import ALONE, Place
from training.models.face_detector import STRIDES_PX, places
from training.recipes.face_detector import DetectorRecipe
from training.synthesis.crops import face_crop
from training.synthesis.drawn import Drawn
from training.synthesis.faces import Portraits
from training.synthesis.mined import Mined
from training.synthesis.scenes import Scene, scene

_FACE, _NO_FACE, _EITHER = 1.0, 0.0, -1.0
_CENTRE = 0.55
_NEAR = 1.2


@dataclass(frozen=True)
class CropBatch:
    """Crops: luminance [B, 1, S, S] in 0..255, points [B, 5, 2] in 0..1 of the crop, is_face [B] 0 or 1."""

    luminance: Tensor
    points: Tensor
    is_face: Tensor


class CropFeed(Drawn):
    """Crops for the landmark network."""

    def __init__(
        self, portraits: Portraits, faces: float, batch: int, place: Place = ALONE, mined: Mined | None = None
    ) -> None:
        super().__init__(portraits.digest, batch, place)
        self._portraits, self._faces, self._mined = portraits, faces, mined

    def next(self) -> CropBatch:
        """This process' rows of the next batch."""
        source, place = self._portraits, self.place
        crops = [
            face_crop(random, source.luminance, source.landmarks, self._faces, self._mined) for random in self.randoms()
        ]
        luminance = torch.from_numpy(np.stack([crop.luminance for crop in crops]))
        points = torch.from_numpy(np.stack([crop.landmarks for crop in crops]))
        is_face = torch.tensor([float(crop.is_face) for crop in crops])
        return CropBatch(
            place.bring(luminance)[:, None].float(), place.bring(points.float()) / CROP_PX, place.bring(is_face)
        )


@dataclass(frozen=True)
class SceneBatch:
    """Scenes and what the detector is to say at each of its N places.

    Attributes:
        luminance: [B, 1, S, S] in 0..255.
        wanted: [B, N]: 1 a face, 0 none, -1 either.
        points: [B, N, 5, 2] in pixels, of meaning where ``wanted`` is 1.
        sizes_px: [B, N], of the face there, likewise.
    """

    luminance: Tensor
    wanted: Tensor
    points: Tensor
    sizes_px: Tensor


class SceneFeed(Drawn):
    """Scenes for the detector."""

    def __init__(self, portraits: Portraits, recipe: DetectorRecipe, place: Place = ALONE) -> None:
        super().__init__(portraits.digest, recipe.batch, place)
        self._portraits, self._recipe = portraits, recipe

    def next(self) -> SceneBatch:
        """This process' rows of the next batch."""
        source, side, place = self._portraits, self._recipe.scene_px, self.place
        scenes = [scene(random, source.luminance, source.landmarks, side) for random in self.randoms()]
        targets = [scene_targets(made, self._recipe.face_px) for made in scenes]
        parts = [np.stack([made.luminance for made in scenes])[:, None], *map(np.stack, zip(*targets, strict=True))]
        return SceneBatch(*(place.bring(torch.from_numpy(part)).float() for part in parts))


def scene_targets(made: Scene, face_px: tuple[tuple[float, float], ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """What a detector is to say of a scene: ``wanted`` [N], ``points`` [N, 5, 2] and ``sizes_px`` [N].

    A place near the middle of a face is that face's, on the levels that are for its size; further out, and on the other
    levels, it may say either.
    """
    wanted, points, sizes = [], [], []
    frames = [face_frame(landmarks) for landmarks in made.landmarks]
    for stride, (least, most) in zip(STRIDES_PX, face_px, strict=True):
        at = places(made.luminance.shape[0] // stride, made.luminance.shape[1] // stride, stride).numpy().reshape(-1, 2)
        level_wanted = np.full(len(at), _NO_FACE)
        level_points, level_sizes = np.zeros((len(at), 5, 2)), np.ones(len(at))
        nearest = np.full(len(at), np.inf)
        for landmarks, visible, (centre, _, size) in zip(made.landmarks, made.visible, frames, strict=True):
            distance = np.hypot(*(at - centre).T)
            near = (distance < _NEAR * size) & (level_wanted == _NO_FACE)
            level_wanted[near] = _EITHER
            if not (visible and least <= size <= most):
                continue
            own = (distance < max(_CENTRE * size, 0.71 * stride)) & (distance < nearest)
            level_wanted[own] = _FACE
            level_points[own], level_sizes[own], nearest[own] = landmarks, size, distance[own]
        wanted.append(level_wanted)
        points.append(level_points)
        sizes.append(level_sizes)
    return np.concatenate(wanted), np.concatenate(points), np.concatenate(sizes)
