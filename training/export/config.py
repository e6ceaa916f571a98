"""Writes config.pbtxt, as Triton and the gateway's own engine read it."""

from dataclasses import dataclass
from pathlib import Path

import onnxruntime
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as triton

from training.errors import TrainingError

_TYPES = {
    "tensor(float)": triton.TYPE_FP32,
    "tensor(int64)": triton.TYPE_INT64,
    "tensor(uint8)": triton.TYPE_UINT8,
}


@dataclass(frozen=True)
class Serving:
    """How a model is batched.

    Attributes:
        max_batch_size: most items in one execution.
        preferred: batch sizes that are best.
        queue_delay_microseconds: how long Triton lets an item wait for others; the embedded engine does not.
        queue_size: items that may wait; more are refused.
        warm_up_px: height and width of the warm-up's picture, for a model that takes any and does not say in its
            metadata for which it is made (``height_px``, ``width_px``).
    """

    max_batch_size: int
    preferred: tuple[int, ...]
    queue_delay_microseconds: int
    queue_size: int
    warm_up_px: int = 0


SERVING = {
    "mapping": Serving(64, (16, 64), 200, 1024),
    "generator": Serving(16, (8, 16), 500, 512),
    "generator_128": Serving(8, (4, 8), 500, 512),
    "inverter": Serving(8, (4, 8), 2_000, 64),
    "editor": Serving(64, (16, 64), 200, 1024),
    "colorizer": Serving(4, (2, 4), 1_000, 64, warm_up_px=320),
    "upscaler_x2": Serving(8, (4, 8), 1_000, 64, warm_up_px=128),
    "upscaler_x4": Serving(4, (2, 4), 1_000, 64, warm_up_px=64),
    "face_detector": Serving(8, (4, 8), 500, 256, warm_up_px=640),
    "face_landmarks": Serving(64, (16, 64), 200, 1024),
}
"""By model name. A batch that needs long enough waits longer for company."""

_TRANSLATOR = Serving(4, (2, 4), 1_000, 64)
"""Of each ``translator_<task>``."""


def model_config(name: str, onnx_path: Path) -> str:
    """The text of config.pbtxt for the model ``name``, whose inputs and outputs are read from ``onnx_path``.

    Raises:
        TrainingError: a tensor without a batch, or of a type that is not served.
    """
    serving = _TRANSLATOR if name.startswith("translator_") else SERVING[name]
    session = onnxruntime.InferenceSession(str(onnx_path), providers=["CPUExecutionProvider"])
    config = triton.ModelConfig(name=name, backend="onnxruntime", max_batch_size=serving.max_batch_size)
    for tensor in session.get_inputs():
        config.input.add(name=tensor.name, data_type=_type(tensor), dims=_dims(tensor))
    for tensor in session.get_outputs():
        config.output.add(name=tensor.name, data_type=_type(tensor), dims=_dims(tensor))
    config.instance_group.add(count=1, kind=triton.ModelInstanceGroup.KIND_AUTO)
    config.dynamic_batching.preferred_batch_size.extend(serving.preferred)
    config.dynamic_batching.max_queue_delay_microseconds = serving.queue_delay_microseconds
    config.dynamic_batching.default_queue_policy.max_queue_size = serving.queue_size
    config.version_policy.latest.num_versions = 2
    facts = session.get_modelmeta().custom_metadata_map
    made_for = [int(facts.get(side, serving.warm_up_px)) for side in ("height_px", "width_px")]
    warm_up = config.model_warmup.add(name="zeros", batch_size=1)
    for tensor in config.input:
        entry = warm_up.inputs[tensor.name]
        entry.data_type = tensor.data_type
        free = iter(made_for)
        entry.dims.extend(next(free) if dim == -1 else dim for dim in tensor.dims)
        entry.zero_data = True
    return text_format.MessageToString(config)


def _type(tensor: onnxruntime.NodeArg) -> int:
    if tensor.type not in _TYPES:
        raise TrainingError(f"{tensor.name} is of type {tensor.type}, which is not served")
    return int(_TYPES[tensor.type])


def _dims(tensor: onnxruntime.NodeArg) -> list[int]:
    batch, *dims = tensor.shape
    if isinstance(batch, int):
        raise TrainingError(f"{tensor.name} has no free batch dimension")
    return [dim if isinstance(dim, int) else -1 for dim in dims]
