"""What the gateway asks of an inference engine, whichever one it is."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

Tensor = npt.NDArray[Any]
Tensors = Mapping[str, Tensor]
"""Arrays by tensor name, the batch dimension in front; all have the same number of rows."""


class ModelVersion(NamedTuple):
    """A model at one version."""

    name: str
    version: int


@dataclass(frozen=True)
class TensorSpec:
    """An input or output of a model.

    Attributes:
        name: its name.
        dtype: its number type.
        shape: its sizes without the batch dimension; -1 for any size.
    """

    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    def accepts(self, array: Tensor) -> bool:
        """Whether ``array`` (batch dimension in front) has this type and shape."""
        fits = array.dtype == self.dtype and array.ndim == len(self.shape) + 1
        return fits and all(want in (-1, size) for want, size in zip(self.shape, array.shape[1:], strict=True))


@dataclass(frozen=True)
class Model:
    """A model that an engine has loaded.

    Attributes:
        id: name and version.
        max_batch_size: most rows of one inference.
        inputs: inputs by name.
        outputs: outputs by name.
        metadata: what training wrote into the model file: recipe, dataset_digest, metrics and the like.
        ready: whether it is warm and answers.
    """

    id: ModelVersion
    max_batch_size: int
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    metadata: Mapping[str, str]
    ready: bool

    def check(self, inputs: Tensors) -> None:
        """Checks that the inputs fit.

        Raises:
            ValueError: they have other names, types, shapes or numbers of rows.
        """
        if inputs.keys() != self.inputs.keys():
            raise ValueError(f"{self.id.name} takes {sorted(self.inputs)}, not {sorted(inputs)}")
        for name, array in inputs.items():
            if not self.inputs[name].accepts(array):
                raise ValueError(f"{self.id.name}: {name} has {array.dtype} {array.shape}, not {self.inputs[name]}")
        if len({len(array) for array in inputs.values()}) != 1:
            raise ValueError(f"{self.id.name}: the inputs have different numbers of rows")


@dataclass(frozen=True)
class Inference:
    """What one call of a model gave.

    Attributes:
        outputs: arrays by output name, as many rows as the inputs had.
        model: the model version that ran.
        queue_seconds: time that the call waited for the model, as far as the engine knows.
        infer_seconds: the rest of the time that the call took.
    """

    outputs: Tensors
    model: ModelVersion
    queue_seconds: float
    infer_seconds: float


class Engine(Protocol):
    """Runs models. All methods belong to the event loop that it was opened on."""

    @property
    def models(self) -> Mapping[str, Model]:
        """The models that new requests work with, by name."""
        ...

    def hold(self) -> AbstractContextManager[Mapping[str, Model]]:
        """Keeps the models as they are now while the context is open: what it yields can be run until then, though
        newer versions may have come meanwhile."""
        ...

    def readiness(self) -> AsyncIterator[str]:
        """Why not all models answer, "" where all do: now, and each time that this has changed."""
        ...

    async def infer(self, model: ModelVersion, inputs: Tensors) -> Inference:
        """Runs a model that is held on 1 to ``max_batch_size`` rows.

        A call that is cancelled leaves the queue; if it runs already, its result is dropped.

        Raises:
            ModelNotFound: there is no such model.
            ModelUnavailable: the model does not answer for now.
            QueueFull: too much work waits for the model.
            DeadlineExceeded: the caller's deadline has passed.
            ValueError: the inputs do not fit the model.
        """
        ...

    async def close(self) -> None:
        """Stops. Calls that still wait are cancelled."""
        ...
