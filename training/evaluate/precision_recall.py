"""Improved precision and recall (Kynkaanniemi et al. 2019): how true, and how complete."""

from training.evaluate.distances import Matrix, neighbourhood_radii, share_inside

NEIGHBOURS = 3
"""The k of the paper: a set's region is the union of balls around its members, each up to the k-th neighbour."""


def precision_and_recall(made: Matrix, real: Matrix) -> tuple[float, float]:
    """Of features [N, D] and [M, D], more than three each.

    Returns:
        Share of ``made`` in the region of ``real`` (precision), and of ``real`` in the region of ``made`` (recall).
    """
    precision = share_inside(made, real, neighbourhood_radii(real, NEIGHBOURS))
    recall = share_inside(real, made, neighbourhood_radii(made, NEIGHBOURS))
    return precision, recall
