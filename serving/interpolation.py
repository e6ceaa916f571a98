"""Between latents: means on the sphere, and the way through several points."""

import numpy as np
import numpy.typing as npt

from serving.latents import Floats

_MAX_STEPS = 50
_STILL_RADIANS = 1e-7


def spherical_mean(points: Floats, weights: Floats) -> Floats:
    """The weighted mean of normal deviates along the sphere; of two, their spherical interpolation (slerp).

    A mean of normal deviates in a straight line is shorter than any that a mapping has learnt from. The direction is
    the point of the unit sphere whose squared angles to the points' directions are least, by algorithm A1 of Buss and
    Fillmore (Spherical Averages and Applications to Spherical Splines, 2001); the length is the mean of the lengths.

    Args:
        points: [N, size], none of them 0.
        weights: [N], not negative, with a sum of 1.

    Returns:
        [size] float32.
    """
    weights = np.asarray(weights, np.float64)
    lengths = np.linalg.norm(points.astype(np.float64), axis=1)
    directions = points / lengths[:, None]
    mean = _unit(weights @ directions)
    for _ in range(_MAX_STEPS):
        cosines = np.clip(directions @ mean, -1.0, 1.0)
        angles = np.arccos(cosines)
        flat = (directions - cosines[:, None] * mean) / np.maximum(np.sinc(angles / np.pi), 1e-12)[:, None]
        step = weights @ flat
        angle = float(np.linalg.norm(step))
        mean = _unit(np.cos(angle) * mean + np.sinc(angle / np.pi) * step)
        if angle < _STILL_RADIANS:
            break
    return np.asarray(weights @ lengths * mean, np.float32)


def _unit(vector: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    return np.asarray(vector / np.linalg.norm(vector))
