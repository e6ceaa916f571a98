"""Where the faces of a photograph are. THE place that the landmark network will replace.

Until then faces are found by OpenCV's Haar cascades, and their five landmarks are estimated: each eye is looked for
near the place where it usually is in such a box; nose and mouth are then put where they are on the average face with
those eyes. The numbers were measured on the training portraits. Faces that are rolled by more than some 20 degrees, or
seen from the side, are not found.
"""

import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from phiz_core import geometry
from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray, Points

_DETECTION_PX: Final = 800
_SMALLEST_FACE_PX: Final = 24
_NEIGHBOURS: Final = 5

# Eyes in a frontal-face box, in parts of its side; and where an eye is looked for: +- this much around them.
_EYES: Final = np.array([[0.315, 0.398], [0.684, 0.398]])
_EYE_WINDOW: Final = 0.16
_EYE_MAX_SHIFT: Final = 0.07

# Nose and mouth corners of the average face, in the frame where the eyes are at (0, 0) and (1, 0).
_BELOW_THE_EYES: Final = np.array([[0.5, 0.668], [0.025, 1.022], [0.975, 1.022]])

# The cascade's confidence in a box: half of the boxes at _EVEN are faces; a box below _SURE needs a second opinion.
_EVEN: Final = 4.0
_SURE: Final = 5.0
_SAME_FACE_OVERLAP: Final = 0.4


@dataclass(frozen=True)
class DetectedFace:
    """A face in a photograph, in pixels with the centre of the top left pixel at (0.5, 0.5).

    Attributes:
        box_px: x, y, width and height.
        landmarks_px: [5, 2] float64: left eye, right eye, nose, left and right mouth corner as seen.
        score: 0 to 1, the logistic function of the cascade's confidence.
    """

    box_px: tuple[float, float, float, float]
    landmarks_px: Points
    score: float

    @property
    def roll_degrees(self) -> float:
        """Angle of the line between the eyes, clockwise as seen."""
        return geometry.roll_degrees(self.landmarks_px)


def find_faces(rgb: ImageArray) -> list[DetectedFace]:
    """The faces of RGB [H, W, 3] uint8, largest first; an empty list if none is found. Blocks."""
    gray = luminance(rgb)
    shrink = min(1.0, _DETECTION_PX / max(gray.shape))
    if shrink < 1.0:
        gray = np.asarray(cv2.resize(gray, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    scale = np.array([rgb.shape[1] / gray.shape[1], rgb.shape[0] / gray.shape[0]])
    faces = [_describe(gray, box, weight, scale) for box, weight in _boxes(gray)]
    return sorted(faces, key=lambda face: face.box_px[2] * face.box_px[3], reverse=True)


class _Cascades(threading.local):
    """The cascades of one thread: a classifier keeps state while it runs."""

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self.face = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
        self.second = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
        self.eye = cv2.CascadeClassifier(str(folder / "haarcascade_eye.xml"))


_cascades = _Cascades()


def _boxes(gray: ImageArray) -> list[tuple[Points, float]]:
    """Square boxes (x, y, side) with the cascade's confidence."""
    size = (_SMALLEST_FACE_PX, _SMALLEST_FACE_PX)
    found, _, weights = _cascades.face.detectMultiScale3(gray, 1.1, _NEIGHBOURS, minSize=size, outputRejectLevels=True)
    boxes = [np.array(box[:3], np.float64) for box in found]
    confidences = [float(weight) for weight in np.ravel(weights)]
    if all(confidence >= _SURE for confidence in confidences):
        return list(zip(boxes, confidences, strict=True))
    seconds = [np.array(box[:3], np.float64) for box in _cascades.second.detectMultiScale(gray, 1.1, 3, minSize=size)]
    return [
        (box, confidence)
        for box, confidence in zip(boxes, confidences, strict=True)
        if confidence >= _SURE or any(_overlap(box, second) > _SAME_FACE_OVERLAP for second in seconds)
    ]


def _overlap(one: Points, other: Points) -> float:
    """Intersection over union of two squares (x, y, side)."""
    width, height = np.minimum(one[:2] + one[2], other[:2] + other[2]) - np.maximum(one[:2], other[:2])
    shared = max(width, 0.0) * max(height, 0.0)
    return float(shared / (one[2] ** 2 + other[2] ** 2 - shared))


def _describe(gray: ImageArray, box: Points, confidence: float, scale: Points) -> DetectedFace:
    corner, side = box[:2], box[2]
    eyes = corner + side * np.stack([_eye(gray, corner, side, usual) for usual in _EYES])
    across = eyes[1] - eyes[0]
    frame = np.stack([across, [-across[1], across[0]]])
    landmarks = np.concatenate([eyes, eyes[0] + _BELOW_THE_EYES @ frame])
    x, y = corner * scale
    width, height = side * scale
    score = 1.0 / (1.0 + math.exp(_EVEN - confidence))
    return DetectedFace((float(x), float(y), float(width), float(height)), landmarks * scale, score)


def _eye(gray: ImageArray, corner: Points, side: float, usual: Points) -> Points:
    """An eye's place in parts of the box: where the eye cascade sees one near the usual place, else the usual place."""
    low = np.maximum(corner + side * (usual - _EYE_WINDOW), 0).astype(int)
    high = (corner + side * (usual + _EYE_WINDOW)).astype(int)
    window = gray[low[1] : high[1], low[0] : high[0]]
    smallest = max(8, int(side * 0.12))
    found = _cascades.eye.detectMultiScale(window, 1.05, 3, minSize=(smallest, smallest))
    centres = [(low - corner + np.array((x + width / 2, y + height / 2))) / side for x, y, width, height in found]
    near = [centre for centre in centres if np.linalg.norm(centre - usual) < _EYE_MAX_SHIFT]
    return min(near, key=lambda centre: float(np.linalg.norm(centre - usual)), default=usual)
