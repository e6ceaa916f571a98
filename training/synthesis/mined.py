"""What a detector takes for a face in portraits, and is none: ties, buttons, ears, badges.

A network that is to verify proposals learns most from those that are wrong (bootstrapping: Sung and Poggio, 1998).
"""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
import torch
from tqdm import tqdm

from phiz_core.detection import face_frame
from phiz_core.geometry import ImageArray, Points
from training.models.face_detector import FaceDetector

_ZOOMS: Final = (1, 2)
_LEAST_SCORE: Final = 0.03
_MOST: Final = 64
_FAR: Final = 1.6


@dataclass(frozen=True)
class Mined:
    """Wrong proposals.

    Attributes:
        portraits: int64 [M], which portrait each is in.
        landmarks: float64 [M, 5, 2], where the detector saw a face, in the portrait's pixels.
    """

    portraits: np.ndarray
    landmarks: Points


@torch.no_grad()
def mine(detector: FaceDetector, photos: ImageArray, landmarks: np.ndarray) -> Mined:
    """All that ``detector`` proposes in portraits [N, H, W], H and W multiples of 32, and lies beside their one face.

    Args:
        detector: frozen.
        photos: uint8 [N, H, W].
        landmarks: [N, 5, 2], of each one's face.
    """
    found: list[tuple[int, Points]] = []
    for index, (photo, points) in enumerate(zip(tqdm(photos, desc="mine", leave=False), landmarks, strict=True)):
        centre, _, size = face_frame(points)
        for zoom in _ZOOMS:
            picture = cv2.resize(photo, None, fx=zoom, fy=zoom, interpolation=cv2.INTER_CUBIC)
            logits, proposed = detector(torch.from_numpy(picture)[None, None].float())
            best = logits[0].topk(_MOST)
            likely = best.indices[torch.sigmoid(best.values) > _LEAST_SCORE]
            taken: list[tuple[Points, float]] = []
            for place in (proposed[0, likely].numpy() / zoom).astype(np.float64):
                middle, _, extent = face_frame(place)
                is_wrong = np.hypot(*(middle - centre)) > _FAR * max(size, extent)
                is_new = all(np.hypot(*(middle - other)) > 0.5 * scale for other, scale in taken)
                if is_wrong and is_new:
                    taken.append((middle, extent))
                    found.append((index, place))
    places = np.array([place for _, place in found]).reshape(-1, 5, 2)
    return Mined(np.array([index for index, _ in found], np.int64), places)
