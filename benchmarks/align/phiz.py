"""Phiz's own search, on ONNX Runtime with one thread."""

from pathlib import Path

import numpy as np

from benchmarks.runtime import newest
from phiz_core import detection, geometry
from phiz_core.geometry import ImageArray, Points
from training.prepare.detect import FaceFinder, FaceModels

_EYES = [geometry.LEFT_EYE, geometry.RIGHT_EYE]


class PhizDetector:
    """A ``Detector`` of the two networks that find faces and refine their landmarks.

    Raises:
        MissingError: one of them is not there.
    """

    def __init__(self, repository: Path) -> None:
        """Loads the newest versions of a model repository."""
        for name in (detection.DETECTOR, detection.LANDMARKER):
            newest(repository, name)
        self._finder = FaceFinder(FaceModels(repository))

    def __call__(self, rgb: ImageArray) -> Points:
        faces = self._finder.find(rgb)
        return np.array([face.landmarks_px[_EYES] for face in faces], np.float64).reshape(-1, 2, 2)
