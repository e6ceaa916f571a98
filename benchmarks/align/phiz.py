"""Phiz's own search, on ONNX Runtime with one thread."""

from pathlib import Path

import numpy as np
import onnxruntime as ort

from benchmarks.errors import MissingError
from phiz_core import detection, geometry
from phiz_core.detection import Inference, Outputs
from phiz_core.geometry import ImageArray, Points

_EYES = [geometry.LEFT_EYE, geometry.RIGHT_EYE]


def open_phiz(repository: Path) -> "PhizDetector":
    """Loads the newest versions of both networks of a model repository.

    Raises:
        MissingError: one of them is not there.
    """
    sessions = {}
    for name in (detection.DETECTOR, detection.LANDMARKER):
        versions = sorted((repository / name).glob("*/model.onnx"), key=lambda file: int(file.parent.name))
        if not versions:
            raise MissingError(f"no {name} in {repository}")
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        sessions[name] = ort.InferenceSession(versions[-1], options, providers=["CPUExecutionProvider"])
    return PhizDetector(sessions)


class PhizDetector:
    """A ``Detector`` of the two networks that find faces and refine their landmarks."""

    def __init__(self, sessions: dict[str, ort.InferenceSession]) -> None:
        self._sessions = sessions

    def __call__(self, rgb: ImageArray) -> Points:
        faces = detection.drive(detection.find_faces(rgb), self._run)
        return np.array([face.landmarks_px[_EYES] for face in faces], np.float64).reshape(-1, 2, 2)

    def _run(self, wanted: Inference) -> Outputs:
        session = self._sessions[wanted.model]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, dict(wanted.inputs)), strict=True))
