"""Triton's backend ``onnxruntime``, for a Triton that comes without it: a python-based backend on the CPU.

It reads the same config.pbtxt and model.onnx as the backend of NVIDIA's container, so that a model repository can be
tried and tested on any machine. The server runs it as a process of its own for each instance of a model.
"""

import json
import os
from pathlib import Path

import numpy as np
import onnxruntime as ort
import triton_python_backend_utils as triton


class TritonPythonModel:
    """One instance of one model."""

    def initialize(self, args):
        """Loads the model."""
        config = json.loads(args["model_config"])
        file = config["default_model_filename"] or "model.onnx"
        options = ort.SessionOptions()
        # By itself ONNX Runtime would take all of the machine's cores, even those that Triton was kept away from.
        threads = int(_parameter(config, "intra_op_thread_count", "0"))
        options.intra_op_num_threads = threads or len(os.sched_getaffinity(0))
        # Each model has threads of its own: were they to spin between requests, they would take each other's cores.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = Path(args["model_repository"], args["model_version"], file)
        self._session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        self._inputs = [tensor["name"] for tensor in config["input"]]
        self._outputs = [tensor["name"] for tensor in config["output"]]

    def execute(self, requests):
        """Runs the requests of one batch together, and gives each its rows."""
        parts = {
            name: [triton.get_input_tensor_by_name(each, name).as_numpy() for each in requests] for name in self._inputs
        }
        try:
            feeds = {name: np.concatenate(arrays) for name, arrays in parts.items()}
            results = self._session.run(self._outputs, feeds)
        except Exception as error:  # ONNX Runtime's own exceptions share no base class
            failed = triton.InferenceResponse(error=triton.TritonError(f"ONNX Runtime: {error}"))
            return [failed for _ in requests]
        ends = np.cumsum([len(array) for array in parts[self._inputs[0]]])[:-1]
        rows = zip(*(np.split(result, ends) for result in results), strict=True)
        return [triton.InferenceResponse(list(map(triton.Tensor, self._outputs, arrays))) for arrays in rows]


def _parameter(config, name, default):
    return config.get("parameters", {}).get(name, {}).get("string_value", default)
