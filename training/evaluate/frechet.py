"""Frechet distance between two sets of features, each taken for a Gaussian (Heusel et al. 2017)."""

import numpy as np

from training.evaluate.distances import Matrix


def frechet_distance(a: Matrix, b: Matrix) -> float:
    """``|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^1/2)`` of features [N, D] and [M, D], at least two each.

    It is called FID only where the features are Inception's. It is biased: the fewer the samples, the larger, so that
    only figures from as many samples can be compared.
    """
    mean_a, mean_b = a.mean(axis=0), b.mean(axis=0)
    covariance_a, covariance_b = np.atleast_2d(np.cov(a, rowvar=False)), np.atleast_2d(np.cov(b, rowvar=False))
    # The eigenvalues of C_a C_b are those of the symmetric C_a^1/2 C_b C_a^1/2, whose roots are real.
    values, vectors = np.linalg.eigh(covariance_a)
    root_a = (vectors * np.sqrt(values.clip(min=0.0))) @ vectors.T
    shared = np.sqrt(np.linalg.eigvalsh(root_a @ covariance_b @ root_a).clip(min=0.0)).sum()
    spread = np.trace(covariance_a) + np.trace(covariance_b) - 2.0 * shared
    return float(np.square(mean_a - mean_b).sum() + spread)
