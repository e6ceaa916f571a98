"""A step computes on the device that it is told, and nowhere else."""

from collections.abc import Callable, Iterable, Mapping
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

from tests.training.runs import TINY, arguments
from tests.training.tiny import TINY_ENCODER, TINY_GENERATOR
from training.engine.parallel import ALONE, Place
from training.engine.trainer import Trainer
from training.models.colorizer import Colorizer
from training.models.inverter import WPlusEncoder
from training.train import job
from training.trainers.encoder import EncoderTrainer
from training.trainers.generator import build_encoder, build_generator

META = Place(torch.device("meta"), torch.float32)
"""Has all operators of a GPU but no numbers, so that it needs none: what mixes it with the CPU would fail on a GPU."""


class OneDevice(TorchDispatchMode):
    """Lets no operator, forward or backward, take tensors of two devices; numbers alone may be anywhere."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]

    def __torch_dispatch__(
        self,
        func: Callable[..., Any],
        types: Iterable[type],
        args: tuple[Any, ...] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        tensors = [leaf for leaf in tree_leaves((args, kwargs)) if isinstance(leaf, torch.Tensor) and leaf.dim()]
        devices = {tensor.device.type for tensor in tensors}
        assert len(devices) < 2, f"{func} mixes {devices}"
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("kind", TINY)
def test_a_step_mixes_no_devices(kind: str, prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())  # there is none for this device
    trainer, feed = job(TINY[kind], arguments(prepared, tmp_path), META)
    check_step(trainer, feed.next())


def test_a_step_of_the_encoder_mixes_no_devices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "autocast", lambda *_, **__: nullcontext())
    generator, joint = build_generator(TINY_GENERATOR), build_encoder(TINY_GENERATOR)
    start = WPlusEncoder(joint, generator.mapping, generator.synthesis.layers)
    images = torch.zeros(4, 3, 64, 64)
    check_step(EncoderTrainer(TINY_ENCODER, generator, start, images, META), META.bring(images))


def check_step(trainer: Trainer[Any], batch: object) -> None:
    with OneDevice():
        losses = trainer.step(batch, 0.5)
    state = [leaf for leaf in tree_leaves(trainer.state_dict()) if isinstance(leaf, torch.Tensor) and leaf.dim()]
    assert {tensor.device.type for tensor in [*state, *losses.values()]} == {"meta"}
    assert all(loss.dtype == torch.float32 and not loss.requires_grad for loss in losses.values())


def test_mixing_devices_is_noticed() -> None:
    with OneDevice(), pytest.raises(AssertionError, match="mixes"):
        torch.nn.functional.conv2d(torch.ones(1, 1, 4, 4, device="meta"), torch.ones(1, 1, 3, 3))


def test_networks_are_laid_out_channels_last() -> None:
    network = ALONE.put(Colorizer((4, 8, 8, 8)))
    assert network.stem.weight.is_contiguous(memory_format=torch.channels_last)
    assert not network.stem.weight.is_contiguous()


@pytest.mark.parametrize("precision", [torch.bfloat16, torch.float32])
def test_convolutions_are_of_the_precision_and_weights_of_float32(precision: torch.dtype) -> None:
    conv = torch.nn.Conv2d(1, 1, 3)
    with Place(precision=precision).autocast():
        assert conv(torch.ones(1, 1, 4, 4)).dtype == precision
    assert conv.weight.dtype == torch.float32
