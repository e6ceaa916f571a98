"""Latents: from a seed, to and from the caller's bytes, and whose they are."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from serving.engine.base import Model, ModelVersion
from serving.errors import LatentInvalid, LatentVersionMismatch

Floats = npt.NDArray[np.float32]

MAX_MAGNITUDE = 1e4
"""Larger numbers than any mapping or inversion gives; beyond them the generator's sums may overflow."""

_SEEDS = 1 << 64
_WIRE_DTYPE = np.dtype("<f4")


@dataclass(frozen=True)
class Latent:
    """A face as the generator's latent: w+ [layers, width] float32, and the generator that it belongs to."""

    w_plus: Floats
    model: ModelVersion


@dataclass(frozen=True)
class SentLatent:
    """A latent as a caller sent it, not yet checked."""

    data: bytes
    shape: tuple[int, ...]
    model: ModelVersion


def seed_after(seed: int, steps: int) -> int:
    """The ``steps``-th seed after ``seed``; seeds go round from 2**64 - 1 to 0."""
    return (seed + steps) % _SEEDS


def z_from_seed(seed: int, size: int) -> Floats:
    """The normal deviates [size] float32 of a seed 0..2**64-1: the Philox stream with that key."""
    return np.random.Generator(np.random.Philox(key=seed)).standard_normal(size, np.float32)


def to_bytes(w_plus: Floats) -> bytes:
    """Little-endian float32, row by row."""
    return w_plus.astype(_WIRE_DTYPE).tobytes()


def read(sent: SentLatent, generator: Model, *, field: str) -> Latent:
    """Reads a caller's latent for ``generator``.

    Raises:
        LatentVersionMismatch: it belongs to another generator.
        LatentInvalid: bytes, shape or numbers are not such a generator's.
    """
    if sent.model != generator.id:
        theirs, ours = _text(sent.model), _text(generator.id)
        message = f"The latent belongs to {theirs}; this server has {ours}."
        raise LatentVersionMismatch(message, field=field, latent_model=theirs, serving_model=ours)
    wanted = generator.inputs["w_plus"].shape
    if sent.shape != wanted or len(sent.data) != math.prod(wanted) * _WIRE_DTYPE.itemsize:
        message = f"The latent has shape {list(sent.shape)} and {len(sent.data)} bytes; it is float32 {list(wanted)}."
        raise LatentInvalid(message, field=field)
    w_plus = np.frombuffer(sent.data, _WIRE_DTYPE).reshape(wanted).astype(np.float32)
    if not np.all(np.abs(w_plus) <= MAX_MAGNITUDE):  # NaN fails this too
        raise LatentInvalid(f"The latent's numbers must be from {-MAX_MAGNITUDE:g} to {MAX_MAGNITUDE:g}.", field=field)
    return Latent(w_plus, sent.model)


def _text(model: ModelVersion) -> str:
    return f'"{model.name}" version {model.version}'
