"""The encoder learns to find w+ through a generator that stays as it is."""

from pathlib import Path

import pytest
import torch

from tests.training.tiny import TINY_ENCODER, TINY_GENERATOR
from training.dataset import PackedImages, to_tensor
from training.errors import TrainingError
from training.models.generator import Generator
from training.models.inverter import WPlusEncoder
from training.runs import generator_digest
from training.trainers.encoder import EncoderTrainer
from training.trainers.generator import build_encoder, build_generator


def new_trainer(images: torch.Tensor, seed: int = 0) -> tuple[EncoderTrainer, Generator]:
    torch.manual_seed(seed)
    generator = build_generator(TINY_GENERATOR)
    start = WPlusEncoder(build_encoder(TINY_GENERATOR), generator.mapping, generator.synthesis.layers)
    return EncoderTrainer(TINY_ENCODER, generator, start, images), generator


@pytest.fixture
def images(prepared: Path) -> torch.Tensor:
    return to_tensor(PackedImages.open(prepared, "train", "face_64").images[:8])


def test_training_and_loading_leave_the_generator_as_it_is(images: torch.Tensor) -> None:
    """The encoder starts with the generator's mapping, and fine-tunes a copy of it."""
    trainer, generator = new_trainer(images)
    before = generator_digest(generator)
    for _ in range(3):
        trainer.step(images, 0.0)
    assert generator_digest(generator) == before
    other = WPlusEncoder(build_encoder(TINY_GENERATOR), generator.mapping, generator.synthesis.layers)
    other.load_state_dict(trainer.encoder_ema.state_dict())
    assert generator_digest(generator) == before


def test_the_reconstructions_get_better(images: torch.Tensor) -> None:
    trainer, _ = new_trainer(images)
    psnr_db = [trainer.step(images, 0.0)["psnr_db"] for _ in range(30)]
    assert psnr_db[-1] > psnr_db[0] + 1


def test_before_training_every_layer_has_the_w_of_the_joint_encoder(images: torch.Tensor) -> None:
    trainer, generator = new_trainer(images)
    w_plus = trainer.encoder_ema(images)
    assert w_plus.shape == (8, generator.synthesis.layers, TINY_GENERATOR.w_dim)
    assert torch.equal(w_plus, w_plus[:, :1].expand_as(w_plus))


def test_a_checkpoint_for_another_generator_is_refused(images: torch.Tensor) -> None:
    trainer, _ = new_trainer(images, seed=0)
    other, _ = new_trainer(images, seed=1)
    with pytest.raises(TrainingError, match="another generator"):
        other.load_state_dict(trainer.state_dict())
