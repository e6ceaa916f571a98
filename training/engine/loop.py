"""The training loop: batches in, checkpoints and reports out, until the budget is spent or somebody asks to stop."""

import math
import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor

from training.dataset import Feed
from training.engine import checkpoint
from training.engine.divergence import Watch, not_finite
from training.engine.files import claimed
from training.engine.parallel import ALONE, Place
from training.engine.report import Report
from training.engine.stop import stop_on_signals
from training.engine.trainer import Trainer
from training.errors import TrainingError
from training.recipes import Recipe
from training.recipes.settings import differences, facts

Batch = TypeVar("Batch")

_SHEETS = 32
_FEWEST = 256


@dataclass(frozen=True)
class Budget:
    """How long a run goes, and how often it writes.

    Attributes:
        images: images to see in all; schedules run over them.
        minutes: wall-clock limit of this leg; a later leg resumes.
        checkpoint_seconds: a killed run loses at most this much.
    """

    images: int
    minutes: float = math.inf
    checkpoint_seconds: float = 50.0

    @property
    def sample_images(self) -> int:
        """Images between two sheets of samples."""
        return max(_FEWEST, self.images // _SHEETS)


def run(
    trainer: Trainer[Batch], recipe: Recipe, feed: Feed[Batch], budget: Budget, folder: Path, place: Place = ALONE
) -> bool:
    """Trains, going on from the newest checkpoint of ``folder`` where there is one.

    Args:
        trainer: what is trained.
        recipe: what it is trained by; a checkpoint of another recipe, or of other settings, is refused.
        feed: what it is trained on.
        budget: when to stop and to write.
        folder: the run's folder. Processes on several machines must all see it.
        place: this process' place among those that train together; the main one writes.

    Returns:
        Whether the whole budget of images was spent.

    Raises:
        TrainingError: a checkpoint that does not fit, a run that diverged, or a file that cannot be written. The
            checkpoints before it stay.
    """
    batch, checkpoints = feed.batch, folder / "checkpoints"
    if batch % place.ranks:
        raise TrainingError(f"a batch of {batch} cannot be shared evenly by {place.ranks} processes")
    with ExitStack() as stack:
        if place.is_main:
            stack.enter_context(claimed(folder))
        step, seconds_before = _resume(trainer, recipe, feed, checkpoints)
        _check_agreement(step, folder, place)
        report: Report | None = None
        if place.is_main:
            report = stack.enter_context(
                closing(Report(folder, step * batch, seconds_before, budget.images, recipe.name))
            )
        stop = stack.enter_context(stop_on_signals())
        watch = Watch()
        started = saved = time.monotonic()

        def save(report: Report) -> None:
            seconds = seconds_before + time.monotonic() - started
            state = trainer.state_dict()
            if spoilt := next(not_finite(state), None):
                raise TrainingError(_diverged(step, f"{spoilt} is no longer finite", checkpoints))
            report.record(step * batch, seconds)
            whole = _facts(recipe, feed, step) | {"seconds": seconds, "feed": feed.state_dict(), "trainer": state}
            checkpoint.save(checkpoints, step, whole | {"random": {"cpu": torch.get_rng_state()}})

        stopping = False
        while step * batch < budget.images and not stopping:
            tensors = trainer.step(feed.next(), step * batch / budget.images)
            ending = stop.asked or time.monotonic() - started > budget.minutes * 60
            stopping, losses = _agreed(ending, tensors, place)
            if complaint := watch.look(losses):
                raise TrainingError(_diverged(step, complaint, checkpoints))
            step += 1
            if report is None:
                continue
            report.step(batch, losses)
            if time.monotonic() - saved > budget.checkpoint_seconds and watch.calm:
                save(report)
                saved = time.monotonic()
            if step * batch // budget.sample_images > (step - 1) * batch // budget.sample_images:
                report.pictures(step * batch, trainer.samples())
        if report is not None:
            save(report)
            report.pictures(step * batch, trainer.samples())
            report.animate()
    return step * batch >= budget.images


def _agreed(ending: bool, losses: dict[str, Tensor], place: Place) -> tuple[bool, dict[str, float]]:
    """Whether any process is to end, and the mean of the losses: all processes go the same way, in one message."""
    own = torch.stack([torch.tensor(float(ending), device=place.device), *losses.values()])
    ending_share, *means = place.mean(own).tolist()
    return ending_share > 0.0, dict(zip(losses, means, strict=True))


def _check_agreement(step: int, folder: Path, place: Place) -> None:
    if place.mean(torch.tensor(float(step), device=place.device)).item() != step:
        raise TrainingError(f"not all processes see the checkpoints of {folder}; it must be on a shared file system")


def _facts(recipe: Recipe, feed: Feed[Batch], step: int) -> dict[str, Any]:
    return {"recipe": recipe.name, "settings": facts(recipe), "dataset_digest": feed.digest, "step": step}


def _diverged(step: int, complaint: str, checkpoints: Path) -> str:
    newest = checkpoint.latest(checkpoints)
    kept = f"the last good checkpoint is {newest}" if newest else "there is no checkpoint yet"
    return f"diverged at step {step}: {complaint}; {kept}"


def _resume(trainer: Trainer[Batch], recipe: Recipe, feed: Feed[Batch], checkpoints: Path) -> tuple[int, float]:
    newest = checkpoint.latest(checkpoints)
    if newest is None:
        return 0, 0.0
    state = checkpoint.load(newest)
    for key, wanted in (("recipe", recipe.name), ("dataset_digest", feed.digest)):
        if state[key] != wanted:
            raise TrainingError(
                f"{newest} was made with another {key} ({state[key]}, not {wanted}); use another folder"
            )
    if changed := differences(recipe, state.get("settings", {})):  # the first checkpoints did not tell
        raise TrainingError(
            f"{newest} was made with other settings: {changed}; use the same settings, or another folder"
        )
    try:
        trainer.load_state_dict(state["trainer"])
    except (KeyError, RuntimeError, ValueError) as error:
        raise TrainingError(f"{newest} is of other networks than this version trains; use another folder") from error
    feed.load_state_dict(state["feed"])
    torch.set_rng_state(state["random"]["cpu"])
    return int(state["step"]), float(state["seconds"])
