"""Stores weights in half the bytes: float16 in the file, which ONNX Runtime makes float32 again when it opens it."""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from training.errors import TrainingError


def halve_weights(model: onnx.ModelProto) -> None:
    """Replaces each float32 weight of more than one axis by one of float16 and a Cast.

    ONNX Runtime folds the Cast before it chooses its kernels, so that the model computes as before, and as fast.

    Raises:
        TrainingError: a weight is too large for float16.
    """
    graph = model.graph
    casts = []
    for index, weight in enumerate(graph.initializer):
        if weight.data_type != TensorProto.FLOAT or len(weight.dims) < 2:
            continue
        half = numpy_helper.to_array(weight).astype(np.float16)
        if not np.isfinite(half).all():
            raise TrainingError(f"{weight.name} has values that float16 does not hold")
        name = f"{weight.name}_float16"
        casts.append(helper.make_node("Cast", [name], [weight.name], to=TensorProto.FLOAT))
        graph.initializer[index].CopyFrom(numpy_helper.from_array(half, name))
    nodes = [*casts, *graph.node]
    del graph.node[:]
    graph.node.extend(nodes)
