"""The trace of each request, for whoever wants one: when it ran, and when its stages did."""

from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any, Final, Protocol

import grpc


class Trace(Protocol):
    """One request."""

    def stage(self, name: str, began: float, ended: float) -> None:
        """A stage of it has run, between these two values of ``time.perf_counter``."""
        ...

    def headers(self) -> dict[str, str]:
        """Metadata by which another server adds to this trace what it does for the request."""
        ...

    def end(self, code: grpc.StatusCode, request_id: str, caller: str) -> None:
        """It has ended."""
        ...


class Tracer(Protocol):
    """Keeps traces."""

    def begin(self, rpc: str, metadata: Mapping[str, Any]) -> Trace:
        """A request begins; its metadata may name the trace that it belongs to."""
        ...

    def close(self) -> None:
        """Hands over what it still has; blocks for some seconds at most."""
        ...


class Untraced:
    """Keeps nothing; the trace and the tracer of a server without traces."""

    def begin(self, rpc: str, metadata: Mapping[str, Any]) -> Trace:
        """See Tracer."""
        return self

    def close(self) -> None:
        """See Tracer."""

    def stage(self, name: str, began: float, ended: float) -> None:
        """See Trace."""

    def headers(self) -> dict[str, str]:
        """See Trace."""
        return {}

    def end(self, code: grpc.StatusCode, request_id: str, caller: str) -> None:
        """See Trace."""


UNTRACED: Final = Untraced()

current_trace: ContextVar[Trace] = ContextVar("current_trace", default=UNTRACED)
"""The trace of the request that the current task serves."""
