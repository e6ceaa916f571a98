"""A model's ONNX Runtime session: on which device, with how many threads, checked against its config, warm."""

import contextlib
import functools
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnxruntime as ort

from serving.engine.base import TensorSpec
from serving.engine.repository import ModelSpec
from serving.errors import ModelInvalid

_log = logging.getLogger(__name__)

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


def load_warm(spec: ModelSpec, intra_op_threads: int) -> ort.InferenceSession:
    """Loads a model and runs its warm-ups.

    Raises:
        ModelInvalid: it does not load or run, or does not fit its config.
    """
    options = ort.SessionOptions()
    options.intra_op_num_threads = intra_op_threads
    # Threads that spin as they wait for one another take the cores from other models, from decoding and encoding.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = _ERROR
    began = time.perf_counter()
    on_gpu = spec.gpu is not False and _CUDA in ort.get_available_providers()
    if on_gpu:
        _load_cuda()
    try:
        session = ort.InferenceSession(spec.file, options, providers=[_CUDA, _CPU] if on_gpu else [_CPU])
    except Exception as error:  # ONNX Runtime's own exceptions share no base class
        raise ModelInvalid(f"{spec.file}: {error}") from error
    _check_signature(spec, "input", spec.inputs, session.get_inputs())
    _check_signature(spec, "output", spec.outputs, session.get_outputs())
    _warm(spec, session)
    # The GPU build lists CUDA as available on machines without it: only the session tells.
    device = "GPU" if _CUDA in session.get_providers() else "CPU"
    if device == "CPU" and (on_gpu or spec.gpu):
        _log.warning("model %s runs on the CPU: ONNX Runtime finds no GPU that it can use", spec.id.name)
    _log.info("loaded model %s version %d on the %s in %.2f s", *spec.id, device, time.perf_counter() - began)
    return session


@functools.cache
def _load_cuda() -> None:
    """Loads CUDA from the wheels that the extra ``gpu`` brings: the system's loader does not look there."""
    with contextlib.redirect_stdout(sys.stderr):  # where it fails, it prints
        ort.preload_dlls()


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
