"""The detectors that are compared, by the name they have in the table."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.align import haar, phiz, yunet
from phiz_core.geometry import ImageArray, Points

Detector = Callable[[ImageArray], Points]
"""RGB [H, W, 3] uint8 to the left and right eye, as seen, of each face that is found: [N, 2, 2] float64 in pixels."""


@dataclass(frozen=True)
class Sources:
    """Where the detectors are read from.

    Attributes:
        models: Phiz's model repository.
        teacher: folder of YuNet's ONNX file.
    """

    models: Path
    teacher: Path


_OPEN: Final[dict[str, Callable[[Sources], Detector]]] = {
    "Phiz": lambda sources: phiz.PhizDetector(sources.models),
    "Haar": lambda _: haar.HaarDetector(),
    "YuNet": lambda sources: yunet.open_yunet(sources.teacher, again=False),
    "YuNet twice": lambda sources: yunet.open_yunet(sources.teacher, again=True),
}

NAMES: Final = tuple(_OPEN)


def open_detector(name: str, sources: Sources) -> Detector:
    """Loads a detector, for one thread.

    Raises:
        MissingError: its files are not there; the message says which.
    """
    return _OPEN[name](sources)
