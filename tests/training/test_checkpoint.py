"""A checkpoint holds a nested state exactly, appears whole or not at all, and the last few are kept."""

import shutil
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tests.training.runs import files_up_to
from training.engine import checkpoint
from training.errors import TrainingError

tensors = st.one_of(
    arrays("float32", st.lists(st.integers(0, 3), max_size=3).map(tuple)),
    arrays("int64", st.integers(0, 4)),
).map(torch.from_numpy)
scalars = st.one_of(st.integers(), st.floats(allow_nan=False), st.text(), st.booleans(), st.none())
states = st.recursive(
    st.one_of(tensors, scalars),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.one_of(st.text(), st.integers()), inner, max_size=3)
    ),
    max_leaves=12,
)


def same(a: object, b: object) -> bool:
    if isinstance(a, torch.Tensor):
        if not isinstance(b, torch.Tensor) or a.dtype != b.dtype or a.shape != b.shape:
            return False
        return torch.allclose(a.double(), b.double(), rtol=0, atol=0, equal_nan=True)
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return isinstance(b, list) and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and a == b


@given(state=st.dictionaries(st.text(), states, max_size=4))
def test_what_is_loaded_is_what_was_saved(state: dict[str, object], tmp_path_factory: pytest.TempPathFactory) -> None:
    path = checkpoint.save(tmp_path_factory.mktemp("checkpoints"), 1, state)
    assert same(state, checkpoint.load(path))


def test_two_names_of_one_tensor_are_both_kept(tmp_path: Path) -> None:
    shared = torch.arange(3.0)
    loaded = checkpoint.load(checkpoint.save(tmp_path, 1, {"a": shared, "b": shared.t(), "c": shared[:2]}))
    assert [loaded[name].tolist() for name in "abc"] == [[0, 1, 2], [0, 1, 2], [0, 1]]


def test_the_state_of_an_optimizer_survives(tmp_path: Path) -> None:
    weight = torch.nn.Parameter(torch.ones(2))
    optimizer = torch.optim.Adam([weight])
    weight.sum().backward()
    optimizer.step()
    path = checkpoint.save(tmp_path, 1, {"optimizer": optimizer.state_dict()})
    other = torch.optim.Adam([torch.nn.Parameter(torch.ones(2))])
    other.load_state_dict(checkpoint.load(path)["optimizer"])
    assert other.state_dict()["state"][0]["exp_avg"].tolist() == optimizer.state_dict()["state"][0]["exp_avg"].tolist()


def test_the_newest_are_kept_and_the_newest_is_found(tmp_path: Path) -> None:
    for step in range(1, 6):
        checkpoint.save(tmp_path, step, {"step": step})
    assert len(list(tmp_path.iterdir())) == checkpoint.KEPT
    newest = checkpoint.latest(tmp_path)
    assert newest is not None
    assert checkpoint.load(newest)["step"] == 5


def test_a_file_that_was_never_finished_is_not_taken_for_a_checkpoint(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 1, {"step": 1})
    (tmp_path / "000000002.safetensors.unfinished").write_bytes(b"half")
    newest = checkpoint.latest(tmp_path)
    assert newest is not None
    assert checkpoint.load(newest)["step"] == 1


@pytest.mark.parametrize("keep", [0, 5, 40, -1])
def test_a_damaged_checkpoint_is_told_as_such(tmp_path: Path, keep: int) -> None:
    path = checkpoint.save(tmp_path, 1, {"weights": torch.ones(100)})
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(TrainingError, match="cannot be read"):
        checkpoint.load(path)


def test_a_folder_without_checkpoints_has_no_newest(tmp_path: Path) -> None:
    assert checkpoint.latest(tmp_path / "none") is None


def test_no_room_is_told_before_anything_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkpoint.save(tmp_path, 1, {"step": 1})
    usage = shutil.disk_usage(tmp_path)._replace(free=20 * 2**20)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(TrainingError, match=r"no room for a checkpoint of 8 MB in .*: 21 MB are free"):
        checkpoint.save(tmp_path, 2, {"weights": torch.zeros(2_000_000)})
    assert [path.name for path in tmp_path.iterdir()] == ["000000001.safetensors"]


def test_what_cannot_be_written_to_its_end_leaves_nothing(tmp_path: Path) -> None:
    checkpoint.save(tmp_path, 1, {"step": 1})
    with files_up_to(10_000), pytest.raises(TrainingError, match=r"cannot write .*000000002.safetensors \(.*too large"):
        checkpoint.save(tmp_path, 2, {"weights": torch.zeros(10_000)})
    assert [path.name for path in tmp_path.iterdir()] == ["000000001.safetensors"]
