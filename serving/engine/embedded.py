"""The engine inside the gateway's own process: ONNX Runtime sessions behind dynamic batchers."""

import asyncio
import logging
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import onnxruntime as ort

from serving.engine.base import Inference, Model, Tensors, TensorSpec
from serving.engine.batcher import Batcher, Observer
from serving.engine.family import check_together
from serving.engine.repository import ModelSpec
from serving.errors import ModelInvalid, ModelNotFound
from serving.metrics import Metrics

_log = logging.getLogger(__name__)

_FATAL = 4
_ERROR = 3
_CUDA = "CUDAExecutionProvider"
_CPU = "CPUExecutionProvider"
_ONNX_DTYPES = {
    "tensor(bool)": np.bool_,
    "tensor(uint8)": np.uint8,
    "tensor(int32)": np.int32,
    "tensor(int64)": np.int64,
    "tensor(float16)": np.float16,
    "tensor(float)": np.float32,
}


class EmbeddedEngine:
    """Runs the models of a repository by ONNX Runtime. See ``serving.engine.base.Engine``."""

    def __init__(self, runners: Sequence["_Runner"]) -> None:
        self._runners = {runner.model.id.name: runner for runner in runners}

    @classmethod
    async def open(cls, specs: Sequence[ModelSpec], metrics: Metrics, intra_op_threads: int) -> Self:
        """Loads and warms all models, in threads.

        Raises:
            ModelInvalid: a model does not load, does not fit its config, or belongs to another family.
        """
        for spec in specs:
            metrics.add_model(*spec.id)
        sessions = [await asyncio.to_thread(_load, spec, intra_op_threads) for spec in specs]
        check_together({spec.id.name: _metadata(session) for spec, session in zip(specs, sessions, strict=True)})
        for spec, session in zip(specs, sessions, strict=True):
            await asyncio.to_thread(_warm, spec, session)
            metrics.model_ready.labels(spec.id.name, str(spec.id.version)).set(1)
        return cls([_Runner(spec, session, metrics) for spec, session in zip(specs, sessions, strict=True)])

    @property
    def models(self) -> Mapping[str, Model]:
        """The models by name."""
        return {name: runner.model for name, runner in self._runners.items()}

    async def infer(self, name: str, inputs: Tensors) -> Inference:
        """Runs a model on 1 to ``max_batch_size`` rows; see ``Engine.infer``."""
        runner = self._runners.get(name)
        if runner is None:
            raise ModelNotFound(f'There is no model "{name}".', model=name)
        return await runner.infer(inputs)

    async def close(self) -> None:
        """Stops; calls that still wait are cancelled."""
        await asyncio.gather(*(runner.close() for runner in self._runners.values()))


class _Runner:
    """One model: its session, its threads and its batcher."""

    def __init__(self, spec: ModelSpec, session: ort.InferenceSession, metrics: Metrics) -> None:
        self.model = Model(
            id=spec.id,
            max_batch_size=spec.batching.max_batch_size,
            inputs=spec.inputs,
            outputs=spec.outputs,
            metadata=_metadata(session),
            ready=True,
        )
        self._session = session
        self._threads = ThreadPoolExecutor(spec.batching.instances, thread_name_prefix=f"infer-{spec.id.name}")
        self._batcher = Batcher(spec.id.name, spec.batching, self._run, _ModelObserver(metrics, spec.id.name))

    async def infer(self, inputs: Tensors) -> Inference:
        _check_inputs(self.model, inputs)
        answer = await self._batcher.submit(inputs)
        return Inference(answer.outputs, self.model.id, answer.queue_seconds, answer.infer_seconds)

    async def close(self) -> None:
        await self._batcher.close()
        self._threads.shutdown()

    async def _run(self, inputs: Tensors) -> Tensors:
        options = ort.RunOptions()
        options.log_severity_level = _FATAL  # errors are raised; a batch that was given up is none
        run = asyncio.get_running_loop().run_in_executor(self._threads, self._infer, inputs, options)
        try:
            return await asyncio.shield(run)
        except asyncio.CancelledError:
            # Nobody waits for it: ONNX Runtime stops before its next node, and only then is this instance free.
            options.terminate = True
            await asyncio.wait([run])
            raise

    def _infer(self, inputs: Tensors, options: ort.RunOptions) -> Tensors:
        names = list(self.model.outputs)
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

    def queued(self, rows: int) -> None:
        self._depth.set(rows)

    def began(self, rows: int, waits_seconds: Sequence[float]) -> None:
        self._batch_size.observe(rows)
        for seconds in waits_seconds:
            self._seconds.observe(seconds)


def _load(spec: ModelSpec, intra_op_threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = intra_op_threads
    # Threads that spin between two requests take the cores from decoding and encoding.
    options.add_session_config_entry("session.force_spinning_stop", "1")
    options.log_severity_level = _ERROR
    began = time.perf_counter()
    try:
        session = ort.InferenceSession(spec.file, options, providers=[_CUDA, _CPU] if spec.wants_gpu else [_CPU])
    except Exception as error:  # ONNX Runtime's own exceptions share no base class
        raise ModelInvalid(f"{spec.file}: {error}") from error
    # The GPU build lists CUDA as available on machines without it: only the session tells.
    if spec.wants_gpu and _CUDA not in session.get_providers():
        _log.warning("model %s asks for a GPU and runs on the CPU", spec.id.name)
    _check_signature(spec, "input", spec.inputs, session.get_inputs())
    _check_signature(spec, "output", spec.outputs, session.get_outputs())
    _log.info("loaded model %s version %d in %.2f s", *spec.id, time.perf_counter() - began)
    return session


def _check_signature(spec: ModelSpec, kind: str, wanted: Mapping[str, TensorSpec], found: Sequence[Any]) -> None:
    in_file = {node.name: _ONNX_DTYPES.get(node.type) for node in found}
    in_config = {name: tensor.dtype.type for name, tensor in wanted.items()}
    if in_file != in_config:
        raise ModelInvalid(f"{spec.file}: the {kind}s are {in_file}, config.pbtxt has {in_config}")


def _warm(spec: ModelSpec, session: ort.InferenceSession) -> None:
    for inputs in spec.warmups:
        try:
            session.run(list(spec.outputs), dict(inputs))
        except Exception as error:
            raise ModelInvalid(f"{spec.file}: the warm-up failed: {error}") from error


def _metadata(session: ort.InferenceSession) -> dict[str, str]:
    return dict(session.get_modelmeta().custom_metadata_map)


def _check_inputs(model: Model, inputs: Tensors) -> None:
    if inputs.keys() != model.inputs.keys():
        raise ValueError(f"{model.id.name} takes {sorted(model.inputs)}, not {sorted(inputs)}")
    for name, array in inputs.items():
        if not model.inputs[name].accepts(array):
            raise ValueError(f"{model.id.name}: {name} has {array.dtype} {array.shape}, not {model.inputs[name]}")
    if len({len(array) for array in inputs.values()}) != 1:
        raise ValueError(f"{model.id.name}: the inputs have different numbers of rows")
