"""A generator grows from another: one more stage, which adds detail to the same faces."""

import json
from dataclasses import replace
from pathlib import Path

import onnx
import pytest
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d, interpolate

from tests.training.runs import arguments, train
from tests.training.tiny import TINY_GENERATOR
from training.engine.loop import Budget, run
from training.engine.parallel import ALONE
from training.errors import TrainingError
from training.export.family import generator_exports
from training.export.onnx_file import write
from training.recipes import GENERATORS
from training.runs import generator_digest, load_autoencoder, load_generator
from training.train import job
from training.trainers.generator import GeneratorTrainer

TWICE = replace(
    TINY_GENERATOR,
    name="tiny-twice",
    layout="face_128",
    generator_widths=(*TINY_GENERATOR.generator_widths, 8),
    discriminator_widths=(4, *TINY_GENERATOR.discriminator_widths),
    grown=True,
)
KEPT = ("generator", "encoder")


@pytest.fixture(autouse=True)
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    for recipe in (TINY_GENERATOR, TWICE):
        monkeypatch.setitem(GENERATORS, recipe.name, recipe)


@pytest.fixture
def small() -> GeneratorTrainer:
    return GeneratorTrainer(TINY_GENERATOR, torch.zeros(4, 3, 64, 64), 0)


@pytest.fixture
def large(small: GeneratorTrainer) -> GeneratorTrainer:
    grown = GeneratorTrainer(TWICE, torch.zeros(4, 3, 128, 128), 1)
    grown.begin_with(networks(small))
    return grown


@pytest.fixture
def real() -> Tensor:
    return torch.rand(4, 3, 128, 128, generator=torch.Generator().manual_seed(0)) * 2 - 1


def networks(of: GeneratorTrainer) -> dict[str, dict[str, Tensor]]:
    state = of.state_dict()
    return {name: state[name] for name in ("generator", "encoder", "discriminator")}


def test_it_begins_as_what_it_grew_from(small: GeneratorTrainer, large: GeneratorTrainer, real: Tensor) -> None:
    w_plus = small.generator.w_plus(torch.randn(3, TINY_GENERATOR.latent_dim))
    made = small.generator.synthesis(w_plus)
    smooth = interpolate(made, scale_factor=2, mode="bilinear", align_corners=False)
    assert (large.generator.synthesis(w_plus) - smooth).abs().mean() < 0.3 * made.std()
    torch.testing.assert_close(large._discriminator(real), small._discriminator(avg_pool2d(real, 2)))


def test_it_learns_detail_of_faces_that_stay_the_same(
    small: GeneratorTrainer, large: GeneratorTrainer, real: Tensor
) -> None:
    w_plus = small.generator.w_plus(torch.randn(3, TINY_GENERATOR.latent_dim))
    before = large.generator.synthesis(w_plus)
    for _ in range(3):
        losses = large.step(real, 0.0)
        assert all(torch.isfinite(loss) for loss in losses.values())
    after = large.generator.synthesis(w_plus)
    assert not torch.equal(before, after)
    torch.testing.assert_close(avg_pool2d(after, 2), small.generator.synthesis(w_plus), atol=1e-5, rtol=1e-4)


def test_all_that_it_grew_from_stays_as_it_is(small: GeneratorTrainer, large: GeneratorTrainer, real: Tensor) -> None:
    large.step(real, 0.0)
    for name in KEPT:
        for part in (name, f"{name}_ema"):
            state = large.state_dict()[part]
            assert all(torch.equal(value, state[key]) for key, value in small.state_dict()[name].items())
    assert generator_digest(large.generator) == generator_digest(small.generator)


def test_a_generator_of_twice_the_size_that_does_not_say_so_cannot_begin_with_a_small_one(
    small: GeneratorTrainer,
) -> None:
    whole = GeneratorTrainer(replace(TWICE, grown=False), torch.zeros(4, 3, 128, 128), 1)
    with pytest.raises(TrainingError, match="cannot begin with these networks"):
        whole.begin_with(networks(small))


@pytest.fixture(scope="module")
def runs(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The small generator's, and that of the one that grew from it."""
    small, grown = (tmp_path_factory.mktemp("runs") / name for name in ("small", "grown"))
    with pytest.MonkeyPatch.context() as patch:
        for recipe in (TINY_GENERATOR, TWICE):
            patch.setitem(GENERATORS, recipe.name, recipe)
        train("generator", prepared, small, 1)
        trainer, feed = job(TWICE, arguments(prepared, grown, start=small), ALONE)
        run(trainer, TWICE, feed, Budget(TWICE.batch), grown)
    return small, grown


class TestARun:
    def test_must_be_told_what_it_grows_from(self, prepared: Path, tmp_path: Path) -> None:
        with pytest.raises(TrainingError, match="name its run with --start"):
            job(TWICE, arguments(prepared, tmp_path / "run"), ALONE)

    def test_is_exported_beside_the_small_generator_whose_latents_it_takes(
        self, runs: tuple[Path, Path], tmp_path: Path
    ) -> None:
        generators = [load_generator(folder)[0] for folder in runs]
        (_, small), (large,) = (generator_exports(generator) for generator in generators)
        assert (small.name, large.name) == ("generator", "generator_128")
        files = []
        for export in (small, large):
            write(export, tmp_path / export.name / "model.onnx", {"metrics": {}})
            files.append(onnx.load(tmp_path / export.name / "model.onnx"))
        shapes = [[dim.dim_value for dim in file.graph.input[0].type.tensor_type.shape.dim[1:]] for file in files]
        assert shapes[0] == shapes[1]
        told = [{entry.key: entry.value for entry in file.metadata_props} for file in files]
        assert told[0]["generator_digest"] == told[1]["generator_digest"]
        assert json.loads(told[1]["metrics"]) == {}

    def test_has_no_inverter_of_its_own(self, runs: tuple[Path, Path]) -> None:
        load_autoencoder(runs[0])
        with pytest.raises(TrainingError, match="takes its latents"):
            load_autoencoder(runs[1])
