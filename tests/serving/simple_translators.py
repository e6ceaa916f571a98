"""Translators that can be computed by hand: one makes negatives, one fills holes with one colour."""

from pathlib import Path
from typing import Final

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

WIDTH_PX, HEIGHT_PX, STRIDE_PX = 48, 64, 16
FILLING: Final = (10, 200, 30)

_CONFIG: Final = """
backend: "onnxruntime"
max_batch_size: 4
input [ { name: "image" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] } %s ]
output [ { name: "translated" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] } ]
"""
_MASK: Final = ', { name: "mask" data_type: TYPE_UINT8 dims: [ -1, -1, 1 ] }'


def write_translator(repository: Path, task: str, *, own_filter: str = "", fills_holes: bool = False) -> None:
    """Writes ``translator_<task>`` into a model repository."""
    folder = repository / f"translator_{task}"
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(_CONFIG % (_MASK if fills_holes else ""))
    inputs = [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", "height", "width", 3])]
    if fills_holes:
        inputs.append(helper.make_tensor_value_info("mask", TensorProto.UINT8, ["batch", "height", "width", 1]))
        constants = {"filling": np.array(FILLING, np.uint8)}
        nodes = [
            helper.make_node("Cast", ["mask"], ["hidden"], to=TensorProto.BOOL),
            helper.make_node("Where", ["hidden", "filling", "image"], ["translated"]),
        ]
    else:
        constants = {"white": np.array(255, np.float32)}
        nodes = [
            helper.make_node("Cast", ["image"], ["floats"], to=TensorProto.FLOAT),
            helper.make_node("Sub", ["white", "floats"], ["negative"]),
            helper.make_node("Cast", ["negative"], ["translated"], to=TensorProto.UINT8),
        ]
    outputs = [helper.make_tensor_value_info("translated", TensorProto.UINT8, ["batch", "height", "width", 3])]
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "translator", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    sizes = {"width_px": str(WIDTH_PX), "height_px": str(HEIGHT_PX), "stride_px": str(STRIDE_PX)}
    helper.set_model_props(model, {"task": task, "filter": own_filter, **sizes})
    onnx.save(model, folder / "1" / "model.onnx")
