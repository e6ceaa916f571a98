"""What the engine costs: images a second of the training loop, beside those of the bare step on batches that are there.

``python -m benchmarks.training_engine``, or ``make bench-training``. The loop does all that a run does (data, progress
bar, checkpoints, sheets, plots, events, the animation in the end); the bare step is timed before and after it, because
other work on the machine comes and goes.
"""

import sys
import tempfile
import time
from argparse import ArgumentParser
from pathlib import Path

import numpy as np
import torch

from training.dataset import PackedImages, ShuffledImages, to_tensor
from training.engine import parallel
from training.engine.loop import Budget, run
from training.recipes.phiz_64 import RECIPE
from training.trainers.generator import GeneratorTrainer

_SIDE_PX = 64
_PHOTOGRAPHS = 2_000
_BATCHES = 8
_WARM_UP_STEPS = 4


def main() -> int:
    """Prints images a second of both, and what the engine takes."""
    parser = ArgumentParser(prog="python -m benchmarks.training_engine", description=__doc__)
    parser.add_argument("--images", type=int, default=6_400, help="images of the measured run")
    parser.add_argument("--cpu", action="store_true", help="leave a GPU unused")
    parser.add_argument("--threads", type=int, help="CPU threads; default: all")
    arguments = parser.parse_args()
    place = parallel.join(arguments.cpu, torch.bfloat16, arguments.threads)
    images = np.random.default_rng(0).integers(0, 256, (_PHOTOGRAPHS, _SIDE_PX, _SIDE_PX, 3), np.uint8)
    feed = ShuffledImages(PackedImages(images, "noise"), RECIPE.batch, 0, place)
    trainer = GeneratorTrainer(RECIPE, to_tensor(images[:12]), 0, place)
    batches = [feed.next() for _ in range(_BATCHES)]

    def bare(steps: int) -> float:
        started = time.perf_counter()
        for step in range(steps):
            losses = trainer.step(batches[step % _BATCHES], 0.0)
            torch.stack(list(losses.values())).tolist()  # waits for a GPU
        return time.perf_counter() - started

    half = max(1, arguments.images // RECIPE.batch // 2)
    bare(_WARM_UP_STEPS)
    bare_seconds = bare(half)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        run(trainer, RECIPE, feed, Budget(2 * half * RECIPE.batch), Path(folder), place)
        loop_seconds = time.perf_counter() - started
    bare_seconds += bare(half)
    seen = 2 * half * RECIPE.batch
    print(f"{RECIPE.name}, {place.device}, {torch.get_num_threads()} threads, {seen} images")
    print(f"bare step  {seen / bare_seconds:8.1f} images/s")
    print(f"loop       {seen / loop_seconds:8.1f} images/s, {loop_seconds / bare_seconds - 1:+.1%} time")
    return 0


if __name__ == "__main__":
    sys.exit(main())
