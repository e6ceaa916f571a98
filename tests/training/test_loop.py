"""A run goes on exactly where it was stopped or killed, and stops before it spoils anything."""

import multiprocessing
import re
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from tests.training.runs import TINY, assert_same_state, files_up_to, last_state, stop_in, train
from tests.training.tiny import TINY_COLORIZER
from training.engine import checkpoint
from training.engine.divergence import PATIENCE
from training.engine.files import claimed
from training.errors import TrainingError
from training.trainers.colorizer import ColorizerTrainer


@pytest.mark.parametrize("kind", TINY)
def test_a_run_in_two_legs_ends_with_bit_identical_weights(kind: str, prepared: Path, tmp_path: Path) -> None:
    """Five steps in one go, or stopped after some and gone on with: not one bit differs, optimizers included.

    The second leg starts from another process' point of view: new networks, new random state.
    """
    assert train(kind, prepared, tmp_path / "whole", 5)
    assert not train(kind, prepared, tmp_path / "legs", 5, before_step=stop_in(3))
    assert last_state(tmp_path / "legs")["step"] == 3
    torch.manual_seed(999)
    assert train(kind, prepared, tmp_path / "legs", 5)
    assert_same_state(tmp_path / "whole", tmp_path / "legs")


def test_a_killed_run_goes_on_from_its_last_checkpoint(prepared: Path, tmp_path: Path) -> None:
    """SIGKILL leaves no time to save: the run goes on from what was written before, and ends in the same bits."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=train, args=("colorizer", prepared, tmp_path / "killed", 40))
    process.start()
    deadline = time.monotonic() + 240
    while not checkpoint.latest(tmp_path / "killed" / "checkpoints"):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert 0 < last_state(tmp_path / "killed")["step"] < 40
    train("colorizer", prepared, tmp_path / "killed", 40)
    train("colorizer", prepared, tmp_path / "whole", 40)
    assert_same_state(tmp_path / "whole", tmp_path / "killed")


def test_what_a_killed_process_left_unfinished_is_removed(prepared: Path, tmp_path: Path) -> None:
    leftover = tmp_path / "checkpoints" / "000000009.safetensors.unfinished"
    leftover.parent.mkdir()
    leftover.write_bytes(b"half")
    train("colorizer", prepared, tmp_path, 2)
    assert not leftover.exists()


def test_two_processes_cannot_train_in_one_folder(prepared: Path, tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(TrainingError, match="another process trains in"):
        train("colorizer", prepared, tmp_path, 2)


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train("colorizer", prepared, tmp_path, 2)
    monkeypatch.setattr(ColorizerTrainer, "step", lambda *_: {"chroma": torch.tensor(float("nan"))})
    with pytest.raises(TrainingError, match=r"diverged at step 2: chroma is nan; .* is .*000000002\.safetensors"):
        train("colorizer", prepared, tmp_path, 4)
    assert last_state(tmp_path)["step"] == 2


def test_exploding_losses_stop_the_run_and_what_they_spoilt_is_not_saved(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint that is named as good is from before the losses exploded, though many steps passed since."""
    steps = 0

    def step(*_: object) -> dict[str, torch.Tensor]:
        nonlocal steps
        steps += 1
        return {"chroma": torch.tensor(0.5 if steps <= PATIENCE else 1e4)}

    monkeypatch.setattr(ColorizerTrainer, "step", step)
    with pytest.raises(TrainingError, match=re.escape(f"diverged at step {2 * PATIENCE - 1}: chroma has been above")):
        train("colorizer", prepared, tmp_path, 4 * PATIENCE)
    assert last_state(tmp_path)["step"] == PATIENCE


def test_weights_that_are_no_numbers_are_not_saved(prepared: Path, tmp_path: Path) -> None:
    """The loss of a step is from before its weights changed: it may be fine while they are not."""
    train("colorizer", prepared, tmp_path, 2)

    def spoilt(self: ColorizerTrainer, *_: object) -> dict[str, torch.Tensor]:
        self.colorizer_ema.chroma.weight.fill_(torch.inf)
        return {"chroma": torch.tensor(0.5)}

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ColorizerTrainer, "step", spoilt)
        with pytest.raises(TrainingError, match=r"colorizer_ema/chroma.weight is no longer finite"):
            train("colorizer", prepared, tmp_path, 4)
    assert last_state(tmp_path)["step"] == 2


def test_a_full_disk_ends_the_run_and_keeps_its_checkpoints(prepared: Path, tmp_path: Path) -> None:
    train("colorizer", prepared, tmp_path / "stopped", 4, before_step=stop_in(2))
    with files_up_to(2_000), pytest.raises(TrainingError, match=r"cannot write .* \(.*\); .*the same command goes on"):
        train("colorizer", prepared, tmp_path / "stopped", 4)
    assert last_state(tmp_path / "stopped")["step"] == 2
    assert not list(tmp_path.rglob("*.unfinished"))
    train("colorizer", prepared, tmp_path / "stopped", 4)
    train("colorizer", prepared, tmp_path / "whole", 4)
    assert_same_state(tmp_path / "whole", tmp_path / "stopped")


def test_a_checkpoint_of_another_recipe_is_refused(prepared: Path, tmp_path: Path) -> None:
    train("colorizer", prepared, tmp_path, 2)
    with pytest.raises(TrainingError, match="another recipe"):
        train("generator", prepared, tmp_path, 4)


def test_a_checkpoint_of_other_settings_is_refused_and_the_difference_told(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train("colorizer", prepared, tmp_path, 2)
    monkeypatch.setitem(TINY, "colorizer", replace(TINY_COLORIZER, saturation=0.25, learning_rate=(1e-3, 0.0)))
    with pytest.raises(TrainingError, match=r"learning_rate \(0.001, 5e-05\), not \(0.001, 0.0\), saturation 0.5, not"):
        train("colorizer", prepared, tmp_path, 4)


def test_a_checkpoint_of_networks_of_another_version_is_refused(prepared: Path, tmp_path: Path) -> None:
    train("colorizer", prepared, tmp_path, 2)
    state = last_state(tmp_path)
    del state["trainer"]["colorizer_ema"]["stem.bias"]
    checkpoint.save(tmp_path / "checkpoints", 3, state)
    with pytest.raises(TrainingError, match=r"000000003.safetensors is of other networks than this version trains"):
        train("colorizer", prepared, tmp_path, 4)
