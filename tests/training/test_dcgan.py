"""The published DCGAN: its sizes to the last number, its doubling, its rewriting for inference, and its commands."""

import json
import shutil
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnxruntime
import pytest
import torch
from torch import Tensor, nn

from phiz.client import Client
from serving.local import local_server
from serving.settings import Settings
from tests.training.runs import train
from tests.training.tiny import TINY_DCGAN
from training import commands, objectives
from training.engine.parallel import Place
from training.errors import TrainingError
from training.evaluate.command import evaluate
from training.export.folding import FoldedDcgan
from training.export.graphs import InverterGraph, OneLayer, Origin
from training.models.dcgan import DcganDiscriminator, DcganGenerator, DoubledConv
from training.recipes.neural_identities import RECIPE
from training.trainers.dcgan import DcganTrainer, build_dcgan


def numbers(module: nn.Module) -> int:
    """What Keras counts: the weights, and what batch norm remembers."""
    remembered = (value for name, value in module.named_buffers() if name.endswith(("running_mean", "running_var")))
    return sum(value.numel() for value in (*module.parameters(), *remembered))


class TestPublishedSizes:
    def test_of_the_generator_layer_by_layer(self) -> None:
        generator = build_dcgan(RECIPE)
        assert [numbers(generator.dense), numbers(generator.dense_norm)] == [20_120_576, 200_704]
        assert [numbers(conv) for conv in generator.convs] == [819_328, 204_864, 51_232]
        assert [numbers(norm) for norm in generator.norms] == [512, 256, 128]
        assert numbers(generator.to_rgb) == 2_403
        assert numbers(generator) == 21_400_003

    def test_of_the_discriminator_layer_by_layer(self) -> None:
        discriminator = DcganDiscriminator(RECIPE.discriminator_widths, 56)
        assert [numbers(conv) for conv in discriminator.convs] == [4_864, 204_928, 819_456, 6_554_624]
        assert numbers(discriminator.logit) == 50_177
        assert numbers(discriminator) == 7_634_049

    def test_of_pictures_and_their_range(self) -> None:
        with torch.no_grad():
            pictures = build_dcgan(RECIPE)(100.0 * torch.randn(2, 400))
            logits = DcganDiscriminator(RECIPE.discriminator_widths, 56)(pictures, lambda x: x)
        assert pictures.shape == (2, 3, 56, 56)
        assert pictures.abs().max() <= 0.5
        assert logits.shape == (2,)


@pytest.fixture
def used() -> DcganGenerator:
    """A small generator whose batch norm has seen batches, and means something."""
    torch.manual_seed(0)
    generator = DcganGenerator(6, (8, 7, 5, 4), 16)
    for parameter in generator.parameters():
        nn.init.normal_(parameter, std=0.3)
    with torch.no_grad():
        for _ in range(5):
            generator(torch.randn(16, 6) + 1.0)
    return generator.eval().requires_grad_(False)


def test_doubling_is_nearest_and_then_a_transposed_convolution_of_stride_1() -> None:
    torch.manual_seed(0)
    conv = DoubledConv(3, 4)
    published = nn.Sequential(nn.Upsample(scale_factor=2, mode="nearest"), nn.ConvTranspose2d(3, 4, 5, padding=2))
    turned = conv.weight.transpose(0, 1).flip(2, 3)
    published.load_state_dict({"1.weight": turned, "1.bias": conv.bias})
    x = torch.randn(2, 3, 6, 7)
    torch.testing.assert_close(conv(x), published(x), atol=1e-6, rtol=0)


def test_the_rewritten_generator_makes_the_same_pictures(used: DcganGenerator) -> None:
    z = torch.randn(50, 6)
    torch.testing.assert_close(FoldedDcgan(used)(z), 2.0 * used(z), atol=1e-4, rtol=0)
    assert not any(isinstance(module, nn.BatchNorm2d | DoubledConv) for module in FoldedDcgan(used).modules())


def test_the_inversions_gradient_is_that_of_autograd(used: DcganGenerator) -> None:
    network = FoldedDcgan(used)
    z, target = torch.randn(3, 6), torch.rand(3, 3, 16, 16)
    loss, gradient, picture = InverterGraph(Origin(6), OneLayer(network), torch.ones(16, 16)).evaluate(z, target)
    z.requires_grad_(True)
    made = network(z)
    wanted = (made - target).square().mean((1, 2, 3)) / 4.0
    torch.testing.assert_close(loss, wanted)
    torch.testing.assert_close(picture, made)
    torch.testing.assert_close(gradient, torch.autograd.grad(wanted.sum(), z)[0], atol=1e-6, rtol=1e-4)


class TestTraining:
    def test_the_losses_are_cross_entropies(self) -> None:
        real, fake = torch.tensor([2.0, -1.0]), torch.tensor([0.5, -3.0])
        entropy = nn.functional.binary_cross_entropy_with_logits
        wanted = entropy(real, torch.ones(2)) + entropy(fake, torch.zeros(2))
        torch.testing.assert_close(objectives.discriminator_loss(real, fake), wanted)
        torch.testing.assert_close(objectives.generator_loss(fake), entropy(fake, torch.ones(2)))

    def test_a_generator_learns_the_colour_of_its_pictures(self) -> None:
        trainer = DcganTrainer(replace(TINY_DCGAN, learning_rate=2e-3, dropout=0.1), 0, Place(precision=torch.float32))
        colour = torch.tensor([0.8, -0.6, 0.1])
        reals = colour[:, None, None] + 0.1 * torch.randn(8, 3, 64, 64)
        before = distance(trainer, colour)
        for _ in range(60):
            trainer.step(reals, 0.0)
        assert distance(trainer, colour) < 0.8 * before

    def test_dropout_of_nothing_leaves_all(self) -> None:
        trainer = DcganTrainer(replace(TINY_DCGAN, dropout=0.0), 0)
        x = torch.randn(2, 3, 4, 4)
        assert torch.equal(trainer._dropout(x), x)

    @pytest.mark.parametrize("layout", ["face_60", "portrait_256x320"])
    def test_pictures_that_it_cannot_make_are_told(self, layout: str) -> None:
        with pytest.raises(TrainingError, match=f"a side that is a multiple of 8, not {layout}"):
            DcganTrainer(replace(TINY_DCGAN, layout=layout), 0)


def distance(trainer: DcganTrainer, colour: Tensor) -> float:
    """How far the mean of the made pictures is from ``colour``."""
    made = torch.from_numpy(trainer.samples()[: 5 * 64]).float() / 127.5 - 1.0
    return float((made.mean((0, 1)) - colour).norm())


@pytest.fixture(scope="module")
def evaluated(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that is trained, evaluated and exported."""
    run = tmp_path_factory.mktemp("dcgan")
    assert train("neural-identities", prepared, run, 2)
    options = {"samples": 50, "inception": None, "layout": None, "models": None, "out": None}
    evaluate(Namespace(kind="neural-identities", run=run, data=prepared, **options))
    commands.export(Namespace(kind="neural-identities", run=run))
    return run


def test_a_run_is_evaluated_and_exported(evaluated: Path) -> None:
    """Pictures are compared with those of the layout that the run learnt."""
    assert "frechet_distance" in json.loads((evaluated / "metrics.json").read_text())
    mapping, generator, inverter = (
        onnxruntime.InferenceSession(evaluated / "export" / name / "model.onnx")
        for name in ("mapping", "generator", "inverter")
    )
    z = np.random.default_rng(0).standard_normal((3, 8), np.float32)
    (w_plus,) = mapping.run(None, {"z": z, "truncation": np.array([[1.0], [1.0], [0.5]], np.float32)})
    np.testing.assert_allclose(w_plus[:, 0], z * [[1.0], [1.0], [0.5]], rtol=1e-6)
    (image,) = generator.run(None, {"w_plus": w_plus})
    assert (image.shape, image.dtype) == ((3, 64, 64, 3), np.uint8)
    limits = {"steps": np.array([[0], [5], [20]]), "tolerance": np.zeros((3, 1), np.float32)}
    found, loss, reconstruction, evaluations = inverter.run(None, {"image": image, **limits})
    assert found.shape == w_plus.shape
    assert not found[0].any()
    assert (evaluations == limits["steps"]).all()
    assert np.abs(generator.run(None, {"w_plus": found})[0].astype(int) - reconstruction).max() <= 1
    error = np.square(reconstruction.astype(float) - image).mean((1, 2, 3)) / 255**2
    np.testing.assert_allclose(loss[:, 0], error, rtol=0.1, atol=1e-5)


def test_a_run_is_served_beside_the_models_that_find_faces(
    evaluated: Path, tmp_path: Path, astronaut_jpeg: bytes
) -> None:
    for name in ("face_detector", "face_landmarks"):
        shutil.copytree(Settings().model_repository / name, tmp_path / name)
    commands.publish(Namespace(run=evaluated, repository=tmp_path, keep=2))
    assert "published DCGAN" in (tmp_path / "generator" / "MODEL_CARD.md").read_text(encoding="utf-8")
    with local_server(Settings(model_repository=tmp_path)) as target, Client(target) as client:
        made = client.generate(2, seed=7)
        assert [face.image.width_px for face in made.faces] == [64, 64]
        inverted = client.invert(astronaut_jpeg, max_evaluations=5)
        assert list(inverted.latent.shape) == [1, TINY_DCGAN.latent_dim]
        assert inverted.quality.evaluations == 5
        mixed = client.mix([astronaut_jpeg, made.faces[0].latent, 8])
        assert mixed.latent.model == inverted.latent.model
