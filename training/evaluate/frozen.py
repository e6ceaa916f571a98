"""The frozen face encoder, by whose features all figures of generators are taken, and how it is made.

Its file lies beside this one, so that everybody gets the same figures. A figure is only comparable with one of the same
encoder: the file's SHA-256 is recorded with each.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from phiz_core.geometry import ImageArray
from training.dataset import to_tensor
from training.errors import TrainingError
from training.evaluate.distances import Matrix
from training.models.face_encoder import INPUT_PX, FaceEncoder

FROZEN = Path(__file__).with_name("face_encoder.safetensors")
"""The encoder that all figures are taken by."""

_BATCH = 100
_LEAST_DEVIATION = 1e-3


class FrozenEncoder:
    """Faces to features; over the training faces, each feature has mean 0 and deviation 1.

    Attributes:
        digest: SHA-256 of the file, hexadecimal.

    Raises:
        TrainingError: the file is missing or damaged.
    """

    def __init__(self, path: Path = FROZEN) -> None:
        try:
            self.digest = hashlib.sha256(path.read_bytes()).hexdigest()
            with safe_open(path, framework="pt") as file:
                facts = file.metadata()
                state = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118
            self._mean, self._deviation = state.pop("mean"), state.pop("deviation")
            self._encoder = FaceEncoder(json.loads(facts["widths"]), len(self._mean)).eval().requires_grad_(False)
            self._encoder.load_state_dict(state)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise TrainingError(f"the face encoder {path} cannot be read ({error})") from error

    def __call__(self, images: ImageArray) -> Matrix:
        """Aligned faces uint8 [N, S, S, 3] to features float64 [N, D]; of another size than 64 px they are resized."""
        features = (_features(self._encoder, images) - self._mean) / self._deviation
        return np.asarray(features.numpy(), np.float64)


def resized(images: ImageArray, side_px: int) -> ImageArray:
    """Pictures [N, S, S, 3] to [N, side_px, side_px, 3]: larger ones by the mean of areas, smaller ones bilinearly."""
    if images.shape[1] == side_px:
        return images
    kind = cv2.INTER_AREA if images.shape[1] > side_px else cv2.INTER_LINEAR
    return np.stack([cv2.resize(image, (side_px, side_px), interpolation=kind) for image in images])


def freeze(encoder: FaceEncoder, train: ImageArray, facts: Mapping[str, str], path: Path) -> None:
    """Writes ``encoder`` and the mean and deviation of its features of ``train`` uint8 [N, S, S, 3].

    Convolutions in float16, which moves no figure; the file appears whole or not at all.
    """
    features = _features(encoder.eval(), train)
    state = {name: value.half() if value.ndim > 1 else value for name, value in encoder.state_dict().items()}
    state |= {"mean": features.mean(0), "deviation": features.std(0).clamp(min=_LEAST_DEVIATION)}
    data = save({name: value.contiguous() for name, value in state.items()}, dict(facts))
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(data)
    unfinished.replace(path)


@torch.no_grad()
def _features(encoder: FaceEncoder, images: ImageArray) -> Tensor:
    parts = (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))
    return torch.cat([encoder(to_tensor(resized(part, INPUT_PX))) for part in parts])
