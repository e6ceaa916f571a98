"""Milliseconds of each model of a repository on one core, at batch 1 and at the batch it prefers.

``python -m benchmarks models``, or ``make bench-models``. Each model runs in ONNX Runtime on the CPU with one thread,
pinned to one core, on inputs of zeros as large as its own warm-up. The inverter is asked for no step after the
encoder's guess, and for ten.
"""

import statistics
import time
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any, Final

import numpy as np
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as triton

from benchmarks.errors import MissingError
from benchmarks.runtime import keep_to_one_core, newest, open_session

_WARM_UPS: Final = 3
_SECONDS: Final = 2.0
_FEWEST: Final = 5
_TYPES: Final = {triton.TYPE_FP32: np.float32, triton.TYPE_INT64: np.int64, triton.TYPE_UINT8: np.uint8}
_STEPS: Final = (0, 10)


def add_arguments(parser: ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--models", type=Path, default=Path("model_repository"), help="model repository")
    parser.set_defaults(command=measure)


def measure(arguments: Namespace) -> None:
    """Prints a row a model, batch and number of steps.

    Raises:
        MissingError: no model is there.
    """
    folders = sorted(path.parent for path in arguments.models.glob("*/config.pbtxt"))
    if not folders:
        raise MissingError(f"{arguments.models} holds no model")
    keep_to_one_core()
    print(f"{'model':<22} {'version':>7} {'batch':>5} {'ms a batch':>10} {'ms an item':>10}")
    for folder in folders:
        config = text_format.Parse((folder / "config.pbtxt").read_text(encoding="utf-8"), triton.ModelConfig())
        file = newest(arguments.models, folder.name)
        version, session = file.parent.name, open_session(file)
        for batch in sorted({1, *config.dynamic_batching.preferred_batch_size}):
            for label, inputs in _cases(config, batch):
                milliseconds = _milliseconds(session, inputs)
                print(f"{label:<22} {version:>7} {batch:>5} {milliseconds:>10.2f} {milliseconds / batch:>10.2f}")


def _cases(config: Any, batch: int) -> list[tuple[str, dict[str, np.ndarray[Any, Any]]]]:
    """The inputs of the model's warm-up at ``batch``; with each number of steps, where it takes steps."""
    zeros = {
        name: np.zeros((batch, *entry.dims), _TYPES[entry.data_type])
        for name, entry in config.model_warmup[0].inputs.items()
    }
    if "steps" not in zeros:
        return [(config.name, zeros)]
    return [(f"{config.name}, {steps} steps", zeros | {"steps": zeros["steps"] + steps}) for steps in _STEPS]


def _milliseconds(session: Any, inputs: dict[str, np.ndarray[Any, Any]]) -> float:
    """The median time of a run."""
    for _ in range(_WARM_UPS):
        session.run(None, inputs)
    times: list[float] = []
    end = time.perf_counter() + _SECONDS
    while len(times) < _FEWEST or time.perf_counter() < end:
        started = time.perf_counter()
        session.run(None, inputs)
        times.append(time.perf_counter() - started)
    return statistics.median(times) * 1000.0
