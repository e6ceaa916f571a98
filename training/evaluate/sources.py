"""Where made faces come from: a run's generator, or exported models as they are served."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch

from phiz_core.geometry import ImageArray
from training.dataset import to_uint8
from training.errors import TrainingError
from training.models.dcgan import DcganGenerator
from training.models.generator import Generator
from training.publish import MODEL_FILE

Make = Callable[[int, int], ImageArray]
"""Count and seed to as many faces uint8 [N, S, S, 3], without truncation."""

_BATCH = 16


def of_generator(generator: Generator) -> Make:
    """Faces of a trained generator."""
    return _of_network(generator, generator.latent_dim)


def of_dcgan(generator: DcganGenerator) -> Make:
    """Faces of a trained DCGAN."""
    return _of_network(lambda z: 2.0 * generator(z), generator.latent_dim)


def _of_network(generator: Callable[[torch.Tensor], torch.Tensor], latent_dim: int) -> Make:
    """``generator``: noise [B, latent_dim] to pictures [B, 3, S, S] in -1..1."""

    @torch.no_grad()
    def make(count: int, seed: int) -> ImageArray:
        latents = _latents(count, latent_dim, seed)
        return np.concatenate([to_uint8(generator(part)) for part in latents.split(_BATCH)])

    return make


def of_models(repository: Path) -> Make:
    """Faces of the newest ``mapping`` and ``generator`` of a model repository; the same as those of their run.

    Raises:
        TrainingError: one of them is missing or damaged.
    """
    mapping, generator = open_newest(repository / "mapping"), open_newest(repository / "generator")

    def make(count: int, seed: int) -> ImageArray:
        latents = _latents(count, mapping.get_inputs()[0].shape[1], seed)
        return np.concatenate([made(part.numpy()) for part in latents.split(_BATCH)])

    def made(z: np.ndarray) -> ImageArray:
        untruncated = np.ones((len(z), 1), np.float32)
        (w_plus,) = mapping.run(["w_plus"], {"z": z, "truncation": untruncated})
        (images,) = generator.run(["image"], {"w_plus": w_plus})
        return np.asarray(images, np.uint8)

    return make


def _latents(count: int, latent_dim: int, seed: int) -> torch.Tensor:
    return torch.randn(count, latent_dim, generator=torch.Generator().manual_seed(seed))


def open_newest(model: Path) -> Any:
    """An inference session of the newest version in a model's folder, on the CPU.

    Raises:
        TrainingError: there is none, or it is damaged.
    """
    versions = sorted((int(folder.name), folder) for folder in model.glob("*") if folder.name.isdecimal())
    if not versions:
        raise TrainingError(f"{model} holds no version of a model")
    return open_onnx(versions[-1][1] / MODEL_FILE)


def open_onnx(path: Path) -> Any:
    """An inference session on the CPU.

    Raises:
        TrainingError: the file is missing, or no ONNX model.
    """
    try:
        return onnxruntime.InferenceSession(path.read_bytes(), providers=["CPUExecutionProvider"])
    except Exception as error:  # ONNX Runtime's errors have no common class
        raise TrainingError(f"the model {path} cannot be read ({error})") from error
