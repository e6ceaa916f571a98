"""Dynamic batching: requests that wait for one model and have equal shapes run together."""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from serving.engine.base import Tensors
from serving.engine.repository import BatchingPolicy
from serving.errors import QueueFull

Run = Callable[[Tensors], Awaitable[Tensors]]
"""Runs one batch. It is cancelled when nobody waits for any of its rows any more."""


@dataclass(frozen=True)
class Answer:
    """A request's own rows of a batch's outputs, and how long it waited and ran."""

    outputs: Tensors
    queue_seconds: float
    infer_seconds: float


class Observer:
    """Is told what goes on; this one does nothing."""

    def queued(self, requests: int) -> None:
        """``requests`` wait now."""

    def began(self, rows: int, waits_seconds: Sequence[float]) -> None:
        """A batch of ``rows`` begins; its requests waited this long."""


@dataclass(eq=False)
class _Request:
    inputs: Tensors
    rows: int
    queued_at: float
    answer: asyncio.Future[Answer]
    batch: "_Batch | None" = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: array.shape[1:] for name, array in self.inputs.items()}


@dataclass(eq=False)
class _Batch:
    requests: list[_Request] = field(default_factory=list)
    task: asyncio.Task[Tensors] | None = None

    @property
    def rows(self) -> int:
        return sum(request.rows for request in self.requests)

    def cancel_if_abandoned(self) -> None:
        if self.task is not None and all(request.answer.done() for request in self.requests):
            self.task.cancel()


class Batcher:
    """The queue of one model and the runners that empty it. It belongs to one event loop."""

    def __init__(self, name: str, policy: BatchingPolicy, run: Run, observer: Observer) -> None:
        self._name = name
        self._policy = policy
        self._run = run
        self._observer = observer
        self._waiting: deque[_Request] = deque()
        self._changed = asyncio.Event()
        self._runners = [asyncio.create_task(self._work()) for _ in range(policy.instances)]

    async def submit(self, inputs: Tensors) -> Answer:
        """Waits for the rows of ``inputs`` to be run, with others or alone.

        Args:
            inputs: arrays of equal row count, 1 to ``max_batch_size``.

        Raises:
            QueueFull: as many requests wait as may, or this one has waited as long as it may.
            ValueError: there are no rows or too many.
        """
        rows = len(next(iter(inputs.values())))
        if not 1 <= rows <= self._policy.max_batch_size:
            raise ValueError(f"{self._name}: {rows} rows in one call; 1 to {self._policy.max_batch_size} are taken")
        if 0 < self._policy.max_queue_size <= len(self._waiting):
            raise QueueFull(f'The queue of model "{self._name}" is full.', model=self._name)
        loop = asyncio.get_running_loop()
        request = _Request(inputs, rows, time.perf_counter(), loop.create_future())
        self._waiting.append(request)
        self._tell()
        if self._policy.max_queue_seconds > 0:
            loop.call_later(self._policy.max_queue_seconds, self._expire, request)
        try:
            return await request.answer
        except asyncio.CancelledError:
            self._abandon(request)
            raise

    async def close(self) -> None:
        """Stops the runners; requests that wait are cancelled."""
        for task in self._runners:
            task.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
        while self._waiting:
            request = self._waiting.popleft()
            request.answer.cancel()

    def _tell(self) -> None:
        self._observer.queued(len(self._waiting))
        self._changed.set()

    def _expire(self, request: _Request) -> None:
        if request in self._waiting:
            self._waiting.remove(request)
            self._tell()
            request.answer.set_exception(
                QueueFull(f'The request has waited too long for model "{self._name}".', model=self._name)
            )

    def _abandon(self, request: _Request) -> None:
        if request.batch is not None:
            request.batch.cancel_if_abandoned()
        elif request in self._waiting:
            self._waiting.remove(request)
            self._tell()

    async def _work(self) -> None:
        while True:
            batch = await self._next_batch()
            began = time.perf_counter()
            waits = [began - request.queued_at for request in batch.requests]
            self._observer.began(batch.rows, waits)
            batch.task = asyncio.create_task(self._execute(batch))
            try:
                await asyncio.wait([batch.task])
            except asyncio.CancelledError:
                batch.task.cancel()
                await asyncio.wait([batch.task])
                _deliver(batch, waits, began)
                raise
            _deliver(batch, waits, began)

    async def _execute(self, batch: _Batch) -> Tensors:
        return await self._run(_stack(batch.requests))

    async def _next_batch(self) -> _Batch:
        while True:
            ready, wait_seconds = self._ready()
            if ready:
                for request in ready:
                    self._waiting.remove(request)
                self._tell()
                batch = _Batch(ready)
                for request in ready:
                    request.batch = batch
                return batch
            self._changed.clear()
            try:
                async with asyncio.timeout(wait_seconds):
                    await self._changed.wait()
            except TimeoutError:
                continue

    def _ready(self) -> tuple[list[_Request], float | None]:
        """The requests to run now, else how long the oldest one may still wait (None: nobody waits)."""
        if not self._waiting:
            return [], None
        oldest = self._waiting[0]
        if not self._policy.preferred_batch_sizes:
            return [oldest], None
        fitting: list[_Request] = []
        rows = preferred = 0
        full = False
        for request in self._waiting:
            if request.shapes != oldest.shapes:
                continue
            if rows + request.rows > self._policy.max_batch_size:
                full = True
                break
            fitting.append(request)
            rows += request.rows
            if rows in self._policy.preferred_batch_sizes:
                preferred = len(fitting)
        if preferred:
            return fitting[:preferred], None
        left_seconds = oldest.queued_at + self._policy.max_delay_seconds - time.perf_counter()
        if full or rows == self._policy.max_batch_size or left_seconds <= 0:
            return fitting, None
        return [], left_seconds


def _stack(requests: Sequence[_Request]) -> Tensors:
    if len(requests) == 1:
        return requests[0].inputs
    return {name: np.concatenate([request.inputs[name] for request in requests]) for name in requests[0].inputs}


def _deliver(batch: _Batch, waits_seconds: Sequence[float], began: float) -> None:
    """Gives each request its rows of the batch's outputs, or the batch's error."""
    assert batch.task is not None
    infer_seconds = time.perf_counter() - began
    first = 0
    for request, wait_seconds in zip(batch.requests, waits_seconds, strict=True):
        rows = slice(first, first + request.rows)
        first += request.rows
        if request.answer.done():
            continue
        if batch.task.cancelled():
            request.answer.cancel()
        elif error := batch.task.exception():
            request.answer.set_exception(error)
        else:
            outputs = {name: array[rows] for name, array in batch.task.result().items()}
            request.answer.set_result(Answer(outputs, wait_seconds, infer_seconds))
