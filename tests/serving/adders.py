"""A model that can be computed by hand and has versions: ``adder`` gives x + version."""

from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from serving.engine.base import Tensors

CONFIG: Final = """
backend: "onnxruntime"
max_batch_size: 4
version_policy { latest { num_versions: 2 } }
input [ { name: "x" data_type: TYPE_FP32 dims: [ 1 ] } ]
output [ { name: "y" data_type: TYPE_FP32 dims: [ 1 ] } ]
instance_group [ { count: 1 } ]
model_warmup [ { name: "zeros" batch_size: 1 inputs {
  key: "x" value { data_type: TYPE_FP32 dims: [ 1 ] zero_data: true }
} } ]
"""


def publish_adder(repository: Path, version: int, name: str = "adder", metadata: dict[str, str] | None = None) -> None:
    """Adds a version to ``name``, whole or not at all."""
    folder = repository / name
    unfinished = folder / f".{version}"
    unfinished.mkdir(parents=True)
    if not (folder / "config.pbtxt").exists():
        (folder / "config.pbtxt").write_text(CONFIG)
    graph = helper.make_graph(
        [helper.make_node("Add", ["x", "version"], ["y"])],
        "adder",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, ["batch", 1])],
        [helper.make_tensor_value_info("y", TensorProto.FLOAT, ["batch", 1])],
        [numpy_helper.from_array(np.array([version], np.float32), "version")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, metadata or {})
    onnx.save(model, unfinished / "model.onnx")
    unfinished.rename(folder / str(version))


def rows(*values: float) -> Tensors:
    """Inputs of an adder."""
    return {"x": np.array(values, np.float32)[:, None]}
