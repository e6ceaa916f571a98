"""Who may come in: bounds on the requests and on the decoded pixels that are in memory at a time."""

from collections.abc import Iterator
from contextlib import contextmanager

from serving.errors import TooManyPixels, TooManyRequests
from serving.metrics import Metrics


class Admission:
    """Counts what is in flight and refuses what would go over. It belongs to one event loop."""

    def __init__(self, max_requests: int, max_pixels: int, metrics: Metrics) -> None:
        self._max_requests = max_requests
        self._max_pixels = max_pixels
        self._requests = 0
        self._pixels = 0
        self._metrics = metrics

    @contextmanager
    def request(self) -> Iterator[None]:
        """Holds one request's place.

        Raises:
            TooManyRequests: all places are taken.
        """
        if self._requests >= self._max_requests:
            raise TooManyRequests("The server has as many requests as it takes.")
        self._requests += 1
        try:
            yield
        finally:
            self._requests -= 1

    @contextmanager
    def pixels(self, count: int) -> Iterator[None]:
        """Holds a photograph's pixels.

        Raises:
            TooManyPixels: the budget does not hold them.
        """
        if self._pixels + count > self._max_pixels:
            raise TooManyPixels("The server has as many pixels in flight as it takes.")
        self._add_pixels(count)
        try:
            yield
        finally:
            self._add_pixels(-count)

    def _add_pixels(self, count: int) -> None:
        self._pixels += count
        self._metrics.pixels_in_flight.set(self._pixels)
