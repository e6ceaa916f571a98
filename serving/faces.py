"""Where the faces of a photograph are. THE place that the landmark network will replace.

Until then faces are found by OpenCV's Haar cascades, and their five landmarks are estimated: each eye is looked for
near the place where it usually is in such a box; nose and mouth are then put where they are on the average face with
those eyes. The numbers were measured on the training portraits. Faces that are clearly
rolled, or seen from the side, are not looked for.
"""

import math
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
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

# Eyes in a frontal-face box, in parts of its side; an eye is looked for +- _EYE_WINDOW around, and a find that is
# further than _EYE_MAX_SHIFT away is something else. The eye cascade's boxes lie off the pupil by _EYE_OFFSET.
_EYES: Final = np.array([[0.315, 0.398], [0.684, 0.398]])
_EYE_WINDOW: Final = 0.2
_EYE_MAX_SHIFT: Final = 0.1
_EYE_OFFSET: Final = np.array([0.009, -0.002])

# Nose and mouth corners of the average face, in the frame where the eyes are at (0, 0) and (1, 0).
_BELOW_THE_EYES: Final = np.array([[0.5, 0.668], [0.025, 1.022], [0.975, 1.022]])

# A box is a face if two of three say so: the cascade is confident, another cascade finds it too, an eye is seen in it.
# That tells faces from ties and collars. Where no box has two, the likeliest that the other cascade finds is taken.
_CONFIDENT: Final = 6.0
_SAME_FACE_OVERLAP: Final = 0.6

# Between the confidences of most true and most false boxes, by eye.
_EVEN_CONFIDENCE: Final = 4.0


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

    def scaled(self, scale: Points) -> "DetectedFace":
        """The face in a picture that is ``scale`` (x, y) times as large."""
        x, y, width, height = (np.array(self.box_px) * np.tile(scale, 2)).tolist()
        return replace(self, box_px=(x, y, width, height), landmarks_px=self.landmarks_px * scale)


def find_faces(rgb: ImageArray) -> list[DetectedFace]:
    """The faces of RGB [H, W, 3] uint8, largest first; an empty list if none is found. Blocks."""
    gray = luminance(rgb)
    shrink = min(1.0, _DETECTION_PX / max(gray.shape))
    if shrink < 1.0:
        gray = np.asarray(cv2.resize(gray, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA), np.uint8)
    scale = np.array([rgb.shape[1] / gray.shape[1], rgb.shape[0] / gray.shape[0]])
    faces = [face.scaled(scale) for face in _detect(gray)]
    return sorted(faces, key=lambda face: face.box_px[2] * face.box_px[3], reverse=True)


class _Cascades(threading.local):
    """The cascades of one thread: a classifier keeps state while it runs."""

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self.face = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
        self.other = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_alt2.xml"))
        self.eye = cv2.CascadeClassifier(str(folder / "haarcascade_eye.xml"))


_cascades = _Cascades()


def _detect(gray: ImageArray) -> list[DetectedFace]:
    size = (_SMALLEST_FACE_PX, _SMALLEST_FACE_PX)
    boxes, _, weights = _cascades.face.detectMultiScale3(gray, 1.1, _NEIGHBOURS, minSize=size, outputRejectLevels=True)
    others = [np.array(box[:3], np.float64) for box in _cascades.other.detectMultiScale(gray, 1.1, 3, minSize=size)]
    faces, doubtful = [], []
    for box, confidence in zip(
        [np.array(box[:3], np.float64) for box in boxes], np.ravel(weights).tolist(), strict=True
    ):
        shifts = [_eye_shift(gray, box[:2], box[2], usual) for usual in _EYES]
        confirmed = any(_overlap(box, other) > _SAME_FACE_OVERLAP for other in others)
        witnesses = sum((confidence > _CONFIDENT, confirmed, any(shift is not None for shift in shifts)))
        if witnesses >= 2:
            faces.append(_describe(box, shifts, confidence))
        elif confirmed:
            doubtful.append(_describe(box, shifts, confidence))
    return faces or sorted(doubtful, key=lambda face: face.score)[-1:]


def _overlap(one: Points, other: Points) -> float:
    """Intersection over union of two squares (x, y, side)."""
    width, height = np.minimum(one[:2] + one[2], other[:2] + other[2]) - np.maximum(one[:2], other[:2])
    shared = max(width, 0.0) * max(height, 0.0)
    return float(shared / (one[2] ** 2 + other[2] ** 2 - shared))


def _describe(box: Points, shifts: Sequence[Points | None], confidence: float) -> DetectedFace:
    """A face of its box (x, y, side) and of how far its eyes are from their usual places.

    An eye that is not seen is taken to be as far off as the other one.
    """
    seen = [shift for shift in shifts if shift is not None]
    common = np.mean(seen, axis=0) if seen else np.zeros(2)
    eyes = box[:2] + box[2] * (_EYES + [common if shift is None else shift for shift in shifts])
    across = eyes[1] - eyes[0]
    frame = np.stack([across, [-across[1], across[0]]])
    landmarks = np.concatenate([eyes, eyes[0] + _BELOW_THE_EYES @ frame])
    x, y, side = box.tolist()
    score = 1.0 / (1.0 + math.exp(_EVEN_CONFIDENCE - confidence))
    return DetectedFace((x, y, side, side), landmarks, score)


def _eye_shift(gray: ImageArray, corner: Points, side: float, usual: Points) -> Points | None:
    """From an eye's usual place to where the eye cascade sees it, in parts of the box; None if it sees none there."""
    low = np.maximum(corner + side * (usual - _EYE_WINDOW), 0).astype(int)
    high = (corner + side * (usual + _EYE_WINDOW)).astype(int)
    window = gray[low[1] : high[1], low[0] : high[0]]
    smallest = max(8, int(side * 0.12))
    found = _cascades.eye.detectMultiScale(window, 1.05, 3, minSize=(smallest, smallest))
    centres = [(low - corner + np.array((x + width / 2, y + height / 2))) / side for x, y, width, height in found]
    shifts = [centre + _EYE_OFFSET - usual for centre in centres]
    near = [shift for shift in shifts if np.linalg.norm(shift) < _EYE_MAX_SHIFT]
    return min(near, key=lambda shift: float(np.linalg.norm(shift)), default=None)
