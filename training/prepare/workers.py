"""All photographs, examined by several processes, in order."""

import hashlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass

import cv2

from training.errors import TrainingError
from training.prepare.cache import Cache
from training.prepare.detect import FaceFinder, FaceModels
from training.prepare.examine import Findings, Plan, examine
from training.prepare.quality import Reason
from training.prepare.source import Photograph

_CHUNK = 4


@dataclass(frozen=True)
class Task:
    """What every worker is told.

    Attributes:
        plan: how to examine.
        cache: where the findings go.
        models: of the face finder; None if all landmarks are known.
    """

    plan: Plan
    cache: Cache
    models: FaceModels | None


class Examiner:
    """Examines photographs one by one, with networks of its own."""

    def __init__(self, task: Task) -> None:
        self._task = task
        self._finder = FaceFinder(task.models) if task.models else None

    def __call__(self, photograph: Photograph) -> tuple[str, Findings]:
        """The key of the cache's entry ("" if there is none), and what was found."""
        try:
            data = photograph.path.read_bytes()
        except OSError as error:
            return "", Findings("", reason=Reason.UNREADABLE, detail=error.strerror or str(error))
        task = self._task
        try:
            return task.cache.findings(photograph, data, lambda: examine(photograph, data, task.plan, self._finder))
        except OSError:  # of the cache: the disk is full
            raise
        except Exception as error:  # one photograph, however odd, shall not cost the others
            told = f"could not be examined: {type(error).__name__}: {error}"
            return "", Findings(hashlib.sha256(data).hexdigest(), reason=Reason.UNREADABLE, detail=told)


def examine_all(photographs: Sequence[Photograph], task: Task, workers: int) -> Iterator[tuple[str, Findings]]:
    """What :class:`Examiner` gives for each of ``photographs``, in their order.

    Raises:
        TrainingError: a process died, most likely for want of memory. What was found till then is in the cache.
    """
    if workers == 1:
        yield from map(Examiner(task), photographs)
        return
    # A process forked from one that has threads may hang; the fork server has none.
    context = multiprocessing.get_context("forkserver")
    with ProcessPoolExecutor(workers, context, _start, (task,)) as pool:
        try:
            yield from pool.map(_examine, photographs, chunksize=_CHUNK)
        except BrokenProcessPool as error:
            raise TrainingError(
                "a process died, maybe for want of memory; the same command, with fewer --workers, goes on"
            ) from error


_examiner: Examiner


def _start(task: Task) -> None:
    global _examiner  # noqa: PLW0603 - a process has one, and a pool's tasks can reach it in no other way
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to answer
    threading.Thread(target=_end_with_parent, daemon=True).start()
    cv2.setNumThreads(1)
    _examiner = Examiner(task)


def _end_with_parent() -> None:
    """Waits for the parent; a pool's process would wait for work forever after it was killed."""
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


def _examine(photograph: Photograph) -> tuple[str, Findings]:
    return _examiner(photograph)
