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
from training.engine.files import write_whole
from training.errors import TrainingError
from training.evaluate.distances import Matrix
from training.models.face_encoder import INPUT_PX, FaceEncoder

FROZEN = Path(__file__).with_name("face_encoder.safetensors")
"""The encoder that all figures are taken by."""

_BATCH = 100
_VARIANCE = 0.99
"""How much of the variance of the training faces the features hold; the rest is noise, which whitening would raise."""


class FrozenEncoder:
    """Aligned faces to vectors; of another size than 64 px they are resized.

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
            self._mean, self._whitening = state.pop("mean"), state.pop("whitening")
            self._encoder = FaceEncoder(json.loads(facts["widths"]), len(self._mean)).eval().requires_grad_(False)
            self._encoder.load_state_dict(state)
        except (OSError, SafetensorError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise TrainingError(f"the face encoder {path} cannot be read ({error})") from error

    def features(self, images: ImageArray) -> Matrix:
        """What faces look like: uint8 [N, S, S, 3] to float64 [N, D].

        Over the training faces, the D features are not correlated and have mean 0 and deviation 1.
        """
        features, _ = _encode(self._encoder, images)
        return np.asarray(((features - self._mean) @ self._whitening).numpy(), np.float64)

    def identities(self, images: ImageArray) -> Matrix:
        """Whom faces show, whatever the light, the cut and the quality: uint8 [N, S, S, 3] to float64 [N, 128]."""
        _, identities = _encode(self._encoder, images)
        return np.asarray(identities.numpy(), np.float64)


def resized(images: ImageArray, side_px: int) -> ImageArray:
    """Pictures [N, S, S, 3] to [N, side_px, side_px, 3]: larger ones by the mean of areas, smaller ones bilinearly."""
    if images.shape[1] == side_px:
        return images
    kind = cv2.INTER_AREA if images.shape[1] > side_px else cv2.INTER_LINEAR
    return np.stack([cv2.resize(image, (side_px, side_px), interpolation=kind) for image in images])


def freeze(encoder: FaceEncoder, train: ImageArray, facts: Mapping[str, str], path: Path) -> None:
    """Writes ``encoder`` with the whitening of its features of ``train`` uint8 [N, S, S, 3].

    Whitened, a fault that real faces never have counts by how rare it is, not by how loud the feature is. Weights are
    in float16, which moves no figure.

    Raises:
        TrainingError: the file could not be written.
    """
    features, _ = _encode(encoder.eval(), train)
    variances, components = torch.linalg.eigh(features.double().T.cov())
    kept = int((variances.flip(0).cumsum(0) < _VARIANCE * variances.sum()).sum()) + 1
    state = {name: value.half() if value.ndim > 1 else value for name, value in encoder.state_dict().items()}
    state["mean"] = features.mean(0)
    state["whitening"] = (components[:, -kept:] / variances[-kept:].sqrt()).float()
    write_whole(path, save({name: value.contiguous() for name, value in state.items()}, dict(facts)))


@torch.no_grad()
def _encode(encoder: FaceEncoder, images: ImageArray) -> tuple[Tensor, Tensor]:
    parts = (images[start : start + _BATCH] for start in range(0, len(images), _BATCH))
    features, identities = zip(*(encoder(to_tensor(resized(part, INPUT_PX))) for part in parts), strict=True)
    return torch.cat(features), torch.cat(identities)
