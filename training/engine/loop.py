"""The training loop: batches in, checkpoints and reports out, until the budget is spent or somebody asks to stop."""

import math
import signal
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TypeVar

from training.dataset import Feed
from training.engine import checkpoint
from training.engine.report import Report
from training.engine.trainer import Trainer
from training.errors import TrainingError

Batch = TypeVar("Batch")


@dataclass(frozen=True)
class Budget:
    """How long a run goes, and how often it writes.

    Attributes:
        images: images to see in all; schedules run over them.
        minutes: wall-clock limit of this leg; a later leg resumes.
        checkpoint_seconds: a killed run loses at most this much.
        sample_images: images between two sheets of samples.
    """

    images: int
    minutes: float = math.inf
    checkpoint_seconds: float = 50.0
    sample_images: int = 5_000


class Stop:
    """Becomes true on SIGTERM or SIGINT, so that the loop saves and ends."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self.asked = True


@contextmanager
def _stop_on_signals() -> Iterator[Stop]:
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def run(trainer: Trainer[Batch], name: str, feed: Feed[Batch], budget: Budget, folder: Path) -> bool:
    """Trains, going on from the newest checkpoint of ``folder`` where there is one.

    Args:
        trainer: what is trained.
        name: the recipe's name; a checkpoint of another recipe is refused.
        feed: what it is trained on.
        budget: when to stop and to write.
        folder: the run's folder.

    Returns:
        Whether the whole budget of images was spent.

    Raises:
        TrainingError: a checkpoint that does not fit, or a loss that is no number (the last good checkpoint stays).
    """
    folder.mkdir(parents=True, exist_ok=True)
    checkpoints = folder / "checkpoints"
    batch = feed.batch
    step, seconds_before = _resume(trainer, name, feed, checkpoints)
    report = Report(folder, step * batch, budget.images, name)
    started = saved = time.monotonic()
    sampled = step * batch

    def elapsed() -> float:
        return seconds_before + time.monotonic() - started

    def save() -> None:
        state = {
            "recipe": name,
            "dataset_digest": feed.digest,
            "step": step,
            "seconds": elapsed(),
            "feed": feed.state_dict(),
            "random": checkpoint.random_state(),
            "trainer": trainer.state_dict(),
        }
        checkpoint.save(checkpoints, step, state)
        report.record(step * batch, elapsed())

    with _stop_on_signals() as stop, closing(report):
        while step * batch < budget.images and not stop.asked and time.monotonic() - started < budget.minutes * 60:
            losses = trainer.step(feed.next(), min(1.0, step * batch / budget.images))
            if not all(math.isfinite(value) for value in losses.values()):
                raise TrainingError(
                    f"diverged at step {step}: {losses}; the last good checkpoint is kept in {checkpoints}"
                )
            step += 1
            report.step(batch, losses)
            if time.monotonic() - saved > budget.checkpoint_seconds:
                save()
                saved = time.monotonic()
            if step * batch - sampled >= budget.sample_images:
                report.pictures(step * batch, trainer.samples())
                sampled = step * batch
        save()
        report.pictures(step * batch, trainer.samples())
    return step * batch >= budget.images


def _resume(trainer: Trainer[Batch], name: str, feed: Feed[Batch], checkpoints: Path) -> tuple[int, float]:
    newest = checkpoint.latest(checkpoints)
    if newest is None:
        return 0, 0.0
    state = checkpoint.load(newest)
    for key, wanted in (("recipe", name), ("dataset_digest", feed.digest)):
        if state[key] != wanted:
            raise TrainingError(
                f"{newest} was made with another {key} ({state[key]}, not {wanted}); use another folder"
            )
    trainer.load_state_dict(state["trainer"])
    feed.load_state_dict(state["feed"])
    checkpoint.set_random_state(state["random"])
    return int(state["step"]), float(state["seconds"])
