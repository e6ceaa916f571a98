"""What directions do to faces, measured on faces that they were not found on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray, Points
from training.directions.attributes import ATTRIBUTES, Attribute, measure
from training.directions.fit import Floats, Measured
from training.directions.sampler import SERVED_TRUNCATION, Sampler
from training.errors import TrainingError

Find = Callable[[ImageArray], Points | None]
"""A picture RGB [S, S, 3] to the landmarks [5, 2] of its face, None if there is none."""


@dataclass(frozen=True)
class Effect:
    """What a unit of a direction does, in standard deviations of new faces.

    Attributes:
        attribute: what it is for.
        change: how much that changes.
        other: which other one changes most.
        spill: how much that one changes, without its sign.
    """

    attribute: Attribute
    change: float
    other: Attribute
    spill: float


def seen(pictures: ImageArray, find: Find) -> tuple[npt.NDArray[Any], Floats]:
    """Which of the pictures [N, S, S, 3] show a face [N] bool, and what is measured of those [M, attributes].

    Raises:
        TrainingError: none does.
    """
    landmarks = [find(picture) for picture in pictures]
    found = np.array([points is not None for points in landmarks])
    if not found.any():
        raise TrainingError("no face was found in any picture of the generator")
    return found, measure(pictures[found], [points for points in landmarks if points is not None])


def responses(sampler: Sampler, find: Find, directions: Floats, scale: Measured, faces: int, seed: int) -> Floats:
    """How much each measure changes a unit of each direction, in standard deviations of new faces.

    Args:
        sampler: the generator.
        find: finds a face.
        directions: [D, w_dim].
        scale: the measures of new faces.
        faces: on how many faces, each changed by one unit one way and the other.
        seed: of those faces.

    Returns:
        [D, attributes], the mean of all faces that were found both times.
    """
    w = sampler.latents(faces, seed, SERVED_TRUNCATION)
    changes = []
    for direction in directions:
        less, more = (sampler.faces(w + sign * direction) for sign in (-1.0, 1.0))
        (found_less, before), (found_more, after) = seen(less, find), seen(more, find)
        both = found_less & found_more
        difference = scale.standard(after)[both[found_more]] - scale.standard(before)[both[found_less]]
        changes.append(difference.mean(axis=0) / 2.0)
    return np.stack(changes)


def effects(changes: Floats, places: Sequence[int]) -> list[Effect]:
    """What :func:`responses` [D, attributes] say of the directions of the attributes at ``places``."""
    found = []
    for change, own in zip(changes, places, strict=True):
        others = np.abs(change)
        others[own] = -1.0
        most = int(others.argmax())
        found.append(Effect(ATTRIBUTES[own], float(change[own]), ATTRIBUTES[most], float(others[most])))
    return found
