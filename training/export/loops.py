"""Puts weights where they are used: those of a loop into its body, those of nothing away.

ONNX Runtime prepares a convolution's weights (layout, constant folding) only where they are initializers of the same
graph; left in the outer one, each turn of the loop is about a sixth slower.
"""

import onnx


def embed_weights(model: onnx.ModelProto) -> None:
    """Moves each initializer that only the body of a Loop reads into that body, and drops those that nothing reads."""
    for node in model.graph.node:
        if node.op_type == "Loop":
            (body,) = (attribute.g for attribute in node.attribute if attribute.name == "body")
            _split(model.graph, body)


def _split(outer: onnx.GraphProto, body: onnx.GraphProto) -> None:
    inside, outside = _read_by(body), _read_by(outer)
    weights = list(outer.initializer)
    del outer.initializer[:]
    for weight in weights:
        if weight.name in outside:
            outer.initializer.append(weight)
        elif weight.name in inside:
            body.initializer.append(weight)


def _read_by(graph: onnx.GraphProto) -> set[str]:
    return {name for node in graph.node for name in node.input} | {output.name for output in graph.output}
