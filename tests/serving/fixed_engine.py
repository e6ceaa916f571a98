"""An engine whose models never change, for tests that say what its models compute."""

from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractContextManager, nullcontext

from serving.engine.base import Inference, Model, ModelVersion, Tensors


class FixedEngine:
    """Always ready; ``infer`` is the tests' own."""

    def __init__(self, *models: Model) -> None:
        self.models: Mapping[str, Model] = {model.id.name: model for model in models}

    def hold(self) -> AbstractContextManager[Mapping[str, Model]]:
        return nullcontext(self.models)

    async def readiness(self) -> AsyncIterator[str]:
        yield ""

    async def infer(self, model: ModelVersion, inputs: Tensors) -> Inference:
        raise NotImplementedError

    async def close(self) -> None:
        """There is nothing to stop."""
