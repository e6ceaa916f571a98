"""Who may come in: bounds on the requests, their faces and their decoded pixels that are in flight at a time.

Each bound is shared among the callers by dynamic thresholds (Choudhury and Hahne, 1998): who holds three times what is
free, or more, gets nothing further. One caller alone so has up to three quarters; the more of them press, the less each
one has, and there is room left for who comes next.
"""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

from prometheus_client import Gauge

from serving.errors import CallerOverShare, Overloaded, TooManyFaces, TooManyPixels, TooManyRequests
from serving.metrics import Metrics

_SHARE: Final = 3
"""How many times what is free a caller may hold."""

holder: ContextVar[str] = ContextVar("holder", default="-")
"""The caller for whom the current task's request holds what it holds."""


class Admission:
    """Counts what is in flight and refuses what would go over. It belongs to one event loop."""

    def __init__(self, max_requests: int, max_pixels: int, max_faces: int, metrics: Metrics) -> None:
        self._requests = _Bound(max_requests, "requests", TooManyRequests, None)
        self._pixels = _Bound(max_pixels, "pixels", TooManyPixels, metrics.pixels_in_flight)
        self._faces = _Bound(max_faces, "faces", TooManyFaces, metrics.faces_in_flight)
        metrics.max_requests_in_flight.set(max_requests)
        metrics.max_pixels_in_flight.set(max_pixels)
        metrics.max_faces_in_flight.set(max_faces)

    @contextmanager
    def request(self, caller: str) -> Iterator[None]:
        """Holds one request's place.

        Raises:
            TooManyRequests: all places are taken.
            CallerOverShare: the caller's other requests hold as many as one caller may.
        """
        with self._requests.hold(caller, 1, 0):
            yield

    @contextmanager
    def pixels(self, caller: str, count: int, own: int = 0) -> Iterator[None]:
        """Holds a photograph's pixels, for a request that holds ``own`` already: it is not held up by itself.

        Raises:
            TooManyPixels: the budget does not hold them.
            CallerOverShare: the caller's other requests hold as many as one caller may.
        """
        with self._pixels.hold(caller, count, own):
            yield

    @contextmanager
    def faces(self, caller: str, count: int) -> Iterator[None]:
        """Holds the faces that one request asks for.

        Raises:
            TooManyFaces: the budget does not hold them.
            CallerOverShare: the caller's other requests hold as many as one caller may.
        """
        with self._faces.hold(caller, count, 0):
            yield


class _Bound:
    """So much of something, and who holds how much of it."""

    def __init__(self, total: int, things: str, full: type[Overloaded], gauge: Gauge | None) -> None:
        self._free = self._total = total
        self._things = things
        self._full = full
        self._gauge = gauge
        self._held: Counter[str] = Counter()

    @contextmanager
    def hold(self, caller: str, count: int, own: int) -> Iterator[None]:
        if count > self._free:
            raise self._full(f"The server has as many {self._things} in flight as it takes.")
        if self._held[caller] - own >= _SHARE * self._free:
            message = f"This caller has as many {self._things} in flight as one may have, so that others can come, too."
            raise CallerOverShare(message, of=self._things)
        self._take(caller, count)
        try:
            yield
        finally:
            self._take(caller, -count)

    def _take(self, caller: str, count: int) -> None:
        self._free -= count
        self._held[caller] += count
        if not self._held[caller]:
            del self._held[caller]  # callers come and go
        if self._gauge is not None:
            self._gauge.set(self._total - self._free)
