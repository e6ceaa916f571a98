"""Measures both algorithms on the same pictures, and whom a mix of two of them shows.

Times are those of the process on its one thread, so that other work on the machine counts little.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.inversion import published
from benchmarks.inversion.networks import Networks
from benchmarks.inversion.published import Space, Trace
from phiz_core.geometry import ImageArray
from training.evaluate.distances import Matrix
from training.evaluate.frozen import FrozenEncoder

STEPS: Final = (0, 1, 2, 5, 10, 20, 60, 150, 300)
"""Limits that our inversion is run with; 10, 60 and 300 are the presets fast, standard and best."""
MIX_STEPS: Final = (10, 60)
"""Limits that the parents of mixes are inverted with: fast and standard."""
MARKS: Final = (1, 2, 5, 10, 20, 50)
"""Outer calls of the published algorithm after which the times to the same loss are compared."""
_MOST_STEPS: Final = 1_000


@dataclass(frozen=True)
class Race:
    """Both algorithms on one picture.

    Attributes:
        theirs: how the published one went, by where it looked.
        losses: [len(STEPS)], ours after so many evaluations: mean squared error of pixels in 0..1.
        seconds: [len(STEPS)], of each run from its start.
        equal: by where the published one looked and by its outer calls of :data:`MARKS`: our (evaluations, seconds) to
            the loss that it had then, or None where that was not reached.
    """

    theirs: dict[Space, Trace]
    losses: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]
    equal: dict[Space, dict[int, tuple[int, float] | None]]


@dataclass(frozen=True)
class Mixes:
    """Distances of identities, one row a pair of pictures: [P].

    Attributes:
        parents: of the two pictures to each other.
        mix: of the mix to its parents, [P, 2].
        rebuilt: of each inverted parent to the parent, [P, 2].
    """

    parents: Matrix
    mix: Matrix
    rebuilt: Matrix


def race(networks: Networks, image: ImageArray, seed: int, outer_calls: int) -> Race:
    """Lets both invert a picture [S, S, 3]; networks must be warm."""
    theirs = {space: published.invert(networks, image, space, seed, outer_calls) for space in Space}
    ours = [_timed(networks, image, steps, 0.0) for steps in STEPS]
    equal: dict[Space, dict[int, tuple[int, float] | None]] = {space: {} for space in Space}
    for space, trace in theirs.items():
        for mark in (mark for mark in MARKS if mark <= outer_calls):
            wanted = float(trace.losses[trace.calls[mark - 1] - 1])
            loss, evaluations, seconds = _timed(networks, image, _MOST_STEPS, wanted)
            equal[space][mark] = (evaluations, seconds) if loss <= np.float32(wanted) else None
    losses, _, seconds_taken = zip(*ours, strict=True)
    return Race(theirs, np.array(losses), np.array(seconds_taken), equal)


def mixes(networks: Networks, images: ImageArray, encoder: FrozenEncoder, steps: int) -> Mixes:
    """Mixes each picture of [N, S, S, 3] with the next one, half and half in w+, inverted with ``steps``."""
    latents = [networks.invert(image, steps).latent for image in images]
    rebuilt = encoder.identities(np.stack([networks.make(latent) for latent in latents]))
    pairs = [(i, (i + 1) % len(images)) for i in range(len(images))]
    mixed = encoder.identities(np.stack([networks.make((latents[a] + latents[b]) * np.float32(0.5)) for a, b in pairs]))
    real = encoder.identities(images)
    first, second = np.array(pairs).T

    def between(a: Matrix, b: Matrix) -> Matrix:
        return np.asarray(np.linalg.norm(a - b, axis=1))

    apart = between(rebuilt, real)
    return Mixes(
        between(real[first], real[second]),
        np.stack([between(mixed, real[first]), between(mixed, real[second])], axis=1),
        np.stack([apart[first], apart[second]], axis=1),
    )


def spread(images: ImageArray, count: int) -> ImageArray:
    """At most ``count`` pictures of ``images``, evenly from all of them."""
    chosen: Sequence[int] = np.linspace(0, len(images) - 1, min(count, len(images))).round().astype(int).tolist()
    return np.array(images[chosen])


def _timed(networks: Networks, image: ImageArray, steps: int, tolerance: float) -> tuple[float, int, float]:
    began = time.process_time()
    found = networks.invert(image, steps, tolerance)
    return found.loss, found.evaluations, time.process_time() - began
