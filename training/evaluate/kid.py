"""Kernel distance between two sets of features (Binkowski et al. 2018): needs no Gaussian and has no bias."""

import numpy as np

from training.evaluate.distances import Matrix


def kernel_distance(a: Matrix, b: Matrix) -> float:
    """Squared maximum mean discrepancy x 1000 of features [N, D] and [M, D], by the kernel ``(x.y / D + 1)^3``.

    The unbiased estimate over all pairs: of two sets from one source it is 0 on average, and so may be negative.
    """
    return 1000.0 * (_mean_within(a) + _mean_within(b) - 2.0 * float(_kernel(a, b).mean()))


def _mean_within(x: Matrix) -> float:
    """Mean over the pairs of two different ones."""
    kernel = _kernel(x, x)
    return float((kernel.sum() - np.trace(kernel)) / (len(x) * (len(x) - 1)))


def _kernel(a: Matrix, b: Matrix) -> Matrix:
    return np.asarray((a @ b.T / a.shape[1] + 1.0) ** 3)
