"""Two runs averaged: what lies between their averaged networks, and nothing where they do not go together."""

from pathlib import Path

import pytest
import torch

from tests.training.runs import last_state, train
from training.averaging import average
from training.errors import TrainingError


@pytest.fixture
def two(prepared: Path, tmp_path: Path) -> tuple[Path, Path]:
    for name, steps in (("first", 1), ("second", 2)):
        train("generator", prepared, tmp_path / name, steps)
    return tmp_path / "first", tmp_path / "second"


def test_the_averaged_networks_lie_between_those_of_the_two(two: tuple[Path, Path], tmp_path: Path) -> None:
    average(*two, 0.25, tmp_path / "both")
    first, second, both = (last_state(run)["trainer"] for run in (*two, tmp_path / "both"))
    for network in ("generator_ema", "encoder_ema"):
        for name, value in both[network].items():
            torch.testing.assert_close(value, 0.75 * first[network][name] + 0.25 * second[network][name])
    torch.testing.assert_close(both["generator"], first["generator"], rtol=0, atol=0)


def test_runs_that_do_not_go_together_are_refused(two: tuple[Path, Path], prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="0 to 1"):
        average(*two, 1.5, tmp_path / "both")
    with pytest.raises(TrainingError, match="holds a run already"):
        average(*two, 0.5, two[1])
    with pytest.raises(TrainingError, match="holds no checkpoint"):
        average(two[0], tmp_path / "nothing", 0.5, tmp_path / "both")
    train("colorizer", prepared, tmp_path / "colours", 1)
    with pytest.raises(TrainingError, match="their recipe differ"):
        average(two[0], tmp_path / "colours", 0.5, tmp_path / "both")
    assert not (tmp_path / "both").exists()
