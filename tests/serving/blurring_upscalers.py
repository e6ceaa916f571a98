"""Upscalers that can be computed by hand: each pixel becomes the mean of those within ``REACH_PX``, as a square."""

from pathlib import Path
from typing import Final

import cv2
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from phiz_core.geometry import ImageArray

REACH_PX: Final = 16

_CONFIG: Final = """
backend: "onnxruntime"
max_batch_size: 4
input [ { name: "image" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] } ]
output [ { name: "upscaled" data_type: TYPE_UINT8 dims: [ -1, -1, 3 ] } ]
dynamic_batching { preferred_batch_size: [ 4 ] }
"""
_REPEAT: Final = {"mode": "nearest", "nearest_mode": "floor", "coordinate_transformation_mode": "asymmetric"}


def write_upscaler(repository: Path, scale: int) -> None:
    """Writes ``upscaler_x<scale>`` into a model repository."""
    folder = repository / f"upscaler_x{scale}"
    (folder / "1").mkdir(parents=True)
    (folder / "config.pbtxt").write_text(_CONFIG)
    side = 2 * REACH_PX + 1
    mean = np.full((3, 1, side, side), 1 / side**2, np.float32)
    nodes = [
        helper.make_node("Cast", ["image"], ["floats"], to=TensorProto.FLOAT),
        helper.make_node("Transpose", ["floats"], ["planes"], perm=[0, 3, 1, 2]),
        helper.make_node("Conv", ["planes", "mean"], ["blurred"], group=3, pads=[REACH_PX] * 4),
        helper.make_node("Round", ["blurred"], ["whole"]),
        helper.make_node("Resize", ["whole", "", "scales"], ["large"], **_REPEAT),
        helper.make_node("Transpose", ["large"], ["pixels"], perm=[0, 2, 3, 1]),
        helper.make_node("Cast", ["pixels"], ["upscaled"], to=TensorProto.UINT8),
    ]
    constants = {"mean": mean, "scales": np.array([1, 1, scale, scale], np.float32)}
    graph = helper.make_graph(
        nodes,
        "upscaler",
        [helper.make_tensor_value_info("image", TensorProto.UINT8, ["batch", "height", "width", 3])],
        [helper.make_tensor_value_info("upscaled", TensorProto.UINT8, ["batch", "large_height", "large_width", 3])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, folder / "1" / "model.onnx")


def enlarged(pixels: ImageArray, scale: int) -> ImageArray:
    """What the upscaler makes of [H, W, 3], without tiles."""
    size = (2 * REACH_PX + 1,) * 2
    blurred = cv2.boxFilter(pixels.astype(np.float32), -1, size, borderType=cv2.BORDER_CONSTANT)
    return np.asarray(np.rint(blurred), np.uint8).repeat(scale, axis=0).repeat(scale, axis=1)
