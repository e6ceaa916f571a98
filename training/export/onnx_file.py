"""Writes a graph as an ONNX file that says what it is, and checks it against torch."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
import torch
from torch import Tensor, nn

from training.errors import TrainingError
from training.export.halving import halve_weights
from training.export.loops import embed_weights

OPSET = 20
PARITY_BATCHES = (1, 2, 5)


@dataclass(frozen=True)
class Export:
    """A graph that is to be exported.

    Attributes:
        name: the model's name in the repository.
        graph: the module; its forward takes the inputs in order.
        inputs: names of the inputs.
        outputs: names of the outputs.
        example: a batch size to one tensor an input.
        tolerance: largest difference to torch that parity allows, by output; an output that is not named is not
            compared (the optimum of a minimisation is not unique, its loss is).
        free: by input, the axes beside the batch that vary, and what they are multiples of.
        metadata: facts that the file carries beside the common ones.
        half_weights: whether the file holds weights as float16; ``graph`` should hold what is left of them then.
    """

    name: str
    graph: nn.Module
    inputs: Sequence[str]
    outputs: Sequence[str]
    example: Callable[[int], tuple[Tensor, ...]]
    tolerance: Mapping[str, float]
    free: Mapping[str, Mapping[int, int]]
    metadata: Mapping[str, str]
    half_weights: bool = False


def write(export: Export, path: Path, facts: Mapping[str, Any]) -> dict[str, float]:
    """Exports to ``path`` and measures parity with torch at batches of 1, 2 and 5.

    Args:
        export: what to export.
        path: the file; it appears whole, and only if parity holds.
        facts: recipe, dataset_digest, metrics; recorded in the file's metadata.

    Returns:
        The largest difference to torch, by output.

    Raises:
        TrainingError: the graph in ONNX Runtime differs from torch by more than ``export.tolerance``.
    """
    program = torch.onnx.export(
        export.graph.eval(),
        tuple(tensor.clone() for tensor in export.example(2)),
        input_names=list(export.inputs),
        output_names=list(export.outputs),
        dynamic_shapes=_dynamic_shapes(export),
        opset_version=OPSET,
        dynamo=True,
        verbose=False,
    )
    assert program is not None
    model = program.model_proto
    embed_weights(model)
    if export.half_weights:
        halve_weights(model)
    _forget_origin(model)
    del model.metadata_props[:]
    for key, value in {**facts, **export.metadata}.items():
        model.metadata_props.add(key=key, value=value if isinstance(value, str) else json.dumps(value, sort_keys=True))
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    differences = _parity(export, data)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(".unfinished")
    unfinished.write_bytes(data)
    unfinished.replace(path)
    return differences


def _dynamic_shapes(export: Export) -> tuple[dict[int, Any], ...]:
    batch = torch.export.Dim("batch", min=1, max=1024)
    shapes = []
    for name in export.inputs:
        axes = export.free.get(name, {})
        shapes.append({0: batch} | {axis: factor * torch.export.Dim(f"{name}_{axis}") for axis, factor in axes.items()})
    return tuple(shapes)


def _forget_origin(model: onnx.ModelProto) -> None:
    """Removes the exporter's notes on the source code: half of a small file, and full of the machine's paths."""
    graphs = [model.graph]
    while graphs:
        graph = graphs.pop()
        items: list[Any] = [graph, *graph.node, *graph.initializer, *graph.input, *graph.output]
        for item in items:
            del item.metadata_props[:]
            item.doc_string = ""
        del graph.value_info[:]
        graphs += [attribute.g for node in graph.node for attribute in node.attribute if attribute.HasField("g")]


def _parity(export: Export, model: bytes) -> dict[str, float]:
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    worst = dict.fromkeys(export.tolerance, 0.0)
    for batch in PARITY_BATCHES:
        example = export.example(batch)
        with torch.no_grad():
            wanted = export.graph(*example)
        wanted = wanted if isinstance(wanted, tuple) else (wanted,)
        feeds = {name: tensor.numpy() for name, tensor in zip(export.inputs, example, strict=True)}
        for name, ours, theirs in zip(export.outputs, session.run(None, feeds), wanted, strict=True):
            if name in worst:
                worst[name] = max(worst[name], _largest(ours, theirs.numpy()))
    if bad := {name: value for name, value in worst.items() if not value <= export.tolerance[name]}:
        raise TrainingError(
            f"{export.name} in ONNX Runtime differs from torch: {bad}, allowed {dict(export.tolerance)}"
        )
    return worst


def _largest(ours: npt.NDArray[Any], theirs: npt.NDArray[Any]) -> float:
    if ours.shape != theirs.shape:
        raise TrainingError(f"shapes differ from torch: {ours.shape} and {theirs.shape}")
    return float(np.abs(ours.astype(np.float64) - theirs.astype(np.float64)).max())
