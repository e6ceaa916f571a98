"""The inversion of "Neural Identities" as it was published: SciPy's L-BFGS-B, called 50 times for 20 evaluations each.

Each call begins where the one before ended, but with an empty memory of curvatures. The start is noise. It was
published over z; it is measured over w+ as well, which has many more numbers, because that is where ours looks.
"""

import time
from dataclasses import dataclass
from enum import Enum
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.optimize import fmin_l_bfgs_b

from benchmarks.inversion.networks import Networks
from phiz_core.geometry import ImageArray

OUTER_CALLS: Final = 50
EVALUATIONS_A_CALL: Final = 20


class Space(Enum):
    """Where a latent is looked for."""

    Z = "z"
    W_PLUS = "w+"


@dataclass(frozen=True)
class Trace:
    """How one inversion went.

    Attributes:
        losses: [N], the least so far after each evaluation: mean squared error of pixels in 0..1.
        seconds: [N], since the start.
        calls: [K], evaluations after each outer call.
    """

    losses: npt.NDArray[np.float64]
    seconds: npt.NDArray[np.float64]
    calls: npt.NDArray[np.int64]


def invert(networks: Networks, image: ImageArray, space: Space, seed: int, outer_calls: int = OUTER_CALLS) -> Trace:
    """Inverts a picture [S, S, 3] from the noise of ``seed``.

    The loss that is minimised is the sum of squares, not their mean, as published: L-BFGS-B's criteria for its end are
    absolute. The time of the mapping and its gradient, which would be next to nothing in a graph of their own, is not
    counted.
    """
    losses: list[float] = []
    seconds: list[float] = []
    uncounted = 0.0

    def evaluate(x: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        nonlocal uncounted
        place = x.astype(np.float32)
        if space is Space.W_PLUS:
            loss, gradient = networks.evaluate(place, image)
        else:
            started = time.process_time()
            w_plus = networks.map(place[None])[0]
            uncounted += time.process_time() - started
            loss, by_w_plus = networks.evaluate(w_plus, image)
            started = time.process_time()
            gradient = networks.pull_back(place, by_w_plus)
            uncounted += time.process_time() - started
        losses.append(loss)
        seconds.append(time.process_time() - began - uncounted)
        return loss * image.size, gradient.astype(np.float64) * image.size

    z = np.random.default_rng(seed).standard_normal((1, networks.latent_dim), np.float32)
    x = (z if space is Space.Z else networks.map(z))[0].astype(np.float64)
    calls = []
    began = time.process_time()
    for _ in range(outer_calls):
        x, _, _ = fmin_l_bfgs_b(evaluate, x, maxfun=EVALUATIONS_A_CALL)
        calls.append(len(losses))
    return Trace(np.minimum.accumulate(losses), np.array(seconds), np.array(calls))
