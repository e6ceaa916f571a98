"""One of the processes that ``torchrun`` starts: trains a tiny recipe and leaves its own state beside the run's files.

Arguments: kind, prepared set, the run's folder, steps, and the step of this leg in which the last process alone is told
to stop, or 0. In float32, so that what several processes do can be compared with what one does.
"""

import sys
from pathlib import Path

import torch

from tests.training.runs import stop_in, train_job
from training.engine import checkpoint, parallel


def main() -> None:
    """Trains and saves ``<folder>/rank<rank>``."""
    kind, prepared, folder, steps, stop = sys.argv[1:]
    place = parallel.join(cpu=True, precision=torch.float32, threads=1)
    before_step = stop_in(int(stop) if place.rank == place.ranks - 1 else 0)
    _, trainer = train_job(kind, Path(prepared), Path(folder), int(steps), place, before_step)
    checkpoint.save(Path(folder) / f"rank{place.rank}", 1, trainer.state_dict())
    parallel.leave()


if __name__ == "__main__":
    main()
