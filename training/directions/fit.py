"""From faces and what was measured of them to directions.

Each w is seen in its principal components, scaled to a deviation of 1 (GANSpace, Harkonen et al. 2020). There the
measures are predicted linearly, and the direction of a measure is the shortest step that the prediction says to change
it by one standard deviation and all others not at all: of all such steps, the one that leads to the likeliest faces.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from training.errors import TrainingError

Floats = npt.NDArray[np.float64]

_OUTLIER = 4.0
"""Deviations beyond which a measure counts as this many: a landmark may be anywhere."""

_RIDGE = 0.01
"""Penalty on the squared coefficients, in faces."""


@dataclass(frozen=True)
class Measured:
    """Mean and deviation of measures among new faces: both [attributes]."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, values: Floats) -> "Measured":
        """Of values [N, attributes]."""
        return cls(values.mean(axis=0), np.maximum(values.std(axis=0), 1e-9))

    def standard(self, values: Floats) -> Floats:
        """Values [N, attributes] in deviations from the mean, outliers drawn in."""
        return np.clip((values - self.mean) / self.deviation, -_OUTLIER, _OUTLIER)


@dataclass(frozen=True)
class Directions:
    """Changes of w.

    Attributes:
        named: [attributes, w_dim]; each changes its measure by one standard deviation of new faces.
        components: [count, w_dim]: the principal components, one standard deviation of new faces each.
        lengths: [attributes], the steps in standard deviations of w: how unlike other faces they make a face.
        explained: [attributes], the share of each measure's variance that w tells, on faces that were left out.
    """

    named: Floats
    components: Floats
    lengths: Floats
    explained: Floats


def fit(w: npt.NDArray[np.float32], values: Floats, rank: int, components: int) -> Directions:
    """Finds the directions.

    Args:
        w: [N, w_dim] of new faces.
        values: [N, attributes], what was measured of them.
        rank: principal components that predict, as many as z has numbers: beyond them w only bends.
        components: principal components that are given.

    Raises:
        TrainingError: too few faces, or a measure that w tells nothing of.
    """
    if len(w) < 4 * rank:
        raise TrainingError(f"faces were found in {len(w)} pictures; {4 * rank} are needed at least: more --samples")
    centred = w.astype(np.float64) - w.mean(axis=0)
    _, lengths, axes = np.linalg.svd(centred, full_matrices=False)
    basis = axes * (lengths / np.sqrt(len(w)))[:, None]
    scores = centred @ axes[:rank].T / (lengths[:rank] / np.sqrt(len(w)))
    standard = Measured.of(values).standard(values)
    coefficients = _regress(scores, standard)
    try:
        steps = coefficients @ np.linalg.inv(coefficients.T @ coefficients)
    except np.linalg.LinAlgError as error:
        raise TrainingError("the latents do not tell what the faces look like; is the generator trained?") from error
    return Directions(
        named=steps.T @ basis[:rank],
        components=basis[:components],
        lengths=np.linalg.norm(steps, axis=0),
        explained=_explained(scores, standard),
    )


def _regress(scores: Floats, standard: Floats) -> Floats:
    """Coefficients [rank, attributes] of ridge regression."""
    penalty = _RIDGE * len(scores) * np.eye(scores.shape[1])
    return np.asarray(np.linalg.solve(scores.T @ scores + penalty, scores.T @ standard))


def _explained(scores: Floats, standard: Floats) -> Floats:
    """R squared on every fifth face, told from the others."""
    held_out = np.arange(len(scores)) % 5 == 0
    errors = standard[held_out] - scores[held_out] @ _regress(scores[~held_out], standard[~held_out])
    return np.asarray(1.0 - errors.var(axis=0) / np.maximum(standard[held_out].var(axis=0), 1e-9))
