"""The engine inside the gateway's own process: ONNX Runtime sessions behind dynamic batchers."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Self

import onnxruntime as ort

from serving.engine.base import Inference, Model, ModelVersion, Tensors
from serving.engine.batcher import Batcher, Ended, GiveUp, Observer
from serving.engine.follow import follow_repository
from serving.engine.generations import Generations
from serving.engine.repository import BatchingPolicy, ModelSpec, describe
from serving.engine.session import load_warm
from serving.errors import ModelNotFound
from serving.metrics import Metrics

_FATAL = 4


class EmbeddedEngine:
    """Runs the models of a repository by ONNX Runtime. See ``serving.engine.base.Engine``."""

    def __init__(self, metrics: Metrics, intra_op_threads: int) -> None:
        self._metrics = metrics
        self._intra_op_threads = intra_op_threads
        self._runners: dict[ModelVersion, _Runner] = {}
        self._generations = Generations({}, self._retire)
        self._follower: asyncio.Task[None] | None = None
        self._stopping: set[asyncio.Task[None]] = set()

    @classmethod
    async def open(cls, specs: Sequence[ModelSpec], metrics: Metrics, intra_op_threads: int) -> Self:
        """Loads and warms all models, in threads.

        Raises:
            ModelInvalid: a model does not load, does not fit its config, or belongs to another family.
        """
        engine = cls(metrics, intra_op_threads)
        await engine.take(specs)
        return engine

    @property
    def models(self) -> Mapping[str, Model]:
        """The models that new requests work with, by name."""
        return self._generations.models

    def hold(self) -> AbstractContextManager[Mapping[str, Model]]:
        """Keeps the models as they are now; see ``Engine.hold``."""
        return self._generations.hold()

    async def readiness(self) -> AsyncIterator[str]:
        """Nothing is missing: what this engine has loaded answers."""
        yield ""

    def follow(self, folder: Path, every_seconds: float) -> None:
        """From now on, versions that are published in the repository are taken."""
        following = follow_repository(folder, every_seconds, lambda: self._generations.newest, self.take)
        self._follower = asyncio.create_task(following)

    async def take(self, specs: Sequence[ModelSpec]) -> None:
        """Serves these models from now on, once those of them that are new are loaded and warm.

        Raises:
            ModelInvalid: one does not load, does not fit its config, or belongs to another family; nothing changes.
        """
        models = await asyncio.to_thread(describe, specs)
        new = [spec for spec in specs if spec.id not in self._runners]
        for spec in new:
            self._metrics.add_model(*spec.id)
        sessions = {spec.id: await asyncio.to_thread(load_warm, spec, self._intra_op_threads) for spec in new}
        for spec in new:
            self._runners[spec.id] = _Runner(models[spec.id.name], spec.batching, sessions[spec.id], self._metrics)
            self._metrics.model_ready.labels(spec.id.name, str(spec.id.version)).set(1)
        self._generations.follow_with(models)

    async def infer(self, model: ModelVersion, inputs: Tensors) -> Inference:
        """Runs a model on 1 to ``max_batch_size`` rows; see ``Engine.infer``."""
        runner = self._runners.get(model)
        if runner is None:
            raise ModelNotFound(f'There is no model "{model.name}" version {model.version}.', model=model.name)
        return await runner.infer(inputs)

    async def close(self) -> None:
        """Stops; calls that still wait are cancelled."""
        if self._follower is not None:
            self._follower.cancel()
            await asyncio.wait([self._follower])
        await asyncio.gather(*self._stopping, *(runner.close() for runner in self._runners.values()))

    def _retire(self, model: ModelVersion) -> None:
        self._metrics.model_ready.labels(model.name, str(model.version)).set(0)
        stopping = asyncio.create_task(self._runners.pop(model).close())
        self._stopping.add(stopping)
        stopping.add_done_callback(self._stopping.discard)


class _Runner:
    """One model: its session, its threads and its batcher."""

    def __init__(self, model: Model, policy: BatchingPolicy, session: ort.InferenceSession, metrics: Metrics) -> None:
        self._model = model
        self._session = session
        self._threads = ThreadPoolExecutor(policy.instances, thread_name_prefix=f"infer-{model.id.name}")
        self._batcher = Batcher(model.id.name, policy, self._start, _ModelObserver(metrics, model.id.name))

    async def infer(self, inputs: Tensors) -> Inference:
        self._model.check(inputs)
        answer = await self._batcher.submit(inputs)
        return Inference(answer.outputs, self._model.id, answer.queue_seconds, answer.infer_seconds)

    async def close(self) -> None:
        await self._batcher.close()
        self._threads.shutdown()

    def _start(self, inputs: Tensors, ended: Ended) -> GiveUp:
        options = ort.RunOptions()
        options.log_severity_level = _FATAL  # errors are raised; a batch that was given up is none
        loop = asyncio.get_running_loop()

        def run() -> None:
            result: Tensors | BaseException
            try:
                result = self._infer(inputs, options)
            except BaseException as error:  # its callers are to hear of it, whatever it is
                result = error
            loop.call_soon_threadsafe(ended, result)

        def give_up() -> None:
            options.terminate = True  # ONNX Runtime stops before its next node

        self._threads.submit(run)
        return give_up

    def _infer(self, inputs: Tensors, options: ort.RunOptions) -> Tensors:
        names = list(self._model.outputs)
        try:
            return dict(zip(names, self._session.run(names, dict(inputs), options), strict=True))
        except Exception:  # ONNX Runtime's own exceptions share no base class
            if options.terminate:
                return {}
            raise


class _ModelObserver(Observer):
    """Counts what one batcher does."""

    def __init__(self, metrics: Metrics, name: str) -> None:
        self._depth = metrics.queue_depth.labels(name)
        self._seconds = metrics.queue_seconds.labels(name)
        self._batch_size = metrics.batch_size.labels(name)

    def queued(self, requests: int) -> None:
        self._depth.set(requests)

    def began(self, rows: int, waits_seconds: Sequence[float]) -> None:
        self._batch_size.observe(rows)
        for seconds in waits_seconds:
            self._seconds.observe(seconds)
