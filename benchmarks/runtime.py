"""What models are measured with: ONNX Runtime on the CPU, one thread, on one core."""

import os
from pathlib import Path
from typing import Any

import onnxruntime

from benchmarks.errors import MissingError


def newest(repository: Path, model: str) -> Path:
    """The ONNX file of a model's newest version.

    Raises:
        MissingError: there is none.
    """
    files = [file for file in repository.glob(f"{model}/*/model.onnx") if file.parent.name.isdecimal()]
    if not files:
        raise MissingError(f"no {model} in {repository}")
    return max(files, key=lambda file: int(file.parent.name))


def open_session(model: Path | bytes) -> Any:
    """A session of one thread, of a file or of what is in one."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def keep_to_one_core() -> None:
    """Pins this process, and the threads that it starts from now on, to one core where the system can do that."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
