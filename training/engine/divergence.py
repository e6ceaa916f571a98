"""Tells a run that has diverged from one that only had a bad step."""

import math
from collections import defaultdict, deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from torch import Tensor

WINDOW = 1_000
"""Values of a loss that its median is taken of."""
PATIENCE = 50
"""Values in a row that must be too large, so that no single batch stops a run."""
FACTOR = 100.0
"""How much larger than the median is too large."""


class Watch:
    """Looks at the losses of each step: a loss that is no number, or that has exploded, ends the run.

    Losses are of the order of 1 where they are large, so that a small one may grow a lot before it counts as exploding:
    one is too large above ``FACTOR`` times its median or times 1, whichever is more.
    """

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=WINDOW))
        self._too_large: dict[str, int] = defaultdict(int)

    @property
    def calm(self) -> bool:
        """Whether no loss is too large just now; otherwise the weights may be spoilt already."""
        return not any(self._too_large.values())

    def look(self, losses: Mapping[str, float]) -> str | None:
        """What is wrong with ``losses``, the next step's, or None."""
        for name, value in losses.items():
            if not math.isfinite(value):
                return f"{name} is {value}"
            seen = self._seen[name]
            median = float(np.median(seen)) if len(seen) >= PATIENCE else math.inf
            limit = FACTOR * max(1.0, abs(median))
            self._too_large[name] = self._too_large[name] + 1 if abs(value) > limit else 0
            if self._too_large[name] >= PATIENCE:
                return f"{name} has been above {limit:.3g} for {PATIENCE} values, its median was {median:.3g}"
            seen.append(value)
        return None


def not_finite(state: Any, name: str = "") -> Iterator[str]:
    """The names of the tensors within a nested ``state`` that hold an infinity or what is no number."""
    if isinstance(state, Tensor):
        if not state.isfinite().all():
            yield name
    elif isinstance(state, dict):
        for key, item in state.items():
            yield from not_finite(item, f"{name}/{key}" if name else str(key))
    elif isinstance(state, list | tuple):
        for index, item in enumerate(state):
            yield from not_finite(item, f"{name}/{index}")
