"""SIGTERM and Ctrl-C ask a run to save and end."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


class Stop:
    """Whether somebody asked."""

    def __init__(self) -> None:
        self.asked = False

    def __call__(self, _signal: int, _frame: FrameType | None) -> None:
        """The signal handler."""
        self.asked = True


@contextmanager
def stop_on_signals() -> Iterator[Stop]:
    """Within it, SIGTERM and SIGINT are kept for the loop to look at."""
    stop = Stop()
    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
