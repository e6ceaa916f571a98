"""A generator begins where another ended."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from tests.training.runs import TINY, arguments, last_state, train
from tests.training.tiny import TINY_GENERATOR
from training import snapshot
from training.engine import checkpoint
from training.engine.loop import Budget, run
from training.engine.parallel import ALONE
from training.errors import TrainingError
from training.recipes import GENERATORS, personal
from training.recipes.generator import GeneratorRecipe
from training.train import job
from training.trainers.generator import GeneratorTrainer


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(GENERATORS, TINY_GENERATOR.name, TINY_GENERATOR)


def trainer(recipe: GeneratorRecipe, seed: int = 0) -> GeneratorTrainer:
    side = 2 ** (len(recipe.generator_widths) + 1)
    return GeneratorTrainer(recipe, torch.zeros(4, 3, side, side), seed)


def networks(of: GeneratorTrainer) -> dict[str, dict[str, Tensor]]:
    state = of.state_dict()
    return {name: state[name] for name in ("generator", "encoder", "discriminator")}


def test_a_snapshot_of_a_run_holds_its_averaged_networks_at_half_precision(prepared: Path, tmp_path: Path) -> None:
    train("generator", prepared, tmp_path / "run", 2)
    snapshot.take(tmp_path / "run", tmp_path / "tiny.safetensors")
    state = checkpoint.load(checkpoint.latest(tmp_path / "run" / "checkpoints"))["trainer"]  # type: ignore[arg-type]
    found = snapshot.begin_with(tmp_path / "tiny.safetensors")
    for name, whole in (("generator", "generator_ema"), ("encoder", "encoder_ema"), ("discriminator", "discriminator")):
        for key, value in state[whole].items():
            torch.testing.assert_close(found[name][key], value, rtol=1e-3, atol=1e-6)
    assert torch.equal(found["generator"]["prior.factor"], state["generator_ema"]["prior.factor"])


def test_a_run_that_begins_with_another_has_its_networks(prepared: Path, tmp_path: Path) -> None:
    train("generator", prepared, tmp_path, 2)
    begun = trainer(TINY_GENERATOR, seed=9)
    begun.begin_with(snapshot.begin_with(tmp_path))
    state = checkpoint.load(checkpoint.latest(tmp_path / "checkpoints"))["trainer"]  # type: ignore[arg-type]
    for part in ("generator", "generator_ema"):
        assert all(torch.equal(value, state["generator_ema"][key]) for key, value in begun.state_dict()[part].items())


def test_a_run_goes_on_without_what_it_began_with(prepared: Path, tmp_path: Path) -> None:
    train("generator", prepared, tmp_path / "other", 2)
    told = arguments(prepared, tmp_path / "run", start=tmp_path / "other")

    def leg(steps: int) -> None:
        begun, feed = job(TINY_GENERATOR, told, ALONE)
        run(begun, TINY_GENERATOR, feed, Budget(steps * TINY_GENERATOR.batch), told.out)
        assert last_state(told.out)["step"] == steps

    leg(1)
    shutil.rmtree(told.start)
    leg(2)


@pytest.mark.parametrize(
    ("kind", "option"), [("colorizer", "start"), ("generator", "detector"), ("upscaler-x2", "generator")]
)
def test_another_run_that_is_of_no_use_is_refused(kind: str, option: str, prepared: Path, tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=f"makes no use of --{option}"):
        job(TINY[kind], arguments(prepared, tmp_path, **{option: tmp_path}), ALONE)


def test_networks_of_another_shape_are_refused() -> None:
    wide = replace(TINY_GENERATOR, w_dim=24)
    with pytest.raises(TrainingError, match="cannot begin with these networks"):
        trainer(wide).begin_with(networks(trainer(TINY_GENERATOR)))


@pytest.mark.parametrize("content", [None, b"", b"no tensors", "another"])
def test_what_is_no_snapshot_is_told(tmp_path: Path, content: bytes | str | None) -> None:
    path = tmp_path / "start.safetensors"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content:
        save_file({"a": torch.zeros(1)}, path)
    with pytest.raises(TrainingError, match="snapshot"):
        snapshot.begin_with(path)


def test_a_personal_generator_begins_with_the_shipped_networks() -> None:
    recipe = personal.RECIPE
    begun = trainer(recipe)
    begun.begin_with(snapshot.begin_with(snapshot.shipped(recipe.start)))
    made = begun.generator_ema(torch.randn(4, recipe.latent_dim))
    assert 0.1 < made.std() < 1.0, "pictures, and not the noise of untrained networks"
    assert made.abs().max() < 3.0
