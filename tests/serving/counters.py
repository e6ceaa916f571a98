"""A model that is as slow as a test wants it: ``counter`` counts to x, one by one, and gives x."""

from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

_CONFIG: Final = """
backend: "onnxruntime"
max_batch_size: 1
input [ { name: "x" data_type: TYPE_INT64 dims: [ 1 ] } ]
output [ { name: "y" data_type: TYPE_INT64 dims: [ 1 ] } ]
instance_group [ { count: 1 } ]
dynamic_batching { default_queue_policy { max_queue_size: %d } }
"""


def write_counter(repository: Path, max_queue_size: int) -> None:
    """Writes ``counter`` into a model repository."""
    folder = repository / "counter"
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(_CONFIG % max_queue_size)
    body = helper.make_graph(
        [
            helper.make_node("Identity", ["go_on"], ["go_on_out"]),
            helper.make_node("Add", ["count", "one"], ["count_out"]),
        ],
        "body",
        [
            helper.make_tensor_value_info("turn", TensorProto.INT64, []),
            helper.make_tensor_value_info("go_on", TensorProto.BOOL, []),
            helper.make_tensor_value_info("count", TensorProto.INT64, [1, 1]),
        ],
        [
            helper.make_tensor_value_info("go_on_out", TensorProto.BOOL, []),
            helper.make_tensor_value_info("count_out", TensorProto.INT64, [1, 1]),
        ],
        [numpy_helper.from_array(np.array(1, np.int64), "one")],
    )
    graph = helper.make_graph(
        [
            helper.make_node("Squeeze", ["x"], ["turns"]),
            helper.make_node("Loop", ["turns", "", "zero"], ["y"], body=body),
        ],
        "counter",
        [helper.make_tensor_value_info("x", TensorProto.INT64, ["batch", 1])],
        [helper.make_tensor_value_info("y", TensorProto.INT64, ["batch", 1])],
        [numpy_helper.from_array(np.zeros((1, 1), np.int64), "zero")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "1" / "model.onnx")
