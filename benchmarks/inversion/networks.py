"""The exported networks that are measured, each on one thread, and the gradient that is within the inverter."""

from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import onnx
from onnx import TensorProto, helper

from benchmarks.runtime import newest, open_session
from phiz_core.geometry import ImageArray

Floats = npt.NDArray[np.float32]

_X, _GRADIENT, _LOSS = -9, -8, -6
"""Places, from the end, in the state of the loop in ``training.export.lbfgs.minimise``."""
_LATENT: Final = "latent"
_DIFFERENCE: Final = 1e-2


class Found(NamedTuple):
    """What the inverter answers for one picture.

    Attributes:
        latent: [1, ...].
        loss: mean squared error of pixels in 0..1.
        evaluations: gradients past the first.
    """

    latent: Floats
    loss: float
    evaluations: int


class Networks:
    """``mapping``, ``generator`` and ``inverter`` of a model repository, the newest versions.

    Attributes:
        size_px: side of the pictures.
        latent_dim: numbers in z.

    Raises:
        MissingError: one of them is missing.
    """

    def __init__(self, repository: Path) -> None:
        inverter = onnx.load(newest(repository, "inverter"))
        self._inverter = open_session(inverter.SerializeToString())
        self._gradient = open_session(gradient_model(inverter).SerializeToString())
        self._mapping, self._generator = (open_session(newest(repository, name)) for name in ("mapping", "generator"))
        self.latent_dim: int = self._mapping.get_inputs()[0].shape[1]
        self.size_px: int = self._inverter.get_inputs()[0].shape[1]

    def map(self, z: Floats) -> Floats:
        """z [B, latent_dim] to w+ laid flat [B, D]."""
        (w_plus,) = self._mapping.run(None, {"z": z, "truncation": np.ones((len(z), 1), np.float32)})
        return np.asarray(w_plus, np.float32).reshape(len(z), -1)

    def pull_back(self, z: Floats, gradient: Floats) -> Floats:
        """A gradient [D] by the w+ of z [latent_dim] to one by z, through central differences of the mapping."""
        steps = _DIFFERENCE * np.eye(self.latent_dim, dtype=np.float32)
        above, below = np.split(self.map(np.concatenate([z + steps, z - steps])), 2)
        return np.asarray((above - below) @ gradient / (2.0 * _DIFFERENCE), np.float32)

    def evaluate(self, latent: Floats, image: ImageArray) -> tuple[float, Floats]:
        """Loss of w+ [D] for a picture [S, S, 3], mean squared error of pixels in 0..1, and its gradient [D]."""
        feeds = {_LATENT: latent[None], **_question(image, 1, 0.0)}
        loss, gradient = self._gradient.run(None, feeds)
        return float(loss[0]), np.asarray(gradient[0], np.float32)

    def invert(self, image: ImageArray, steps: int, tolerance: float = 0.0) -> Found:
        """Inverts a picture [S, S, 3] with so many gradients past the first, or until the loss is the tolerance."""
        latent, loss, _, evaluations = self._inverter.run(None, _question(image, steps, tolerance))
        return Found(latent, float(loss[0, 0]), int(evaluations[0, 0]))

    def make(self, latent: Floats) -> ImageArray:
        """The picture [S, S, 3] of a latent [1, ...]."""
        name = self._generator.get_inputs()[0].name
        (image,) = self._generator.run(None, {name: latent})
        return np.asarray(image[0], np.uint8)


def gradient_model(inverter: onnx.ModelProto) -> onnx.ModelProto:
    """The graph (latent [B, D], image, steps, tolerance) -> (loss [B], gradient [B, D]) within an exported inverter.

    One turn of its loop evaluates function and gradient once, and in the first turn, where the loss before is huge,
    takes whatever it finds. So the loop is replaced by its body, whose start becomes an input; all else that the first
    turn does is bookkeeping that the two outputs do not need.
    """
    (loop,) = (node for node in inverter.graph.node if node.op_type == "Loop")
    (body,) = (attribute.g for attribute in loop.attribute if attribute.name == "body")
    start = loop.input[_X]
    taken = {inside.name: outside for inside, outside in zip(body.input, loop.input, strict=True) if outside}
    nodes = [*inverter.graph.node, *body.node]
    outputs = [body.output[_LOSS].name, body.output[_GRADIENT].name]
    kept = []
    wanted = set(outputs)
    for node in reversed(nodes):
        if node is not loop and start not in node.output and wanted.intersection(node.output):
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            for index, name in enumerate(copy.input):
                copy.input[index] = taken.get(name, name)
                if copy.input[index] == start:
                    copy.input[index] = _LATENT
            wanted.update(copy.input)
            kept.append(copy)
    graph = helper.make_graph(
        kept[::-1],
        "gradient",
        [helper.make_tensor_value_info(_LATENT, TensorProto.FLOAT, ["batch", None]), *inverter.graph.input],
        [
            helper.make_tensor_value_info(outputs[0], TensorProto.FLOAT, ["batch"]),
            helper.make_tensor_value_info(outputs[1], TensorProto.FLOAT, ["batch", None]),
        ],
        [weight for weight in (*inverter.graph.initializer, *body.initializer) if weight.name in wanted],
    )
    return helper.make_model(graph, ir_version=inverter.ir_version, opset_imports=inverter.opset_import)


def _question(image: ImageArray, steps: int, tolerance: float) -> dict[str, npt.NDArray[Any]]:
    return {
        "image": image[None],
        "steps": np.array([[steps]], np.int64),
        "tolerance": np.array([[tolerance]], np.float32),
    }
