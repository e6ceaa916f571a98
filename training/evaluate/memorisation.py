"""Does a generator repeat its training data? The nearest training face of each made one, in two spaces."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core.geometry import ImageArray
from training.evaluate.distances import Matrix, nearest
from training.evaluate.frozen import resized

Space = Callable[[ImageArray], Matrix]
"""Pictures uint8 [N, S, S, 3] to vectors [N, D]."""

_PIXELS_PX = 16
_COPIES = 500
_COPY_PERCENTILE = 95.0
_NEAR_PERCENTILE = 1.0


@dataclass(frozen=True)
class Memorisation:
    """How near made faces come to training faces in one space.

    Attributes:
        nearest: [N], index of the training face that is nearest to each made one.
        made: [N], distance to it.
        held_out: [M], the same distances of photographs of people whom the generator never saw.
        copy_limit: 95 of 100 changed copies of training faces (see :func:`changed_copy`) are nearer to their original.
    """

    nearest: npt.NDArray[np.int64]
    made: Matrix
    held_out: Matrix
    copy_limit: float

    def figures(self) -> dict[str, tuple[float, float]]:
        """Of made faces and of held-out photographs: the median distance, and the share as near as the nearest percent.

        The nearest percent is that of held-out photographs.
        """
        near = np.percentile(self.held_out, _NEAR_PERCENTILE)
        return {
            "nearest_training_distance": (float(np.median(self.made)), float(np.median(self.held_out))),
            "share_near_training": (float((self.made <= near).mean()), float((self.held_out <= near).mean())),
        }


def near_copies(spaces: Sequence[Memorisation]) -> tuple[float, float]:
    """How many made faces, and how many held-out photographs, are as near to a training face as a copy in all spaces.

    One space alone takes two men of one age before one background for copies of each other.
    """
    made = np.logical_and.reduce([space.made < space.copy_limit for space in spaces])
    held_out = np.logical_and.reduce([space.held_out < space.copy_limit for space in spaces])
    return float(made.sum()), float(held_out.sum())


def memorisation(made: ImageArray, held_out: ImageArray, train: ImageArray, space: Space) -> Memorisation:
    """Compares pictures uint8 [N, S, S, 3] with all of ``train`` and their mirror images, as training saw both."""
    seen = np.concatenate([space(train), space(train[:, :, ::-1])])
    index, distances = nearest(space(made), seen)
    few = train[np.linspace(0, len(train) - 1, min(len(train), _COPIES)).astype(int)]
    copies = np.stack([changed_copy(face) for face in few])
    from_original = np.linalg.norm(space(copies) - space(few), axis=1)
    return Memorisation(
        nearest=index % len(train),
        made=distances,
        held_out=nearest(space(held_out), seen)[1],
        copy_limit=float(np.percentile(from_original, _COPY_PERCENTILE)),
    )


def pixels(images: ImageArray) -> Matrix:
    """Pictures at 16 px, [N, 768], of mean 0 and length 1, so that brightness and contrast do not count.

    Their distance is 0 for one picture and root 2 for two that have nothing in common.
    """
    small = resized(images, _PIXELS_PX).reshape(len(images), -1).astype(np.float64)
    small -= small.mean(axis=1, keepdims=True)
    return small / np.maximum(np.linalg.norm(small, axis=1, keepdims=True), 1e-9)


def changed_copy(face: ImageArray) -> ImageArray:
    """The same face [S, S, 3] but for details: moved by 1/64 of its side, a tenth darker, compressed as JPEG."""
    side = face.shape[0]
    step = max(1, side // 64)
    moved = np.pad(face, ((step, 0), (step, 0), (0, 0)), mode="edge")[:side, :side]
    darker = np.asarray(moved * 0.9, np.uint8)
    _, data = cv2.imencode(".jpg", darker[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, 60])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]
