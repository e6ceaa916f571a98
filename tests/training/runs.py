"""Runs of tiny recipes, whole or interrupted, and what they leave."""

import os
import resource
import signal
from argparse import Namespace
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from tests.training.tiny import (
    TINY_COLORIZER,
    TINY_DCGAN,
    TINY_DETECTOR,
    TINY_GENERATOR,
    TINY_LANDMARKS,
    TINY_PAIRS,
    TINY_UNPAIRED,
    TINY_UPSCALER,
)
from training.engine import checkpoint
from training.engine.loop import Budget, run
from training.engine.parallel import ALONE, Place
from training.engine.trainer import Trainer
from training.recipes import Recipe, face_encoder
from training.train import job

TINY: dict[str, Recipe] = {
    "generator": TINY_GENERATOR,
    "neural-identities": TINY_DCGAN,
    "colorizer": TINY_COLORIZER,
    "face-landmarks": TINY_LANDMARKS,
    "face-detector": TINY_DETECTOR,
    "face-encoder": replace(
        face_encoder.RECIPE, name="tiny-face-encoder", widths=(8, 8, 8, 8), features=8, batch=4, images=16
    ),
    "upscaler-x2": TINY_UPSCALER,
    "translator-pairs": TINY_PAIRS,
    "translator-unpaired": TINY_UNPAIRED,
}
EVERY_STEP = 0.0


def arguments(prepared: Path, folder: Path, **others: Path) -> Namespace:
    """What the command line tells of a run: its data, its folder, and other runs that it makes use of."""
    runs = dict.fromkeys(("start", "detector", "generator")) | others
    return Namespace(data=prepared, out=folder, seed=3, **runs)


def train(
    kind: str,
    prepared: Path,
    folder: Path,
    steps: int,
    place: Place = ALONE,
    before_step: Callable[[int], None] = lambda _: None,
) -> bool:
    """Trains a tiny recipe for ``steps`` in all; ``before_step`` is told the number of each step of this leg."""
    return train_job(kind, prepared, folder, steps, place, before_step)[0]


def train_job(
    kind: str, prepared: Path, folder: Path, steps: int, place: Place, before_step: Callable[[int], None]
) -> tuple[bool, Trainer[Any]]:
    """The same; the trainer, too, as this process has it in the end."""
    recipe = TINY[kind]
    trainer, feed = job(recipe, arguments(prepared, folder), place)
    step, done = trainer.step, 0

    def told(batch: object, progress: float) -> dict[str, torch.Tensor]:
        nonlocal done
        done += 1
        before_step(done)
        return step(batch, progress)

    trainer.step = told  # type: ignore[method-assign]
    budget = Budget(steps * recipe.batch, checkpoint_seconds=EVERY_STEP)
    return run(trainer, recipe, feed, budget, folder, place), trainer


def stop_in(step: int) -> Callable[[int], None]:
    """Asks the run to stop, by SIGTERM, in the middle of ``step``."""
    return lambda now: os.kill(os.getpid(), signal.SIGTERM) if now == step else None


def last_state(folder: Path) -> dict[str, Any]:
    """The newest checkpoint of a run."""
    newest = checkpoint.latest(folder / "checkpoints")
    assert newest is not None
    return checkpoint.load(newest)


def flat(tree: object, name: str = "") -> dict[str, Any]:
    """The leaves of a nested state by their paths."""
    if isinstance(tree, dict):
        return {key: value for part in tree for key, value in flat(tree[part], f"{name}/{part}").items()}
    if isinstance(tree, list):
        return {key: value for i, part in enumerate(tree) for key, value in flat(part, f"{name}/{i}").items()}
    return {name: tree}


def assert_same_state(one: Path, other: Path) -> None:
    """Two runs ended in the same bits: networks, averages, optimizers, random state, place in the data."""
    a, b = flat(last_state(one)), flat(last_state(other))
    assert a.keys() == b.keys()
    for name, value in a.items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, b[name]), name
        elif name != "/seconds":
            assert value == b[name], name


@contextmanager
def files_up_to(size_bytes: int) -> Iterator[None]:
    """As if the disk were full once a file has ``size_bytes``: the system itself refuses to write more."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
