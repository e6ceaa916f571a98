"""Reading a model repository: what is taken, and what is refused with a word about where and why."""

from pathlib import Path

import numpy as np
import pytest

from serving.engine.base import ModelVersion
from serving.engine.repository import read_model, read_repository
from serving.errors import RepositoryInvalid

CONFIG = """
name: "doubler"
backend: "onnxruntime"
max_batch_size: 8
input [ { name: "x" data_type: TYPE_FP32 dims: [ 3, -1 ] } ]
output [ { name: "y" data_type: TYPE_UINT8 dims: [ 1 ] } ]
"""


def write_model(folder: Path, config: str = CONFIG, versions: tuple[str, ...] = ("1",), name: str = "doubler") -> Path:
    for version in versions:
        (folder / name / version).mkdir(parents=True)
        (folder / name / version / "model.onnx").write_bytes(b"")
    (folder / name / "config.pbtxt").write_text(config)
    return folder / name


def test_tensors_and_batch_size_come_from_the_config(tmp_path: Path) -> None:
    spec = read_model(write_model(tmp_path))
    assert spec.id == ModelVersion("doubler", 1)
    assert spec.file == tmp_path / "doubler" / "1" / "model.onnx"
    assert (spec.inputs["x"].dtype, spec.inputs["x"].shape) == (np.dtype(np.float32), (3, -1))
    assert (spec.outputs["y"].dtype, spec.outputs["y"].shape) == (np.dtype(np.uint8), (1,))
    assert spec.batching.max_batch_size == 8


def test_without_dynamic_batching_requests_run_alone(tmp_path: Path) -> None:
    assert read_model(write_model(tmp_path)).batching.preferred_batch_sizes == ()


def test_dynamic_batching_is_as_the_config_says(tmp_path: Path) -> None:
    batching = read_model(
        write_model(
            tmp_path,
            CONFIG
            + """
            dynamic_batching {
              preferred_batch_size: [ 8, 4 ]
              max_queue_delay_microseconds: 1500
              default_queue_policy { max_queue_size: 32 default_timeout_microseconds: 250000 }
            }
            instance_group [ { kind: KIND_CPU count: 2 }, { kind: KIND_CPU } ]
            """,
        )
    ).batching
    assert batching.preferred_batch_sizes == (4, 8)
    assert batching.max_queue_size == 32
    assert batching.max_queue_seconds == pytest.approx(0.25)
    assert batching.instances == 3


def test_an_empty_dynamic_batching_prefers_the_largest_batch(tmp_path: Path) -> None:
    assert read_model(write_model(tmp_path, CONFIG + "dynamic_batching {}")).batching.preferred_batch_sizes == (8,)


@pytest.mark.parametrize(
    ("groups", "gpu"),
    [
        ("", None),
        ("instance_group [ { count: 1 } ]", None),
        ("instance_group [ { kind: KIND_CPU } ]", False),
        ("instance_group [ { kind: KIND_CPU }, { kind: KIND_GPU } ]", True),
    ],
)
def test_a_model_runs_on_a_gpu_where_there_is_one_unless_its_config_says_otherwise(
    tmp_path: Path, groups: str, gpu: bool | None
) -> None:
    assert read_model(write_model(tmp_path, CONFIG + groups)).gpu is gpu


def test_a_warm_up_of_zeros_is_made(tmp_path: Path) -> None:
    warmup = """
        model_warmup [ {
          name: "zeros" batch_size: 2 count: 3
          inputs { key: "x" value { data_type: TYPE_FP32 dims: [ 3, 5 ] zero_data: true } }
        } ]
    """
    warmups = read_model(write_model(tmp_path, CONFIG + warmup)).warmups
    assert [inputs["x"].shape for inputs in warmups] == [(2, 3, 5)] * 3
    assert not warmups[0]["x"].any()


@pytest.mark.parametrize(
    ("policy", "version"),
    [
        ("", 10),
        ("version_policy { latest { num_versions: 2 } }", 10),
        ("version_policy { all {} }", 10),
        ("version_policy { specific { versions: [ 2, 9, 77 ] } }", 9),
    ],
)
def test_the_highest_version_that_the_policy_lets_serve_serves(tmp_path: Path, policy: str, version: int) -> None:
    model = write_model(tmp_path, CONFIG + policy, versions=("2", "9", "10", "0", "old"))
    assert read_model(model).id.version == version


@pytest.mark.parametrize(
    ("config", "complaint"),
    [
        ("max_batch_size 8", "1:16"),
        ("no_such_field: 1", "no_such_field"),
        (CONFIG.replace("doubler", "tripler"), "tripler"),
        (CONFIG.replace("onnxruntime", "pytorch"), "backend"),
        (CONFIG.replace("max_batch_size: 8", ""), "max_batch_size"),
        (CONFIG.replace("TYPE_FP32", "TYPE_STRING"), "TYPE_FP32"),
        (CONFIG.replace("[ 3, -1 ]", "[ 0 ]"), "dims"),
        ('name: "doubler" backend: "onnxruntime" max_batch_size: 8', "input"),
        (CONFIG + "dynamic_batching { preferred_batch_size: [ 9 ] }", "preferred_batch_size"),
        (CONFIG + "sequence_batching {}", "sequence_batching"),
        (CONFIG + "dynamic_batching { priority_levels: 2 default_priority_level: 1 }", "priority_levels"),
        (CONFIG + "dynamic_batching { default_queue_policy { timeout_action: DELAY } }", "timeout_action"),
        (CONFIG + "version_policy { specific { versions: [ 5 ] } }", "version"),
        (CONFIG + 'default_model_filename: "other.onnx"', "other.onnx"),
        (
            CONFIG
            + 'model_warmup [ { inputs { key: "x" value { data_type: TYPE_FP32 dims: 3 random_data: true } } } ]',
            "zero_data",
        ),
    ],
)
def test_a_config_that_will_not_do_is_refused(tmp_path: Path, config: str, complaint: str) -> None:
    with pytest.raises(RepositoryInvalid, match="doubler") as caught:
        read_model(write_model(tmp_path, config))
    assert complaint in str(caught.value)


def test_models_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b", "a"):
        write_model(tmp_path, CONFIG.replace("doubler", name), name=name)
    (tmp_path / "notes").mkdir()
    assert [spec.id.name for spec in read_repository(tmp_path)] == ["a", "b"]


def test_a_folder_without_models_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RepositoryInvalid, match="no model"):
        read_repository(tmp_path)
    with pytest.raises(RepositoryInvalid, match="not a folder"):
        read_repository(tmp_path / "missing")
