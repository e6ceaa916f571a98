"""YuNet, a small face detector, by ``cv2.FaceDetectorYN``.

Wu, Peng, Yu: YuNet: A Tiny Millisecond-level Face Detector, 2023. Once over the photograph, or again on each face that
it found: turned upright, cut out at 320 px, as it is and mirrored, and the mean of both.
"""

from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.align.pictures import shrunk
from benchmarks.errors import MissingError
from phiz_core import detection, geometry
from phiz_core.geometry import ImageArray, Points

_LONGEST_PX: Final = 640
_CUT_PX: Final = 320

# The API's default is 0.9, at which it misses one rolled face in five; see docs/benchmarks.md.
_SCORE: Final = 0.8
_SAME_FACE_OVERLAP: Final = 0.3
_MOST_PROPOSALS: Final = 5000

_LANDMARKS: Final = slice(4, 14)
_MIRRORED: Final = [geometry.RIGHT_EYE, geometry.LEFT_EYE, geometry.NOSE, geometry.MOUTH_RIGHT, geometry.MOUTH_LEFT]
_EYES: Final = [geometry.LEFT_EYE, geometry.RIGHT_EYE]


def open_yunet(folder: Path, again: bool) -> "YuNetDetector":
    """Loads the newest YuNet of ``folder``. ``again``: look a second time at each face.

    Raises:
        MissingError: there is none.
    """
    files = sorted(folder.glob("face_detection_yunet_*.onnx"))
    if not files:
        raise MissingError(f"no YuNet in {folder}")
    return YuNetDetector(files[-1], again)


class YuNetDetector:
    """A ``Detector`` of YuNet. For one thread."""

    def __init__(self, file: Path, again: bool) -> None:
        size = (_CUT_PX, _CUT_PX)
        self._network = cv2.FaceDetectorYN.create(str(file), "", size, _SCORE, _SAME_FACE_OVERLAP, _MOST_PROPOSALS)
        self._again = again

    def __call__(self, rgb: ImageArray) -> Points:
        small, scale = shrunk(rgb, _LONGEST_PX)
        faces = self._landmarks(small) / scale
        if self._again:
            faces = np.array([self._second_look(rgb, face) for face in faces], np.float64).reshape(-1, 5, 2)
        return np.asarray(faces[:, _EYES], np.float64)

    def _landmarks(self, rgb: ImageArray) -> Points:
        """[N, 5, 2]: eyes, nose, mouth corners, left and right as seen."""
        self._network.setInputSize((rgb.shape[1], rgb.shape[0]))
        _, found = self._network.detect(cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR))
        if found is None:
            return np.empty((0, 5, 2))
        return np.asarray(found[:, _LANDMARKS], np.float64).reshape(-1, 5, 2)

    def _second_look(self, rgb: ImageArray, face: Points) -> Points:
        cut = detection.landmark_cut(face)
        cut[:, :2] *= detection.CROP_PX / _CUT_PX
        crop = geometry.crop(rgb, cut, _CUT_PX, _CUT_PX)
        plain = self._landmarks(crop)
        mirrored = self._landmarks(np.ascontiguousarray(crop[:, ::-1]))[:, _MIRRORED]
        mirrored[..., 0] = _CUT_PX - mirrored[..., 0]
        seen = [_most_central(faces) for faces in (plain, mirrored) if len(faces)]
        return geometry.apply(cut, np.mean(seen, axis=0)) if seen else face


def _most_central(faces: Points) -> Points:
    offsets = np.linalg.norm(faces.mean(axis=1) - _CUT_PX / 2, axis=1)
    return np.asarray(faces[np.argmin(offsets)], np.float64)
