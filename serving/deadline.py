"""The caller's deadline, for whoever works on the request."""

import time
from contextvars import ContextVar

from serving.errors import DeadlineExceeded

_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


def set_deadline(left_seconds: float | None) -> None:
    """The current task's request must be answered within so many seconds; None for whenever it is done."""
    _deadline.set(None if left_seconds is None else time.monotonic() + left_seconds)


def left_seconds() -> float | None:
    """What is left of the time of the current task's request, 0 or more; None where it has no deadline."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def check() -> None:
    """Raises DeadlineExceeded if the time of the current task's request is over."""
    if left_seconds() == 0.0:
        raise DeadlineExceeded("The deadline has passed.")
