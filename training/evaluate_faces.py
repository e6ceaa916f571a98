"""Figures of the two face networks on held-out people, in pictures as hard as those they learnt from.

How well they find faces together, in photographs, is told by ``make bench-align``.
"""

import numpy as np
import torch

from phiz_core.detection import FACE_IN_CROP
from training.models.face_detector import FaceDetector
from training.models.face_landmarks import FaceLandmarks
from training.synthesis.feeds import CropFeed, SceneFeed

_CROP_BATCHES = 40
_SCENE_BATCHES = 20


@torch.no_grad()
def evaluate_landmarks(network: FaceLandmarks, crops: CropFeed, seed: int) -> dict[str, float]:
    """Error of the eyes in sizes of the face, and how well faces are told from other things."""
    torch.manual_seed(seed)
    errors, faces, scores = [], [], []
    for _ in range(_CROP_BATCHES):
        batch = crops.next()
        points, logits, _ = network(batch.luminance)
        shown = batch.is_face == 1.0
        errors.append(((points - batch.points)[shown, :2] / FACE_IN_CROP).norm(dim=2).flatten().numpy())
        faces.append(shown.numpy())
        scores.append((logits > 0).numpy())
    error, is_face, said = np.concatenate(errors), np.concatenate(faces), np.concatenate(scores)
    return {
        "eye_error_mean": float(error.mean()),
        "eye_error_p95": float(np.percentile(error, 95)),
        "faces_accepted": float(said[is_face].mean()),
        "others_accepted": float(said[~is_face].mean()),
    }


@torch.no_grad()
def evaluate_detector(network: FaceDetector, scenes: SceneFeed, seed: int) -> dict[str, float]:
    """Of all places in made scenes: how many on a face say so, and how many elsewhere."""
    torch.manual_seed(seed)
    on_faces, elsewhere, errors = [], [], []
    for _ in range(_SCENE_BATCHES):
        batch = scenes.next()
        logits, points = network(batch.luminance)
        faces, others = batch.wanted == 1.0, batch.wanted == 0.0
        on_faces.append((logits[faces] > 0).numpy())
        elsewhere.append((logits[others] > 0).numpy())
        error = (points[faces] - batch.points[faces])[:, :2].norm(dim=2) / batch.sizes_px[faces][:, None]
        errors.append(error.flatten().numpy())
    return {
        "eye_error_mean": float(np.concatenate(errors).mean()),
        "places_on_faces_found": float(np.concatenate(on_faces).mean()),
        "places_elsewhere_per_thousand": float(np.concatenate(elsewhere).mean() * 1000),
    }
