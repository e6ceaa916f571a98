"""Euclidean distances between two sets of vectors, a block of rows at a time, so that large sets fit in memory."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

Matrix = npt.NDArray[np.floating]
"""Vectors [N, D], float32 or float64."""

_BLOCK_ROWS = 1024


def nearest(queries: Matrix, points: Matrix) -> tuple[npt.NDArray[np.int64], Matrix]:
    """Of each of ``queries`` [N, D]: the index [N] of the nearest of ``points`` [M, D], and its distance [N]."""
    index = np.concatenate([squared.argmin(axis=1) for squared in _squared_distances(queries, points)])
    # Taken anew: the products that found the nearest are inexact for vectors that are nearly equal.
    return index, np.linalg.norm(queries - points[index], axis=1)


def neighbourhood_radii(points: Matrix, k: int) -> Matrix:
    """Distance [N] of each of ``points`` [N, D] to the k-th nearest of the others, k less than N."""
    blocks = _squared_distances(points, points)
    return np.concatenate([np.sqrt(np.partition(squared, k, axis=1)[:, k]) for squared in blocks])


def share_inside(queries: Matrix, points: Matrix, radii: Matrix) -> float:
    """Share of ``queries`` that lie in at least one of the balls around ``points`` [M, D] with ``radii`` [M]."""
    inside = [(squared <= np.square(radii)).any(axis=1) for squared in _squared_distances(queries, points)]
    return float(np.concatenate(inside).mean())


def _squared_distances(queries: Matrix, points: Matrix) -> Iterator[Matrix]:
    """Blocks of rows of the matrix [N, M]."""
    lengths = np.square(points).sum(axis=1)
    for start in range(0, len(queries), _BLOCK_ROWS):
        block = queries[start : start + _BLOCK_ROWS]
        yield np.maximum(np.square(block).sum(axis=1)[:, None] + lengths - 2.0 * (block @ points.T), 0.0)
