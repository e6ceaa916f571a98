"""Features of Inception, for a true FID, by a file that the user brings. Nothing is fetched."""

import hashlib
from pathlib import Path

import numpy as np

from phiz_core.geometry import ImageArray
from training.errors import TrainingError
from training.evaluate.distances import Matrix
from training.evaluate.frozen import resized
from training.evaluate.sources import open_onnx

_BATCH = 16


class Inception:
    """An ONNX file with one input, pictures [N, 3, H, W] RGB, and as its first output features [N, D] (pool3: 2048).

    uint8 pictures are given as they are, floating ones in 0..1. Where the file fixes H and W, pictures are resized
    to that; else the file does it.

    Attributes:
        digest: SHA-256 of the file, hexadecimal.

    Raises:
        TrainingError: the file is missing, or is no such model.
    """

    def __init__(self, path: Path) -> None:
        self._session, self._path = open_onnx(path), path
        self.digest = hashlib.sha256(path.read_bytes()).hexdigest()
        self._input = self._session.get_inputs()[0]
        shape, kind = self._input.shape, self._input.type
        if len(shape) != 4 or kind not in {"tensor(uint8)", "tensor(float)"}:
            raise TrainingError(f"{path} takes {kind} {shape}, not pictures [N, 3, H, W]")

    def __call__(self, images: ImageArray) -> Matrix:
        """Pictures uint8 [N, S, S, 3] to features float64 [N, D].

        Raises:
            TrainingError: the model's output is not [N, D].
        """
        parts = [self._features(images[start : start + _BATCH]) for start in range(0, len(images), _BATCH)]
        features = np.concatenate(parts).astype(np.float64)
        if features.ndim != 2:
            raise TrainingError(f"{self._path} gives {features.shape} for {len(images)} pictures, not features [N, D]")
        return features

    def _features(self, images: ImageArray) -> Matrix:
        side = self._input.shape[2]
        if isinstance(side, int):
            images = resized(images, side)
        planes: np.ndarray = np.ascontiguousarray(np.moveaxis(images, 3, 1))
        if self._input.type == "tensor(float)":
            planes = planes.astype(np.float32) / 255.0
        return np.asarray(self._session.run(None, {self._input.name: planes})[0])
