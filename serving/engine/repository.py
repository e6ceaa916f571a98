"""Reads a model repository of Triton's layout: <model>/config.pbtxt and <model>/<version>/model.onnx."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2

from serving.engine.base import Model, ModelVersion, Tensors, TensorSpec
from serving.engine.family import check_together
from serving.engine.onnx_metadata import read_metadata
from serving.errors import RepositoryInvalid

_DTYPES: Mapping[int, type[np.generic]] = {
    model_config_pb2.TYPE_BOOL: np.bool_,
    model_config_pb2.TYPE_UINT8: np.uint8,
    model_config_pb2.TYPE_INT32: np.int32,
    model_config_pb2.TYPE_INT64: np.int64,
    model_config_pb2.TYPE_FP16: np.float16,
    model_config_pb2.TYPE_FP32: np.float32,
}
_CONFIG = "config.pbtxt"
_DEFAULT_FILE = "model.onnx"


@dataclass(frozen=True)
class BatchingPolicy:
    """How requests for one model are put together.

    Attributes:
        max_batch_size: most rows of one inference.
        preferred_batch_sizes: sizes that are best, ascending; empty if requests never share a batch.
        max_queue_size: most requests that wait; 0 for no limit.
        max_queue_seconds: how long a request waits at most; 0 for no limit.
        instances: inferences at a time.
    """

    max_batch_size: int
    preferred_batch_sizes: tuple[int, ...]
    max_queue_size: int
    max_queue_seconds: float
    instances: int


@dataclass(frozen=True)
class ModelSpec:
    """One model of the repository, at the version that its policy picks.

    Attributes:
        id: name and version.
        file: the ONNX file.
        inputs: inputs by name.
        outputs: outputs by name.
        batching: how requests are put together.
        gpu: whether it runs on a GPU: None for where there is one.
        warmups: inputs to run before the model counts as ready.
    """

    id: ModelVersion
    file: Path
    inputs: Mapping[str, TensorSpec]
    outputs: Mapping[str, TensorSpec]
    batching: BatchingPolicy
    gpu: bool | None
    warmups: tuple[Tensors, ...]


def read_repository(folder: Path) -> tuple[ModelSpec, ...]:
    """Reads all models, by name.

    Raises:
        RepositoryInvalid: there is no model, a folder cannot be read, or a config.pbtxt or a version folder is not as
            it must be.
    """
    if not folder.is_dir():
        raise RepositoryInvalid(f"The model repository {folder} is not a folder.")
    try:
        # Not by glob: that passes over folders that it may not read.
        folders = (entry for entry in sorted(folder.iterdir()) if entry.is_dir())
        specs = tuple(read_model(entry) for entry in folders if entry / _CONFIG in entry.iterdir())
    except OSError as error:
        raise RepositoryInvalid(f"The model repository {folder} cannot be read: {error}.") from error
    if not specs:
        raise RepositoryInvalid(f"The model repository {folder} has no model: no */config.pbtxt.")
    return specs


def read_model(folder: Path) -> ModelSpec:
    """Reads one model's folder.

    Raises:
        RepositoryInvalid: config.pbtxt or the version folder is not as it must be.
    """
    config = model_config_pb2.ModelConfig()
    path = folder / _CONFIG
    try:
        text_format.Parse(path.read_text("utf-8"), config)
    except (OSError, ValueError, text_format.ParseError) as error:
        raise RepositoryInvalid(f"{path}: {error}") from error

    def require(condition: bool, complaint: str) -> None:
        if not condition:
            raise RepositoryInvalid(f"{path}: {complaint}")

    require(config.name in ("", folder.name), f'name is "{config.name}", the folder is "{folder.name}"')
    require(config.backend == "onnxruntime", 'backend must be "onnxruntime"')
    require(config.max_batch_size > 0, "max_batch_size must be above 0")
    require(len(config.input) > 0 and len(config.output) > 0, "input and output must be given")
    tensors = (*config.input, *config.output)
    require(all(tensor.data_type in _DTYPES for tensor in tensors), f"types may be {_type_names()} only")
    sizes = [size for tensor in tensors for size in tensor.dims]
    require(all(size == -1 or size > 0 for size in sizes), "dims must be above 0, or -1")
    preferred = config.dynamic_batching.preferred_batch_size
    require(all(0 < size <= config.max_batch_size for size in preferred), "preferred_batch_size is over max_batch_size")
    require(not config.HasField("sequence_batching"), "sequence_batching is not served")
    require(config.dynamic_batching.priority_levels == 0, "priority_levels are not served")
    queue = config.dynamic_batching.default_queue_policy
    require(queue.timeout_action == queue.REJECT, "timeout_action must be REJECT")

    version = _pick_version(folder, config.version_policy)
    file = folder / str(version) / (config.default_model_filename or _DEFAULT_FILE)
    require(file.is_file(), f"version {version} has no {file.name}")
    return ModelSpec(
        id=ModelVersion(folder.name, version),
        file=file,
        inputs=_tensor_specs(config.input),
        outputs=_tensor_specs(config.output),
        batching=_batching(config),
        gpu=_gpu(config.instance_group),
        warmups=tuple(
            _warmup_inputs(warmup, path) for warmup in config.model_warmup for _ in range(max(1, warmup.count))
        ),
    )


def describe(specs: Sequence[ModelSpec]) -> dict[str, Model]:
    """The models, by name, with what their files say of them.

    Raises:
        ModelInvalid: a file cannot be read, or the models do not belong together.
    """
    metadata = {spec.id.name: read_metadata(spec.file) for spec in specs}
    check_together(metadata)
    return {
        spec.id.name: Model(
            id=spec.id,
            max_batch_size=spec.batching.max_batch_size,
            inputs=spec.inputs,
            outputs=spec.outputs,
            metadata=metadata[spec.id.name],
            ready=True,
        )
        for spec in specs
    }


def _pick_version(folder: Path, policy: Any) -> int:
    """The highest version that ``policy`` (ModelVersionPolicy) lets serve."""
    versions = {int(child.name) for child in folder.iterdir() if child.is_dir() and child.name.isdecimal()} - {0}
    if policy.WhichOneof("policy_choice") == "specific":
        versions &= set(policy.specific.versions)
    if not versions:
        raise RepositoryInvalid(f"{folder} has no version folder that its version_policy lets serve.")
    return max(versions)


def _tensor_specs(tensors: Iterable[Any]) -> dict[str, TensorSpec]:
    return {
        tensor.name: TensorSpec(tensor.name, np.dtype(_DTYPES[tensor.data_type]), tuple(tensor.dims))
        for tensor in tensors
    }


def _batching(config: Any) -> BatchingPolicy:
    dynamic = config.dynamic_batching
    queue = dynamic.default_queue_policy
    preferred: tuple[int, ...] = ()
    if config.HasField("dynamic_batching"):
        preferred = tuple(sorted(dynamic.preferred_batch_size)) or (config.max_batch_size,)
    return BatchingPolicy(
        max_batch_size=config.max_batch_size,
        preferred_batch_sizes=preferred,
        max_queue_size=queue.max_queue_size,
        max_queue_seconds=queue.default_timeout_microseconds / 1e6,
        instances=sum(max(1, group.count) for group in config.instance_group) or 1,
    )


def _gpu(groups: Iterable[Any]) -> bool | None:
    kinds = {group.kind for group in groups}
    if model_config_pb2.ModelInstanceGroup.KIND_GPU in kinds:
        return True
    return False if kinds == {model_config_pb2.ModelInstanceGroup.KIND_CPU} else None


def _warmup_inputs(warmup: Any, path: Path) -> Tensors:
    def array(tensor: Any) -> np.ndarray[Any, Any]:
        shape = (max(1, warmup.batch_size), *tensor.dims)
        if tensor.data_type not in _DTYPES or min(shape) < 1 or tensor.WhichOneof("input_data_type") != "zero_data":
            raise RepositoryInvalid(f'{path}: warm-up "{warmup.name}" must have zero_data of a fixed shape')
        return np.zeros(shape, _DTYPES[tensor.data_type])

    return {name: array(tensor) for name, tensor in warmup.inputs.items()}


def _type_names() -> str:
    return ", ".join(sorted(model_config_pb2.DataType.Name(number) for number in _DTYPES))
