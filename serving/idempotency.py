"""Requests that come again under their id: the work is done once, and its answer given to each of them.

Whoever sends a request with an id of his own may send it again, after a lost connection for example. While the first
one runs, the others wait for it; afterwards they are given its answer, for a while. What fails is not kept: the next
one, of those that wait or that come later, tries again.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from google.protobuf.message import Message

from serving.errors import RequestIdReused
from serving.metrics import Metrics

_ENTRY_BYTES: Final = 1024
"""What an answer takes in memory beside its own bytes: id, digest, objects."""


@dataclass(frozen=True)
class RequestKey:
    """Which request it is, by the word of who sends it."""

    caller: str
    method: str
    request_id: str


@dataclass(frozen=True)
class _Running:
    digest: bytes
    answer: "asyncio.Future[Message | None]"
    """None where there will be no answer."""


@dataclass(frozen=True)
class _Kept:
    digest: bytes
    answer: Message
    bytes: int
    end: asyncio.TimerHandle


class Answers:
    """The answers of requests that run and of those that have ended lately. It belongs to one event loop."""

    def __init__(self, max_bytes: int, seconds: float, metrics: Metrics) -> None:
        """Answers are kept for ``seconds``, less where they would have more than ``max_bytes`` together; the oldest
        are dropped then. With 0 seconds there are none: every request is worked on by itself."""
        self._max_bytes = max_bytes
        self._seconds = seconds
        self._metrics = metrics
        self._running: dict[RequestKey, _Running] = {}
        self._kept: dict[RequestKey, _Kept] = {}
        self._bytes = 0

    async def once(self, key: RequestKey, request: Message, work: Callable[[], Awaitable[Message]]) -> Message:
        """The answer that ``work`` gives, or the one that it gave to the same request before.

        Raises:
            RequestIdReused: another request has, or lately had, this id.
        """
        if not self._seconds:
            return await work()
        digest = await asyncio.to_thread(_digest, request)
        while known := self._kept.get(key) or self._running.get(key):
            if known.digest != digest:
                message = f'The request id "{key.request_id}" belongs to another {key.method}; give each its own.'
                raise RequestIdReused(message, method=key.method)
            if isinstance(known, _Kept):
                self._metrics.requests_repeated.labels("answered").inc()
                return known.answer
            answer = await asyncio.shield(known.answer)
            if answer is not None:
                self._metrics.requests_repeated.labels("running").inc()
                return answer
        return await self._lead(key, digest, work)

    async def _lead(self, key: RequestKey, digest: bytes, work: Callable[[], Awaitable[Message]]) -> Message:
        answer: Message | None = None
        running = _Running(digest, asyncio.get_running_loop().create_future())
        self._running[key] = running
        try:
            answer = await work()
            self._keep(key, digest, answer)
            return answer
        finally:
            del self._running[key]
            running.answer.set_result(answer)

    def _keep(self, key: RequestKey, digest: bytes, answer: Message) -> None:
        size = answer.ByteSize() + _ENTRY_BYTES
        if size > self._max_bytes:
            return
        while self._bytes + size > self._max_bytes:
            self._drop(next(iter(self._kept)))
        end = asyncio.get_running_loop().call_later(self._seconds, self._drop, key)
        self._kept[key] = _Kept(digest, answer, size, end)
        self._count(size)

    def _drop(self, key: RequestKey) -> None:
        dropped = self._kept.pop(key)
        dropped.end.cancel()
        self._count(-dropped.bytes)

    def _count(self, size: int) -> None:
        self._bytes += size
        self._metrics.answers_kept_bytes.set(self._bytes)


def _digest(request: Message) -> bytes:
    return hashlib.sha256(request.SerializeToString(deterministic=True)).digest()
