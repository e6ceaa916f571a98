"""Finds faces with the two networks of a model repository, in this process."""

import hashlib
from pathlib import Path

import onnxruntime

from phiz_core.detection import DETECTOR, LANDMARKER, DetectedFace, Inference, Outputs, drive, find_faces
from phiz_core.geometry import ImageArray
from training.errors import TrainingError


class FaceModels:
    """The files of both networks, newest version each.

    Args:
        repository: ``<repository>/<model>/<version>/model.onnx``.

    Raises:
        TrainingError: a network is missing.
    """

    def __init__(self, repository: Path) -> None:
        self.files = {name: _newest(repository, name) for name in (DETECTOR, LANDMARKER)}

    def digest(self) -> str:
        """SHA-256 of both files, hexadecimal."""
        digest = hashlib.sha256()
        for file in self.files.values():
            digest.update(file.read_bytes())
        return digest.hexdigest()

    def versions(self) -> dict[str, str]:
        """Version by name."""
        return {name: file.parent.name for name, file in self.files.items()}


class FaceFinder:
    """Loaded networks, one thread each: the work is spread over processes.

    Args:
        models: the files to load.

    Raises:
        TrainingError: a file is no network that ONNX Runtime runs.
    """

    def __init__(self, models: FaceModels) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self._sessions = {name: _load(file, options) for name, file in models.files.items()}

    def find(self, rgb: ImageArray) -> list[DetectedFace]:
        """The faces of RGB [H, W, 3] uint8, largest first, maybe none."""
        return drive(find_faces(rgb), self._run)

    def _run(self, inference: Inference) -> Outputs:
        session = self._sessions[inference.model]
        names = [output.name for output in session.get_outputs()]
        return dict(zip(names, session.run(names, dict(inference.inputs)), strict=True))


def _newest(repository: Path, name: str) -> Path:
    versions = [entry for entry in (repository / name).glob("*/model.onnx") if entry.parent.name.isdecimal()]
    if not versions:
        raise TrainingError(
            f"{repository} has no model {name}, which finds the faces; name a repository that has it with --repository"
        )
    return max(versions, key=lambda file: int(file.parent.name))


def _load(file: Path, options: onnxruntime.SessionOptions) -> onnxruntime.InferenceSession:
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's own errors have no common base
        raise TrainingError(f"{file} is no network that can be run: {error}") from error
