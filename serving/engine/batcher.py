"""Dynamic batching: requests that wait for one model and have equal shapes run together.

Nobody waits for company while an instance of the model is idle: under load, batches fill while it is busy, and else a
wait would help nobody. So max_queue_delay_microseconds is for Triton alone.

Callers take turns, row by row, so that nobody has to wait until the many requests of another have run: start-time fair
queueing (Goyal, Vin and Cheng, 1996).
"""

import asyncio
import time
from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from serving.admission import holder
from serving.engine.base import Tensors
from serving.engine.repository import BatchingPolicy
from serving.errors import QueueFull

Ended = Callable[[Tensors | BaseException], None]
"""Is told on the event loop, once, what a batch gave or failed with."""

GiveUp = Callable[[], None]
"""Says that nobody waits for a batch any more. It may end sooner then, and still tells when it has."""

Start = Callable[[Tensors, Ended], GiveUp]
"""Starts to run a batch elsewhere, and returns at once."""


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
    turn: int
    queued_at: float
    answer: asyncio.Future[Answer]
    batch: "_Batch | None" = None

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        return {name: array.shape[1:] for name, array in self.inputs.items()}


@dataclass(eq=False)
class _Batch:
    """Requests that run together.

    Attributes:
        requests: in the order of their rows.
        waits_seconds: how long each has waited.
        began: when it began to run.
        ended: done as soon as it runs no more.
        give_up: says that nobody waits for it any more.
    """

    requests: Sequence[_Request]
    waits_seconds: Sequence[float]
    began: float
    ended: asyncio.Future[None]
    give_up: GiveUp = lambda: None

    @property
    def is_abandoned(self) -> bool:
        return all(request.answer.done() for request in self.requests)


class Batcher:
    """The queue of one model, and what runs of it. It belongs to one event loop."""

    def __init__(self, name: str, policy: BatchingPolicy, start: Start, observer: Observer) -> None:
        self._name = name
        self._policy = policy
        self._start = start
        self._observer = observer
        self._waiting: list[_Request] = []
        self._turn = 0
        self._next_turns: dict[str, int] = {}
        self._running: set[_Batch] = set()
        self._look: asyncio.Handle | None = None

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
        request = _Request(inputs, rows, self._take_turn(rows), time.perf_counter(), loop.create_future())
        insort(self._waiting, request, key=lambda other: other.turn)
        self._tell()
        if self._policy.max_queue_seconds > 0:
            loop.call_later(self._policy.max_queue_seconds, self._expire, request)
        # Not at once: requests that come in the same turn of the event loop are to run together.
        self._look_soon()
        try:
            return await request.answer
        except asyncio.CancelledError:
            self._abandon(request)
            raise

    async def close(self) -> None:
        """Cancels the requests that wait or run, and returns when nothing runs any more."""
        for request in self._waiting:
            request.answer.cancel()
        self._waiting.clear()
        for batch in self._running:
            for request in batch.requests:
                request.answer.cancel()
            batch.give_up()
        await asyncio.gather(*(batch.ended for batch in self._running))

    def _take_turn(self, rows: int) -> int:
        """The turn of a new request of the current task's caller: after those of his that wait, if there are any."""
        caller = holder.get()
        turn = max(self._turn, self._next_turns.get(caller, 0))
        self._next_turns[caller] = turn + rows
        return turn

    def _pass_to(self, turn: int) -> None:
        self._turn = max(self._turn, turn)
        self._next_turns = {caller: turn for caller, turn in self._next_turns.items() if turn > self._turn}

    def _tell(self) -> None:
        self._observer.queued(len(self._waiting))

    def _expire(self, request: _Request) -> None:
        if request in self._waiting:
            self._waiting.remove(request)
            self._tell()
            request.answer.set_exception(
                QueueFull(f'The request has waited too long for model "{self._name}".', model=self._name)
            )

    def _abandon(self, request: _Request) -> None:
        if request.batch is not None:
            if request.batch.is_abandoned:
                request.batch.give_up()
        elif request in self._waiting:
            self._waiting.remove(request)
            self._tell()

    def _look_soon(self) -> None:
        if self._look is None:
            self._look = asyncio.get_running_loop().call_soon(self._run_what_waits)

    def _run_what_waits(self) -> None:
        self._look = None
        while self._waiting and len(self._running) < self._policy.instances:
            self._run(self._next())

    def _run(self, requests: Sequence[_Request]) -> None:
        began = time.perf_counter()
        waits_seconds = [began - request.queued_at for request in requests]
        batch = _Batch(requests, waits_seconds, began, asyncio.get_running_loop().create_future())
        for request in requests:
            self._waiting.remove(request)
            request.batch = batch
        self._pass_to(requests[-1].turn)
        self._tell()
        self._observer.began(sum(request.rows for request in requests), waits_seconds)
        self._running.add(batch)
        try:
            batch.give_up = self._start(_stack(requests), lambda result: self._end(batch, result))
        except Exception as error:  # no memory, say: its callers are to hear of it, and the next ones to be served
            asyncio.get_running_loop().call_soon(self._end, batch, error)

    def _end(self, batch: _Batch, result: Tensors | BaseException) -> None:
        self._running.remove(batch)
        batch.ended.set_result(None)
        _deliver(batch, result)
        self._run_what_waits()

    def _next(self) -> list[_Request]:
        """The requests to run next, of those that wait: as many as fit, and of these rather a preferred size."""
        first = self._waiting[0]
        if not self._policy.preferred_batch_sizes:
            return [first]
        fitting: list[_Request] = []
        rows = preferred = 0
        for request in self._waiting:
            if request.shapes != first.shapes:
                continue
            if rows + request.rows > self._policy.max_batch_size:
                break
            fitting.append(request)
            rows += request.rows
            if rows in self._policy.preferred_batch_sizes:
                preferred = len(fitting)
        return fitting[:preferred] if preferred else fitting


def _stack(requests: Sequence[_Request]) -> Tensors:
    if len(requests) == 1:
        return requests[0].inputs
    return {name: np.concatenate([request.inputs[name] for request in requests]) for name in requests[0].inputs}


def _deliver(batch: _Batch, result: Tensors | BaseException) -> None:
    """Gives each request its rows of the batch's outputs, or the batch's error."""
    infer_seconds = time.perf_counter() - batch.began
    first = 0
    for request, wait_seconds in zip(batch.requests, batch.waits_seconds, strict=True):
        rows = slice(first, first + request.rows)
        first += request.rows
        if request.answer.done():
            continue
        if isinstance(result, BaseException):
            request.answer.set_exception(result)
        else:
            outputs = {name: array[rows] for name, array in result.items()}
            request.answer.set_result(Answer(outputs, wait_seconds, infer_seconds))
