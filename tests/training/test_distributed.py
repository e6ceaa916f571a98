"""Processes that train together see what one alone would see, stay the same, and resume exactly."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.training.runs import TINY, arguments, assert_same_state, flat, last_state, train, train_job
from training.engine import checkpoint
from training.engine.parallel import Place
from training.errors import TrainingError
from training.train import job

STEPS = 3
FLOAT32 = Place(precision=torch.float32)


def torchrun(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Two processes on this machine's CPU, which talk by gloo."""
    command = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "CUDA_VISIBLE_DEVICES": ""}
    return subprocess.run(
        [*command, *map(str, words)], capture_output=True, text=True, timeout=500, check=False, env=environment
    )


def train_two(kind: str, prepared: Path, folder: Path, stop_in_step: int = 0) -> Path:
    done = torchrun("tests.training.rank", kind, prepared, folder, str(STEPS), str(stop_in_step))
    assert done.returncode == 0, done.stderr
    return folder


def own_state(folder: Path, rank: int) -> dict[str, Any]:
    newest = checkpoint.latest(folder / f"rank{rank}")
    assert newest is not None
    return flat(checkpoint.load(newest))


def assert_ranks_are_the_same(folder: Path) -> None:
    first, second = own_state(folder, 0), own_state(folder, 1)
    assert first.keys() == second.keys()
    for name, value in first.items():
        assert torch.equal(value, second[name]) if isinstance(value, torch.Tensor) else value == second[name], name


@pytest.mark.parametrize("kind", ["generator", "face-encoder"])
def test_after_some_steps_all_processes_have_the_same_weights(kind: str, prepared: Path, tmp_path: Path) -> None:
    """To the last bit: averages, optimizers and what batch norm remembers, too."""
    assert_ranks_are_the_same(train_two(kind, prepared, tmp_path))


def test_two_processes_learn_what_one_learns_and_resume_exactly(prepared: Path, tmp_path: Path) -> None:
    """The stopped run is stopped by one process alone, which the other is told; it may also go on with one process."""
    whole = train_two("colorizer", prepared, tmp_path / "whole")
    train_two("colorizer", prepared, tmp_path / "legs", stop_in_step=2)
    assert last_state(tmp_path / "legs")["step"] == 2
    shutil.copytree(tmp_path / "legs", tmp_path / "fewer")
    assert train("colorizer", prepared, tmp_path / "fewer", STEPS, FLOAT32)
    train_two("colorizer", prepared, tmp_path / "legs")
    assert_same_state(whole, tmp_path / "legs")
    assert_ranks_are_the_same(whole)

    start, _ = job(TINY["colorizer"], arguments(prepared, tmp_path), FLOAT32)
    before = {name: value.clone() for name, value in weights(start.state_dict()).items()}
    _, alone = train_job("colorizer", prepared, tmp_path / "alone", STEPS, FLOAT32, lambda _: None)
    after, together = weights(alone.state_dict()), weights(last_state(whole)["trainer"])
    for name, value in after.items():
        moved, apart = (value - before[name]).norm(), (value - together[name]).norm()
        assert apart < 1e-3 * moved, name


def weights(state: dict[str, Any]) -> dict[str, torch.Tensor]:
    return {name: value for name, value in flat(state).items() if name.startswith("/colorizer")}


def test_the_command_line_trains_in_two_processes(prepared: Path, tmp_path: Path) -> None:
    settings = ("--set", "widths=4,8,8,8", "--set", "batch=4", "--set", "crop_px=64")
    done = torchrun(
        "training", "train", "colorizer", "--data", prepared, "--out", tmp_path, "--images", "8", "--cpu", *settings
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["done"]
    assert last_state(tmp_path)["step"] == 2


@settings(deadline=None)
@given(ranks=st.integers(1, 5), rows=st.integers(1, 4), seed=st.integers(0, 2**32))
def test_together_the_processes_draw_the_numbers_of_one(ranks: int, rows: int, seed: int) -> None:
    def drawn(place: Place, count: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        torch.manual_seed(seed)
        return place.rand(count, 2), place.randn(count, 3), torch.get_rng_state()

    uniform, normal, state = drawn(Place(), ranks * rows)
    for rank in range(ranks):
        own_uniform, own_normal, own_state = drawn(Place(rank=rank, ranks=ranks), rows)
        assert torch.equal(own_uniform, uniform[rank::ranks])
        assert torch.equal(own_normal, normal[rank::ranks])
        assert torch.equal(own_state, state)


@pytest.mark.parametrize("kind", TINY)
def test_together_the_processes_see_the_batches_of_one(kind: str, prepared: Path, tmp_path: Path) -> None:
    def batches(place: Place) -> list[list[torch.Tensor]]:
        _, feed = job(TINY[kind], arguments(prepared, tmp_path), place)
        found = [feed.next() for _ in range(2)]
        return [[batch] if isinstance(batch, torch.Tensor) else list(vars(batch).values()) for batch in found]

    ranks = 2
    whole = batches(Place())
    for rank in range(ranks):
        for own, all_of_it in zip(batches(Place(rank=rank, ranks=ranks)), whole, strict=True):
            for part, of in zip(own, all_of_it, strict=True):
                assert torch.equal(part, of[rank::ranks])


def test_a_batch_that_cannot_be_shared_evenly_is_told(prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="a batch of 2 cannot be shared evenly by 3 processes"):
        train("colorizer", prepared, tmp_path, 1, Place(ranks=3))
