"""What is counted and measured of the faces that were found."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from phiz_core.geometry import Points

FOUND_WITHIN: Final = 0.5
"""A face counts as found if the point between its eyes lies no further than this, in interocular distances, from the
annotated one."""


@dataclass(frozen=True)
class Accuracy:
    """Of one set of photographs.

    Attributes:
        photographs: how many, each with one annotated face.
        found: how many of those faces were found.
        mean: of the eye errors of the found faces, in interocular distances; None where none was found. So the others.
        median: the same.
        p95: the 95th percentile.
    """

    photographs: int
    found: int
    mean: float | None
    median: float | None
    p95: float | None

    @property
    def found_percent(self) -> float:
        """Faces found, of a hundred."""
        return 100.0 * self.found / self.photographs


def eye_error(faces: Points, annotated: Points) -> float | None:
    """The error of the face that is the annotated one, in parts of the annotated distance between the eyes.

    It is the mean over both eyes of the distance to the annotated place. Of several faces the one is taken whose point
    between the eyes is nearest; other faces are nobody's fault: other people may be in the photograph.

    Args:
        faces: [N, 2, 2] float64, left and right eye as seen of each face that was found.
        annotated: [2, 2] float64, in the same pixels.

    Returns:
        The error, None if no face is near enough to be the annotated one: see :data:`FOUND_WITHIN`.
    """
    if not len(faces):
        return None
    unit = float(np.linalg.norm(annotated[1] - annotated[0]))
    offsets = np.linalg.norm(faces.mean(axis=1) - annotated.mean(axis=0), axis=1) / unit
    nearest = int(np.argmin(offsets))
    if offsets[nearest] > FOUND_WITHIN:
        return None
    return float(np.linalg.norm(faces[nearest] - annotated, axis=1).mean() / unit)


def accuracy(errors: Sequence[float | None]) -> Accuracy:
    """Sums up the errors of at least one photograph; None stands for a face that was not found."""
    found = [error for error in errors if error is not None]
    if not found:
        return Accuracy(len(errors), 0, None, None, None)
    median, p95 = np.percentile(found, [50, 95]).tolist()
    return Accuracy(len(errors), len(found), float(np.mean(found)), median, p95)
