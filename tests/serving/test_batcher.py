"""Dynamic batching, with a model that adds 1 and can be held."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.admission import holder
from serving.engine.base import Tensors
from serving.engine.batcher import Batcher, Ended, GiveUp, Observer
from serving.engine.repository import BatchingPolicy
from serving.errors import QueueFull


class Model:
    """Adds 1 to ``x``; remembers its batches; while it is held, batches begin and do not end."""

    def __init__(self) -> None:
        self.batches: list[list[float]] = []
        self.cancelled = 0
        self.running = 0
        self.most_running = 0
        self.fails_to_start = False
        self.go = asyncio.Event()
        self.go.set()

    def start(self, inputs: Tensors, ended: Ended) -> GiveUp:
        """As a batcher wants it."""

        def tell(task: "asyncio.Task[Tensors]") -> None:
            ended({} if task.cancelled() else task.exception() or task.result())

        def give_up() -> None:
            task.cancel()

        if self.fails_to_start:
            raise MemoryError
        task = asyncio.create_task(self._run(inputs))
        task.add_done_callback(tell)
        return give_up

    async def _run(self, inputs: Tensors) -> Tensors:
        self.batches.append(inputs["x"][:, 0].tolist())
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        finally:
            self.running -= 1
        if np.any(inputs["x"] < 0):
            raise ArithmeticError("negative")
        return {"y": inputs["x"] + 1}


def policy(
    max_batch_size: int = 4,
    preferred: tuple[int, ...] = (4,),
    queue_size: int = 0,
    queue_seconds: float = 0.0,
    instances: int = 1,
) -> BatchingPolicy:
    return BatchingPolicy(max_batch_size, preferred, queue_size, queue_seconds, instances)


@asynccontextmanager
async def batching(model: Model, rules: BatchingPolicy) -> AsyncIterator[Batcher]:
    batcher = Batcher("model", rules, model.start, Observer())
    try:
        yield batcher
    finally:
        await batcher.close()


def rows(*values: float, width: int = 1) -> Tensors:
    return {"x": np.repeat(np.array(values, np.float32)[:, None], width, axis=1)}


async def ask(batcher: Batcher, *values: float, width: int = 1) -> list[float]:
    answer = await batcher.submit(rows(*values, width=width))
    return [float(value) for value in answer.outputs["y"][:, 0]]


async def settle() -> None:
    """Lets everything that can go on go on."""
    for _ in range(20):
        await asyncio.sleep(0)


async def test_requests_that_wait_together_run_together_in_their_order() -> None:
    model = Model()
    async with batching(model, policy()) as batcher:
        answers = await asyncio.gather(*(ask(batcher, value) for value in range(4)))
    assert answers == [[1], [2], [3], [4]]
    assert model.batches == [[0, 1, 2, 3]]


async def test_a_request_of_several_rows_counts_as_many() -> None:
    model = Model()
    async with batching(model, policy()) as batcher:
        answers = await asyncio.gather(*(ask(batcher, *values) for values in ([0, 1, 2], [3, 4], [5])))
    assert answers == [[1, 2, 3], [4, 5], [6]]
    assert model.batches == [[0, 1, 2], [3, 4, 5]]


async def test_of_more_than_a_preferred_size_that_size_runs_first() -> None:
    model = Model()
    async with batching(model, policy(8, preferred=(2, 4))) as batcher:
        await asyncio.gather(*(ask(batcher, value) for value in range(7)))
    assert model.batches == [[0, 1, 2, 3], [4, 5], [6]]


async def test_nobody_waits_for_company_while_the_model_is_idle() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy()) as batcher:
        first = asyncio.create_task(ask(batcher, 0))
        await settle()
        assert model.batches == [[0]]
        others = [asyncio.create_task(ask(batcher, value)) for value in (1, 2)]
        await settle()
        model.go.set()
        await asyncio.gather(first, *others)
    assert model.batches == [[0], [1, 2]]


async def test_without_dynamic_batching_each_request_runs_alone() -> None:
    model = Model()
    async with batching(model, policy(preferred=())) as batcher:
        await asyncio.gather(*(ask(batcher, value) for value in range(3)))
    assert model.batches == [[0], [1], [2]]


async def test_different_shapes_never_share_a_batch() -> None:
    model = Model()
    async with batching(model, policy()) as batcher:
        answers = await asyncio.gather(*(ask(batcher, value, width=1 + value % 2) for value in range(3)))
    assert answers == [[1], [2], [3]]
    assert model.batches == [[0, 2], [1]]


async def test_as_many_batches_run_at_a_time_as_there_are_instances() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(preferred=(), instances=2)) as batcher:
        asked = [asyncio.create_task(ask(batcher, value)) for value in range(4)]
        await settle()
        assert model.running == 2
        model.go.set()
        await asyncio.gather(*asked)
    assert model.most_running == 2


async def test_a_full_queue_refuses_and_serves_on() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(queue_size=2, preferred=())) as batcher:
        asked = [asyncio.create_task(ask(batcher, 0))]
        await settle()  # the first one runs; the next two wait
        asked += [asyncio.create_task(ask(batcher, value)) for value in (1, 2)]
        await settle()
        with pytest.raises(QueueFull):
            await ask(batcher, 3)
        model.go.set()
        assert await asyncio.gather(*asked) == [[1], [2], [3]]
        assert await ask(batcher, 4) == [5]


async def test_a_queue_counts_requests_whatever_their_rows() -> None:
    """As Triton counts them."""
    model = Model()
    model.go.clear()
    async with batching(model, policy(queue_size=2, preferred=())) as batcher:
        asked = [asyncio.create_task(ask(batcher, 0))]
        await settle()
        asked += [asyncio.create_task(ask(batcher, value, value, value)) for value in (1, 2)]
        await settle()
        with pytest.raises(QueueFull):
            await ask(batcher, 3)
        model.go.set()
        assert await asyncio.gather(*asked) == [[1], [2, 2, 2], [3, 3, 3]]


async def test_who_has_waited_too_long_is_refused_and_who_runs_is_not() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(queue_seconds=0.01, preferred=())) as batcher:
        running = asyncio.create_task(ask(batcher, 0))
        await settle()
        with pytest.raises(QueueFull):
            await ask(batcher, 1)
        model.go.set()
        assert await running == [1]
        assert await ask(batcher, 2) == [3]
    assert model.batches == [[0], [2]]


async def test_a_cancelled_request_leaves_the_queue() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(queue_size=1, preferred=())) as batcher:
        running = asyncio.create_task(ask(batcher, 0))
        await settle()
        waiting = asyncio.create_task(ask(batcher, 1))
        await settle()
        waiting.cancel()
        await settle()
        heir = asyncio.create_task(ask(batcher, 2))  # its place in the queue is free again
        await settle()
        model.go.set()
        assert [await running, await heir] == [[1], [3]]
    assert model.batches == [[0], [2]]


async def test_a_batch_stops_when_nobody_waits_for_it_any_more() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(2, preferred=(2,))) as batcher:
        one, other = asyncio.create_task(ask(batcher, 0)), asyncio.create_task(ask(batcher, 1))
        await settle()
        one.cancel()
        await settle()
        assert (model.running, model.cancelled) == (1, 0)
        other.cancel()
        await settle()
        assert (model.running, model.cancelled) == (0, 1)
        model.go.set()
        assert await ask(batcher, 2) == [3]


async def test_an_error_reaches_its_batch_and_the_next_batch_runs() -> None:
    model = Model()
    async with batching(model, policy()) as batcher:
        failed = await asyncio.gather(ask(batcher, -1), ask(batcher, 1), return_exceptions=True)
        assert [type(error) for error in failed] == [ArithmeticError, ArithmeticError]
        assert await ask(batcher, 2) == [3]


async def test_a_batch_that_cannot_start_fails_and_the_next_one_runs() -> None:
    model = Model()
    model.fails_to_start = True
    async with batching(model, policy(preferred=())) as batcher:
        failed = await asyncio.gather(ask(batcher, 0), ask(batcher, 1), return_exceptions=True)
        assert [type(error) for error in failed] == [MemoryError, MemoryError]
        model.fails_to_start = False
        assert await ask(batcher, 2) == [3]


async def test_closing_waits_for_what_runs() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(preferred=())) as batcher:
        asked = asyncio.create_task(ask(batcher, 0))
        await settle()
    assert (model.running, model.cancelled) == (0, 1)
    with pytest.raises(asyncio.CancelledError):
        await asked


async def ask_as(caller: str, batcher: Batcher, *values: float) -> list[float]:
    holder.set(caller)
    return await ask(batcher, *values)


async def test_callers_take_turns() -> None:
    """Another caller's requests do not wait until all those that came before have run."""
    model = Model()
    model.go.clear()
    async with batching(model, policy(preferred=())) as batcher:
        flood = [asyncio.create_task(ask_as("flood", batcher, value)) for value in range(4)]
        await settle()
        others = [asyncio.create_task(ask_as("ann", batcher, value)) for value in (10, 11)]
        await settle()
        model.go.set()
        await asyncio.gather(*flood, *others)
    assert model.batches == [[0], [10], [1], [11], [2], [3]]


async def test_a_turn_is_as_long_as_the_rows_of_the_one_before() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(preferred=())) as batcher:
        asked = [asyncio.create_task(ask_as("large", batcher, value, value, value)) for value in range(3)]
        await settle()
        asked += [asyncio.create_task(ask_as("small", batcher, 10 + value)) for value in range(4)]
        await settle()
        model.go.set()
        await asyncio.gather(*asked)
    assert [batch[0] for batch in model.batches] == [0, 10, 11, 12, 1, 13, 2]


async def test_who_comes_back_has_saved_no_turns() -> None:
    model = Model()
    async with batching(model, policy(preferred=())) as batcher:
        for value in range(5):
            await ask_as("ann", batcher, value)
        model.go.clear()
        asked = [asyncio.create_task(ask_as("ann", batcher, 5))]
        await settle()
        asked += [asyncio.create_task(ask_as("bob", batcher, 10 + value)) for value in range(3)]
        await settle()
        asked.append(asyncio.create_task(ask_as("ann", batcher, 6)))
        await settle()
        model.go.set()
        await asyncio.gather(*asked)
    assert model.batches[5:] == [[5], [10], [11], [6], [12]]


@pytest.mark.parametrize("count", [0, 5])
async def test_no_rows_or_too_many_are_an_error_of_the_program(count: int) -> None:
    async with batching(Model(), policy()) as batcher:
        with pytest.raises(ValueError, match="rows"):
            await batcher.submit(rows(*range(count)))


async def test_closing_cancels_who_waits() -> None:
    model = Model()
    model.go.clear()
    async with batching(model, policy(preferred=())) as batcher:
        asked = [asyncio.create_task(ask(batcher, value)) for value in (0, 1)]
        await settle()
    assert all(
        isinstance(each, asyncio.CancelledError) for each in await asyncio.gather(*asked, return_exceptions=True)
    )
    assert model.batches == [[0]]


@given(
    requests=st.lists(st.tuples(st.integers(1, 4), st.integers(1, 2)), min_size=1, max_size=30),
    cancelled=st.sets(st.integers(0, 29)),
    pauses=st.sets(st.integers(0, 29)),
    preferred=st.sampled_from([(), (4,), (2, 4)]),
    instances=st.integers(1, 3),
)
def test_each_request_gets_its_own_rows_or_its_cancellation(
    requests: list[tuple[int, int]],
    cancelled: set[int],
    pauses: set[int],
    preferred: tuple[int, ...],
    instances: int,
) -> None:
    """Requests are (rows, width); some are cancelled at some moment of their lives."""

    async def scenario() -> None:
        model = Model()
        async with batching(model, policy(preferred=preferred, instances=instances)) as batcher:
            tasks = []
            for index, (count, width) in enumerate(requests):
                values = [float(100 * index + row) for row in range(count)]
                tasks.append(asyncio.create_task(ask(batcher, *values, width=width)))
                if index in pauses:
                    await asyncio.sleep(0)
            for index in cancelled & set(range(len(requests))):
                tasks[index].cancel()
            results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 30)
        for index, ((count, _), result) in enumerate(zip(requests, results, strict=True)):
            if isinstance(result, BaseException):
                assert isinstance(result, asyncio.CancelledError)
                assert index in cancelled
            else:
                assert result == [100 * index + row + 1 for row in range(count)]
        assert all(len(batch) <= 4 for batch in model.batches)

    asyncio.run(scenario())
