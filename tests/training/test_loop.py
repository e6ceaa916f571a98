"""A run goes on exactly where it was stopped or killed, tells how it goes, and stops before it spoils anything."""

import csv
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from tests.training.tiny import TINY_COLORIZER, TINY_DETECTOR, TINY_GENERATOR, TINY_LANDMARKS
from training.dataset import PackedImages, ShuffledImages, to_tensor
from training.engine import checkpoint
from training.engine.loop import Budget, run
from training.errors import TrainingError
from training.recipes import Recipe
from training.synthesis.faces import Portraits
from training.synthesis.feeds import CropFeed, SceneFeed
from training.trainers.colorizer import ColorizerTrainer
from training.trainers.face_detector import DetectorTrainer
from training.trainers.face_landmarks import LandmarksTrainer
from training.trainers.generator import GeneratorTrainer

EVERY_STEP = 0.0


RECIPES: dict[str, Recipe] = {
    "generator": TINY_GENERATOR,
    "colorizer": TINY_COLORIZER,
    "face-landmarks": TINY_LANDMARKS,
    "face-detector": TINY_DETECTOR,
}
TRAINERS: dict[str, type[Any]] = {
    "generator": GeneratorTrainer,
    "colorizer": ColorizerTrainer,
    "face-landmarks": LandmarksTrainer,
    "face-detector": DetectorTrainer,
}


def train(kind: str, prepared: Path, folder: Path, images: int) -> bool:
    recipe, budget = RECIPES[kind], Budget(images, checkpoint_seconds=EVERY_STEP)
    torch.manual_seed(3)
    if kind == "face-landmarks":
        crops = CropFeed(Portraits.open(prepared, "train", recipe.layout), TINY_LANDMARKS.faces, recipe.batch)
        return run(LandmarksTrainer(TINY_LANDMARKS, crops.next(), 3), recipe.name, crops, budget, folder)
    if kind == "face-detector":
        scenes = SceneFeed(Portraits.open(prepared, "train", recipe.layout), TINY_DETECTOR)
        return run(DetectorTrainer(TINY_DETECTOR, scenes.next(), 3), recipe.name, scenes, budget, folder)
    data = PackedImages.open(prepared, "train", recipe.layout)
    examples, feed = to_tensor(data.images[:2]), ShuffledImages(data, recipe.batch, 3)
    if kind == "generator":
        return run(GeneratorTrainer(TINY_GENERATOR, examples, 3), recipe.name, feed, budget, folder)
    return run(ColorizerTrainer(TINY_COLORIZER, examples, 3), recipe.name, feed, budget, folder)


def last_state(folder: Path) -> dict[str, Any]:
    newest = checkpoint.latest(folder / "checkpoints")
    assert newest is not None
    return checkpoint.load(newest)


def flat(tree: object, name: str = "") -> dict[str, Any]:
    if isinstance(tree, dict):
        return {key: value for part in tree for key, value in flat(tree[part], f"{name}/{part}").items()}
    if isinstance(tree, list):
        return {key: value for i, part in enumerate(tree) for key, value in flat(part, f"{name}/{i}").items()}
    return {name: tree}


def assert_same_state(one: Path, other: Path) -> None:
    a, b = flat(last_state(one)), flat(last_state(other))
    assert a.keys() == b.keys()
    for name, value in a.items():
        if isinstance(value, torch.Tensor):
            assert torch.equal(value, b[name]), name
        elif name != "/seconds":
            assert value == b[name], name


@pytest.mark.parametrize("kind", RECIPES)
def test_a_run_in_two_legs_ends_with_bit_identical_weights(kind: str, prepared: Path, tmp_path: Path) -> None:
    """Five steps in one go, or stopped after some and gone on with: not one bit differs, optimizers included.

    The second leg starts from another process' point of view: new networks, new random state.
    """
    batch = RECIPES[kind].batch
    budget = 5 * batch
    assert train(kind, prepared, tmp_path / "whole", budget)
    _stop_after(kind, prepared, tmp_path / "legs", budget, steps=3)
    assert last_state(tmp_path / "legs")["step"] == 3
    torch.manual_seed(999)
    assert train(kind, prepared, tmp_path / "legs", budget)
    assert_same_state(tmp_path / "whole", tmp_path / "legs")


def _stop_after(kind: str, prepared: Path, folder: Path, images: int, steps: int) -> None:
    """Asks the run to stop, by SIGTERM, in the middle of its ``steps``-th step."""
    trainer_type = TRAINERS[kind]
    original: Callable[..., dict[str, float]] = trainer_type.step
    done = 0

    def step(self: object, batch: object, progress: float) -> dict[str, float]:
        nonlocal done
        done += 1
        if done == steps:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, batch, progress)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trainer_type, "step", step)
        assert not train(kind, prepared, folder, images)


def test_a_killed_run_goes_on_from_its_last_checkpoint(prepared: Path, tmp_path: Path) -> None:
    """SIGKILL leaves no time to save: the run goes on from what was written before, and ends in the same bits."""
    images = 40 * TINY_COLORIZER.batch
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=train, args=("colorizer", prepared, tmp_path / "killed", images))
    process.start()
    deadline = time.monotonic() + 120
    while not (tmp_path / "killed" / "checkpoints").is_dir() or not checkpoint.latest(
        tmp_path / "killed" / "checkpoints"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert 0 < last_state(tmp_path / "killed")["step"] < 40
    train("colorizer", prepared, tmp_path / "killed", images)
    train("colorizer", prepared, tmp_path / "whole", images)
    assert_same_state(tmp_path / "whole", tmp_path / "killed")


def test_the_history_has_no_gap_and_no_repetition_after_a_resume(prepared: Path, tmp_path: Path) -> None:
    train("colorizer", prepared, tmp_path, 3 * TINY_COLORIZER.batch)
    train("colorizer", prepared, tmp_path, 5 * TINY_COLORIZER.batch)
    with (tmp_path / "history.csv").open(newline="") as file:
        images = [float(row["images"]) for row in csv.DictReader(file)]
    assert images == sorted(set(images))
    assert images[-1] == 5 * TINY_COLORIZER.batch


def test_a_run_leaves_a_plot_of_its_history_and_a_sheet_of_samples(prepared: Path, tmp_path: Path) -> None:
    train("generator", prepared, tmp_path, 2 * TINY_GENERATOR.batch)
    plot = cv2.imread(str(tmp_path / "history.png"))
    assert plot is not None
    assert plot.std() > 0
    (sheet,) = (tmp_path / "samples").iterdir()
    assert cv2.imread(str(sheet)) is not None


def test_a_loss_that_is_no_number_stops_the_run_and_keeps_the_last_checkpoint(
    prepared: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    train("colorizer", prepared, tmp_path, 2 * TINY_COLORIZER.batch)
    monkeypatch.setattr(ColorizerTrainer, "step", lambda *_: {"chroma": float("nan")})
    with pytest.raises(TrainingError, match="diverged at step 2"):
        train("colorizer", prepared, tmp_path, 4 * TINY_COLORIZER.batch)
    assert last_state(tmp_path)["step"] == 2


def test_a_checkpoint_of_another_recipe_is_refused(prepared: Path, tmp_path: Path) -> None:
    train("colorizer", prepared, tmp_path, 2)
    with pytest.raises(TrainingError, match="another recipe"):
        train("generator", prepared, tmp_path, 4)


def test_too_few_images_for_a_batch_are_told_before_training() -> None:
    with pytest.raises(TrainingError, match="3 images are too few for a batch of 4"):
        ShuffledImages(numbered(3), 4, 0)


def test_each_epoch_shows_each_image_once_in_another_order() -> None:
    feed = ShuffledImages(numbered(12), 4, 5)
    epochs = [torch.cat([feed.next() for _ in range(3)]).mean((1, 2, 3)) for _ in range(3)]
    shown = [tuple(((epoch + 1) * 127.5).round().int().tolist()) for epoch in epochs]
    assert all(sorted(epoch) == list(range(12)) for epoch in shown)
    assert len(set(shown)) == 3


def test_about_half_of_the_images_are_mirrored() -> None:
    ramp = np.tile(np.arange(8, dtype=np.uint8)[None, None, :, None], (64, 8, 1, 3))
    images = ShuffledImages(PackedImages(ramp, ""), 64, 0).next()
    mirrored = images[:, 0, 0, 0] > images[:, 0, 0, -1]
    assert 16 < mirrored.sum() < 48


def numbered(count: int) -> PackedImages:
    """Images each of one gray, which is its number."""
    return PackedImages(np.tile(np.arange(count, dtype=np.uint8)[:, None, None, None], (1, 8, 8, 3)), "")
