"""Runs the detectors over the pictures: for what they find in all cores, for how long they take on one alone."""

import multiprocessing
import os
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import repeat
from typing import Final

import cv2
import numpy as np
from tqdm import tqdm

from benchmarks.align.detectors import Detector, Sources, open_detector
from benchmarks.align.metrics import eye_error
from benchmarks.align.pictures import Picture, rolled, rolled_eyes, scaled
from benchmarks.runtime import keep_to_one_core
from phiz_core.geometry import ImageArray

TIMED_PX: Final = 640
"""Long side of the photographs whose search is timed."""

_WARM_UPS: Final = 5
_REPEATS: Final = 3
_CHUNK: Final = 8

# The cascades and networks keep state and must not be forked.
_CONTEXT: Final = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Finding:
    """What one detector made of one picture.

    Attributes:
        picture: which.
        roll_degrees: how far it was rolled, clockwise as seen.
        detector: its name.
        faces: how many it found.
        error: of the annotated face, see ``eye_error``; None where it was not found, or there is none.
    """

    picture: Picture
    roll_degrees: int
    detector: str
    faces: int
    error: float | None


def cores() -> int:
    """How many this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def find_all(
    pictures: Sequence[Picture], rolls: Sequence[int], names: Sequence[str], sources: Sources, workers: int
) -> list[Finding]:
    """Searches all pictures with all detectors, those with a face at each roll. The order is that of the pictures."""
    with ProcessPoolExecutor(workers, _CONTEXT, _open_all, (names, sources)) as pool:
        found = pool.map(_search, pictures, repeat(tuple(rolls)), chunksize=_CHUNK)
        bar = tqdm(found, total=len(pictures), unit="picture", desc="bench-align", leave=False, disable=None)
        return [finding for findings in bar for finding in findings]


def time_all(pictures: Sequence[Picture], names: Sequence[str], sources: Sources) -> dict[str, list[float]]:
    """Milliseconds that each detector takes for each picture at :data:`TIMED_PX`, in a process pinned to one core.

    All that a search does is counted (resizing, networks, post-processing), but not decoding. Each detector has one
    thread and sees some pictures before it is timed; of three searches of a picture the quickest counts, as what else
    the machine does can only slow one down.
    """
    with ProcessPoolExecutor(1, _CONTEXT) as pool:
        return pool.submit(_time, pictures, names, sources).result()


_opened: dict[str, Detector] = {}


def _open_all(names: Sequence[str], sources: Sources) -> None:
    cv2.setNumThreads(1)
    _opened.update({name: open_detector(name, sources) for name in names})


def _search(picture: Picture, rolls: Sequence[int]) -> list[Finding]:
    return list(_findings(picture, rolls))


def _findings(picture: Picture, rolls: Sequence[int]) -> Iterator[Finding]:
    upright = picture.pixels()
    for roll in rolls if picture.eyes is not None else (0,):
        rgb, transform = rolled(upright, roll) if roll else (upright, np.eye(2, 3))
        for name, detector in _opened.items():
            faces = detector(rgb)
            error = None if picture.eyes is None else eye_error(faces, rolled_eyes(picture.eyes, transform))
            yield Finding(picture, roll, name, len(faces), error)


def _time(pictures: Sequence[Picture], names: Sequence[str], sources: Sources) -> dict[str, list[float]]:
    keep_to_one_core()  # before any thread is started
    _open_all(names, sources)
    photographs = [scaled(picture.pixels(), TIMED_PX)[0] for picture in pictures]
    times: dict[str, list[float]] = {}
    for name, detector in _opened.items():
        for rgb in photographs[:_WARM_UPS]:
            detector(rgb)
        times[name] = [min(_milliseconds(detector, rgb) for _ in range(_REPEATS)) for rgb in photographs]
    return times


def _milliseconds(detector: Detector, rgb: ImageArray) -> float:
    start = time.perf_counter()
    detector(rgb)
    return 1e3 * (time.perf_counter() - start)
