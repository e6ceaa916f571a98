"""OpenCV's Haar cascades for faces and eyes, used as most programs use them.

Viola and Jones: Rapid Object Detection using a Boosted Cascade of Simple Features, 2001. An eye is the likeliest find
of the eye cascade in its half of the upper part of the face; where there is none, it is put where eyes usually are.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.align.pictures import shrunk
from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray, Points

_LONGEST_PX: Final = 640
_SCALE_STEP: Final = 1.1
_NEIGHBOURS: Final = 5
_UPPER_PART: Final = 0.6

# Mean place of the eyes in the face cascade's box, in parts of its side, on the training portraits.
_USUAL_EYES: Final = np.array([[0.315, 0.398], [0.684, 0.398]])


class HaarDetector:
    """A ``Detector`` of the two cascades that come with OpenCV. For one thread."""

    def __init__(self) -> None:
        folder = Path(cv2.__file__).parent / "data"
        self._face = cv2.CascadeClassifier(str(folder / "haarcascade_frontalface_default.xml"))
        self._eye = cv2.CascadeClassifier(str(folder / "haarcascade_eye.xml"))

    def __call__(self, rgb: ImageArray) -> Points:
        small, scale = shrunk(rgb, _LONGEST_PX)
        gray = luminance(small)
        boxes = self._face.detectMultiScale(gray, _SCALE_STEP, _NEIGHBOURS)
        faces = [self._eyes(gray, int(x), int(y), int(side)) for x, y, side, _ in boxes]
        return np.array(faces, np.float64).reshape(-1, 2, 2) / scale

    def _eyes(self, gray: ImageArray, x: int, y: int, side: int) -> Points:
        upper = gray[y : y + round(side * _UPPER_PART), x : x + side]
        found, _, weights = self._eye.detectMultiScale3(upper, _SCALE_STEP, _NEIGHBOURS, outputRejectLevels=True)
        eyes = _USUAL_EYES * side
        best = np.full(2, -np.inf)
        for (left, top, width, height), weight in zip(found, np.ravel(weights), strict=True):
            centre = np.array([left + width / 2, top + height / 2])
            half = int(centre[0] > side / 2)
            if weight > best[half]:
                best[half], eyes[half] = weight, centre
        return np.asarray(eyes + np.array([x, y]), np.float64)
