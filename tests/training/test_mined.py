"""Wrong proposals are gathered from portraits, and never the portraits' own faces."""

import numpy as np
import torch
from torch import Tensor

from phiz_core.geometry import ImageArray, Points
from training.models.face_detector import FaceDetector
from training.recipes.face_detector import RECIPE
from training.synthesis.mined import mine

FACE = np.array([[-10.0, -8.0], [10.0, -8.0], [0.0, 2.0], [-7.0, 12.0], [7.0, 12.0]])


def at(x: float, y: float, size: float = 1.0) -> Points:
    return np.asarray(FACE * size + np.array([x, y]))


class Sees(FaceDetector):
    """A detector that sees faces where it is told, however large the picture; in places of a picture of 128 px."""

    def __init__(self, faces: list[Points], scores: list[float]) -> None:
        super().__init__((8, 8, 8, 8), (1, 1, 1), 8)
        self._faces, self._scores = faces, scores

    def forward(self, luminance: Tensor) -> tuple[Tensor, Tensor]:
        zoom = luminance.shape[-1] / 128
        logits = torch.full((1, 100), -20.0)
        logits[0, : len(self._scores)] = torch.logit(torch.tensor(self._scores))
        points = torch.zeros(1, 100, 5, 2)
        points[0, : len(self._faces)] = torch.from_numpy(np.stack(self._faces) * zoom).float()
        return logits, points


def mined(faces: list[Points], scores: list[float]) -> list[tuple[float, float]]:
    photo: ImageArray = np.zeros((1, 128, 128), np.uint8)
    found = mine(Sees(faces, scores).eval(), photo, at(40, 40)[None])
    return sorted({(float(x), float(y)) for x, y in found.landmarks.mean(axis=1).round()})


def test_what_lies_beside_the_face_is_a_mistake() -> None:
    assert mined([at(40, 40), at(100, 100)], [0.9, 0.5]) == [(100, 102)]


def test_what_lies_over_the_face_is_left_out_at_any_size() -> None:
    assert mined([at(44, 38), at(45, 45, 3), at(38, 50, 0.3)], [0.9, 0.9, 0.9]) == []


def test_the_same_mistake_counts_once_and_an_unlikely_one_not_at_all() -> None:
    assert mined([at(100, 100), at(103, 101), at(100, 30)], [0.9, 0.8, 0.01]) == [(100, 102)]


def test_an_untrained_detector_can_be_asked() -> None:
    detector = FaceDetector(RECIPE.widths, RECIPE.depths, RECIPE.head).eval()
    found = mine(detector, np.zeros((2, 128, 96), np.uint8), np.stack([at(40, 40)] * 2))
    assert found.portraits.shape == (len(found.landmarks),)
