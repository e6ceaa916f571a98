"""The engine of a Triton server that serves the same model repository.

Triton batches, queues and runs. This side knows which models belong together, passes on the caller's deadline and
cancellation, and keeps an eye on Triton: a request that Triton does not answer ends in a status that may be retried.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Self

import grpc
from tritonclient.grpc import aio as tritonclient
from tritonclient.utils import InferenceServerException, np_to_triton_dtype

from serving.deadline import left_seconds
from serving.engine.base import Inference, Model, ModelVersion, Tensors
from serving.engine.follow import follow_repository
from serving.engine.generations import Generations
from serving.engine.repository import ModelSpec, describe
from serving.engine.triton_errors import Failure, failure_of, may_be_broken, to_request_error
from serving.errors import DeadlineExceeded, ModelInvalid, ModelNotFound, ModelUnavailable, QueueFull
from serving.metrics import Metrics
from serving.tracing import current_trace

_log = logging.getLogger(__name__)

_LOOK_SECONDS: Final = 1.0
"""Time between two looks at what Triton has ready."""

_CHANNEL_OPTIONS: Final = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1000),
    ("grpc.use_local_subchannel_pool", 1),  # a new client must not be given the connection of the lost one
)


class TritonEngine:
    """Has a Triton server run the models of a repository. See ``serving.engine.base.Engine``."""

    def __init__(
        self,
        address: str,
        specs: Sequence[ModelSpec],
        metrics: Metrics,
        silence_seconds: float,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> None:
        models = describe(specs)
        self._address = address
        self._metrics = metrics
        self._silence_seconds = silence_seconds
        self._credentials = credentials
        self._client = _connect(address, credentials)
        self._generations = Generations(models, self._retire)
        self._models: dict[ModelVersion, Model] = {}
        self._warmups: dict[ModelVersion, Sequence[Tensors]] = {}
        self._add(specs, models)
        self._loaded: frozenset[ModelVersion] = frozenset()
        self._suspects: set[ModelVersion] = set()
        self._broken: set[ModelVersion] = set()
        self._calls: set[asyncio.Task[Any]] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self._changed = asyncio.Event()
        self._failure: Failure | None = None

    @classmethod
    async def open(
        cls,
        address: str,
        specs: Sequence[ModelSpec],
        metrics: Metrics,
        silence_seconds: float,
        credentials: grpc.ChannelCredentials | None = None,
    ) -> Self:
        """Begins to watch the Triton server at ``address``, host:port. It need not be there yet.

        Args:
            address: where it answers gRPC.
            specs: the models that it is to serve.
            metrics: where to show which of them are ready.
            silence_seconds: without an answer for so long, it is lost, and so are the calls that it has.
            credentials: for TLS; plain text without them.

        Raises:
            ModelInvalid: a model's file cannot be read, or the models do not belong together.
        """
        engine = cls(address, specs, metrics, silence_seconds, credentials)
        await engine._look()
        engine._tasks.append(asyncio.create_task(engine._watch()))
        return engine

    @property
    def models(self) -> Mapping[str, Model]:
        """The models that new requests work with, by name."""
        return {
            name: replace(model, ready=self._is_ready(model.id)) for name, model in self._generations.models.items()
        }

    def hold(self) -> AbstractContextManager[Mapping[str, Model]]:
        """Keeps the models as they are now; see ``Engine.hold``."""
        return self._generations.hold()

    async def readiness(self) -> AsyncIterator[str]:
        """Why Triton has not all models ready, "" where it has: now, and each time that this has changed."""
        told: str | None = None
        while True:
            self._changed.clear()
            why_not = self._why_not_ready()
            if why_not != told:
                told = why_not
                yield why_not
            await self._changed.wait()

    def follow(self, folder: Path, every_seconds: float) -> None:
        """From now on, versions that are published in the repository are taken, as soon as Triton has loaded them."""
        follower = follow_repository(folder, every_seconds, lambda: self._generations.newest, self.take)
        self._tasks.append(asyncio.create_task(follower))

    async def take(self, specs: Sequence[ModelSpec]) -> None:
        """Serves these models from now on.

        Raises:
            ModelInvalid: Triton has not loaded one, a file cannot be read, or the models do not belong together.
        """
        models = await asyncio.to_thread(describe, specs)
        if missing := sorted({spec.id for spec in specs} - self._loaded):
            names = ", ".join(f"{name} version {version}" for name, version in missing)
            raise ModelInvalid(f"Triton at {self._address} has not loaded {names}.")
        self._add(specs, models)
        self._generations.follow_with(models)
        self._show()

    async def infer(self, model: ModelVersion, inputs: Tensors) -> Inference:
        """Runs a model on 1 to ``max_batch_size`` rows; see ``Engine.infer``."""
        known = self._models.get(model)
        if known is None:
            raise ModelNotFound(f'There is no model "{model.name}" version {model.version}.', model=model.name)
        known.check(inputs)
        if not self._is_ready(model):
            raise ModelUnavailable(f'The model "{model.name}" is not ready.', model=model.name)
        began = time.perf_counter()
        call = asyncio.create_task(self._call(known, inputs, left_seconds()))
        self._calls.add(call)
        try:
            outputs = await call
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise
            raise ModelUnavailable("The server of the models has fallen silent.", model=model.name) from None
        except InferenceServerException as error:
            told = to_request_error(error, model)
            if not isinstance(told, DeadlineExceeded | QueueFull):
                _log.warning("Triton failed to run model %s version %d: %s", *model, error)
            if may_be_broken(error):
                self._suspects.add(model)
            raise told from error
        finally:
            self._calls.discard(call)
        return Inference(outputs, model, 0.0, time.perf_counter() - began)

    async def close(self) -> None:
        """Stops; calls that still wait are cancelled."""
        for task in (*self._tasks, *self._calls):
            task.cancel()
        await asyncio.gather(*self._tasks, *self._calls, return_exceptions=True)
        await self._client.close()

    async def _call(self, model: Model, inputs: Tensors, timeout_seconds: float | None) -> Tensors:
        asked = []
        for name, array in inputs.items():
            tensor = tritonclient.InferInput(name, array.shape, np_to_triton_dtype(array.dtype))
            tensor.set_data_from_numpy(array)
            asked.append(tensor)
        name, version = model.id
        headers = current_trace.get().headers()
        result = await self._client.infer(name, asked, str(version), client_timeout=timeout_seconds, headers=headers)
        outputs = {name: result.as_numpy(name) for name in model.outputs}
        for name, array in outputs.items():
            if array is None or not model.outputs[name].accepts(array):
                raise TypeError(f"Triton's {model.id.name} gives a {name} that is not {model.outputs[name]}")
        return outputs

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            try:
                await self._look()
            except Exception:  # whatever it is: without this watch the gateway would stay as ready as it is now
                _log.exception("could not find out what Triton at %s has ready", self._address)

    async def _look(self) -> None:
        """Finds out what Triton has ready, and takes the calls away from a Triton that is silent."""
        loaded: frozenset[ModelVersion] = frozenset()
        failure = None
        try:
            async with asyncio.timeout(self._silence_seconds):
                index = await self._client.get_model_repository_index()
            ready = (model for model in index.models if model.state == "READY" and model.version.isdecimal())
            loaded = frozenset(ModelVersion(model.name, int(model.version)) for model in ready)
            await self._examine_suspects()
        except InferenceServerException as error:
            failure = failure_of(error)
        except TimeoutError:
            failure = Failure("silence", f"has been silent for {self._silence_seconds:g} s")
            await self._start_afresh()
        if loaded != self._loaded and loaded:
            _log.info("Triton at %s has %d models ready", self._address, len(loaded))
        self._loaded = loaded
        if failure is None or self._failure is None or failure.kind != self._failure.kind:
            self._failure = failure  # else it is told once, though gRPC words it anew now and then
        self._metrics.triton_up.labels(self._address).set(failure is None)
        self._show()

    def _why_not_ready(self) -> str:
        missing = [model.id for model in self._generations.models.values() if not self._is_ready(model.id)]
        if not missing:
            return ""
        state = "has not ready " + ", ".join(f"{name} version {version}" for name, version in missing)
        return f"Triton at {self._address} {state if self._failure is None else self._failure.state}"

    async def _examine_suspects(self) -> None:
        """Has models that failed run their warm-up, for Triton calls a model ready even if its process has died."""
        for model in sorted(self._suspects & self._models.keys()):
            try:
                for inputs in self._warmups[model]:
                    await self._call(self._models[model], inputs, self._silence_seconds)
            except InferenceServerException as error:
                if may_be_broken(error):
                    self._broken.add(model)
            else:
                self._suspects.discard(model)
                self._broken.discard(model)

    async def _start_afresh(self) -> None:
        """Gives up the calls that Triton has, and connects anew."""
        for call in self._calls:
            call.cancel()
        await self._client.close()
        self._client = _connect(self._address, self._credentials)

    def _is_ready(self, model: ModelVersion) -> bool:
        return model in self._loaded and model not in self._broken

    def _show(self) -> None:
        for model in self._models:
            self._metrics.model_ready.labels(model.name, str(model.version)).set(self._is_ready(model))
        self._changed.set()

    def _add(self, specs: Sequence[ModelSpec], models: Mapping[str, Model]) -> None:
        for spec in specs:
            self._metrics.add_model(*spec.id)
            self._models[spec.id] = models[spec.id.name]
            self._warmups[spec.id] = spec.warmups

    def _retire(self, model: ModelVersion) -> None:
        self._metrics.model_ready.labels(model.name, str(model.version)).set(0)
        del self._models[model], self._warmups[model]
        self._suspects.discard(model)
        self._broken.discard(model)


def _connect(address: str, credentials: grpc.ChannelCredentials | None) -> Any:
    return tritonclient.InferenceServerClient(address, creds=credentials, channel_args=_CHANNEL_OPTIONS)
