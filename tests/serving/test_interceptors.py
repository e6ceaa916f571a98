"""What happens around every call, with a servicer that does as it is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from phiz.v1 import image_pb2, phiz_pb2, phiz_pb2_grpc
from serving.admission import Admission
from serving.errors import STATUS, OutOfRange, RequestError
from serving.idempotency import Answers
from serving.interceptors import CallsInFlight, RequestInterceptor
from serving.metrics import Metrics

Behaviour = Callable[[], Awaitable[None]]


class Obedient(phiz_pb2_grpc.PhizServicer):
    """Answers ListModels, and each of the messages of GenerateStream, after it has done what it was told."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = nothing

    async def ListModels(self, request: Any, context: Any) -> phiz_pb2.ListModelsResponse:  # noqa: N802 - gRPC's name
        await self.behaviour()
        return phiz_pb2.ListModelsResponse()

    async def GenerateStream(self, request: Any, context: Any) -> AsyncIterator[phiz_pb2.GenerateStreamResponse]:  # noqa: N802 - gRPC's name
        for seed in request.request.seeds:
            await self.behaviour()
            image = image_pb2.Image(data=bytes(100_000))
            yield phiz_pb2.GenerateStreamResponse(face=phiz_pb2.GeneratedFace(seed=seed, image=image))


async def nothing() -> None:
    """Does nothing."""


@dataclass
class Running:
    """A server with one place for requests, and a client of it."""

    servicer: Obedient
    calls: CallsInFlight
    metrics: Metrics
    stub: "phiz_pb2_grpc.PhizAsyncStub"

    async def call(self) -> None:
        await self.stub.ListModels(phiz_pb2.ListModelsRequest())

    def stream(self, count: int) -> Any:
        """A call that is answered with ``count`` messages."""
        request = phiz_pb2.GenerateRequest(seeds=range(count))
        return self.stub.GenerateStream(phiz_pb2.GenerateStreamRequest(request=request))

    async def failure(self, behaviour: Behaviour) -> tuple[grpc.StatusCode, str, str]:
        """Code, text and reason of a call that fails."""
        self.servicer.behaviour = behaviour
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await self.call()
        trailing: dict[str, Any] = dict(caught.value.trailing_metadata())  # type: ignore[arg-type] # stubs of grpc.aio are off
        status = status_pb2.Status.FromString(trailing["grpc-status-details-bin"])
        info = error_details_pb2.ErrorInfo()
        assert status.details[0].Unpack(info)
        return caught.value.code(), caught.value.details() or "", info.reason

    def handled(self, code: grpc.StatusCode) -> float | None:
        return self.sample("handled", "unary", "ListModels", grpc_code=code.name)

    def sample(self, name: str, grpc_type: str, method: str, **labels: str) -> float | None:
        labels |= {"grpc_type": grpc_type, "grpc_service": "phiz.v1.Phiz", "grpc_method": method}
        return self.metrics.registry.get_sample_value(f"grpc_server_{name}_total", labels)


@pytest.fixture
async def running(request: pytest.FixtureRequest) -> AsyncIterator[Running]:
    """Its parameter, where there is one, is what a request may take."""
    metrics = Metrics()
    calls = CallsInFlight()
    servicer = Obedient()  # type: ignore[abstract] # the other calls are not made
    max_seconds = getattr(request, "param", 3600.0)
    answers = Answers(1 << 20, 60, metrics)
    interceptor = RequestInterceptor(metrics, Admission(1, 1, 1, metrics), calls, answers, max_seconds)
    server = grpc.aio.server(interceptors=[interceptor])
    phiz_pb2_grpc.add_PhizServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
        yield Running(servicer, calls, metrics, phiz_pb2_grpc.PhizStub(channel))
    await server.stop(None)


@pytest.mark.parametrize("kind", STATUS, ids=lambda kind: kind.reason)
async def test_every_error_reaches_the_caller_under_its_code(running: Running, kind: type[RequestError]) -> None:
    async def fail() -> None:
        raise OutOfRange("count", 0, 1, 2) if kind is OutOfRange else kind("It went wrong.")

    code, _, reason = await running.failure(fail)
    assert (code, reason) == (STATUS[kind], kind.reason)
    assert running.handled(code) == 1


async def test_a_bug_is_told_to_the_log_and_not_to_the_caller(
    running: Running, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail() -> None:
        raise KeyError("secret detail")

    with caplog.at_level(logging.ERROR):
        code, text, reason = await running.failure(fail)
    assert (code, reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    assert "secret" not in text
    assert "secret detail" in caplog.text
    running.servicer.behaviour = nothing
    await running.call()


async def long_call(running: Running) -> tuple[asyncio.Task[Any], asyncio.Event]:
    """A call that is being served, and the event that lets it end."""
    entered, leave = asyncio.Event(), asyncio.Event()

    async def stay() -> None:
        entered.set()
        await leave.wait()

    running.servicer.behaviour = stay
    call = asyncio.create_task(running.call())
    await asyncio.wait_for(entered.wait(), 30)
    return call, leave


async def test_a_second_request_finds_no_place_and_a_third_does(running: Running) -> None:
    first, leave = await long_call(running)
    code, _, reason = await running.failure(nothing)
    assert (code, reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_REQUESTS")
    assert running.metrics.registry.get_sample_value("phiz_rejected_total", {"reason": reason}) == 1
    leave.set()
    await first
    await running.call()


async def test_a_drain_waits_for_who_is_in_and_lets_nobody_else_in(running: Running) -> None:
    first, leave = await long_call(running)
    drain = asyncio.create_task(running.calls.drain(3600))
    await asyncio.sleep(0)
    code, _, reason = await running.failure(nothing)
    assert (code, reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")
    assert not drain.done()
    leave.set()
    await first
    await asyncio.wait_for(drain, 30)


async def test_a_drain_that_runs_out_of_time_tells_who_is_in_to_go_elsewhere(running: Running) -> None:
    async def run_out() -> None:
        task = asyncio.create_task(running.calls.drain(0))
        try:
            await asyncio.Event().wait()
        finally:
            task.add_done_callback(lambda done: done.result())

    code, _, reason = await running.failure(run_out)
    assert (code, reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")


@pytest.mark.parametrize("running", [0.05], indirect=True)
async def test_no_request_takes_longer_than_it_may(running: Running) -> None:
    async def stay() -> None:
        await asyncio.Event().wait()

    code, text, reason = await running.failure(stay)
    assert (code, reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")
    assert "0.05 seconds" in text
    running.servicer.behaviour = nothing
    await running.call()  # its place is free again


async def test_a_timeout_within_a_request_is_a_bug(running: Running) -> None:
    async def time_out() -> None:
        raise TimeoutError

    assert (await running.failure(time_out))[0] is grpc.StatusCode.INTERNAL


class TestStream:
    async def test_each_message_is_sent_when_it_is_made(self, running: Running) -> None:
        made: asyncio.Queue[None] = asyncio.Queue()
        running.servicer.behaviour = made.get
        made.put_nowait(None)
        seeds = []
        async for message in running.stream(3):
            seeds.append(message.face.seed)
            made.put_nowait(None)
        assert seeds == [0, 1, 2]
        assert running.sample("msg_sent", "server_stream", "GenerateStream") == 3
        assert running.sample("handled", "server_stream", "GenerateStream", grpc_code="OK") == 1

    async def test_an_error_comes_after_what_was_made(self, running: Running) -> None:
        async def fail_at_the_second() -> None:
            running.servicer.behaviour = fail

        async def fail() -> None:
            raise OutOfRange("count", 0, 1, 2)

        running.servicer.behaviour = fail_at_the_second
        call = running.stream(3)
        assert (await call.read()).face.seed == 0
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call.read()
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT

    async def test_the_work_stops_when_the_caller_gives_up(self, running: Running) -> None:
        entered, stopped = asyncio.Event(), asyncio.Event()

        async def stay() -> None:
            entered.set()
            try:
                await asyncio.Event().wait()
            finally:
                stopped.set()

        running.servicer.behaviour = stay
        call = running.stream(3)
        await asyncio.wait_for(entered.wait(), 30)
        call.cancel()
        await asyncio.wait_for(stopped.wait(), 30)
        running.servicer.behaviour = nothing
        await running.call()  # its place is free again
        assert running.sample("handled", "server_stream", "GenerateStream", grpc_code="CANCELLED") == 1

    async def test_a_caller_that_does_not_read_holds_the_work_up(self, running: Running) -> None:
        made = 0

        async def count() -> None:
            nonlocal made
            made += 1

        running.servicer.behaviour = count
        call = running.stream(1000)
        assert (await call.read()).face.seed == 0
        reached = -1
        while made != reached:
            reached = made
            await asyncio.sleep(0.2)
        assert made < 1000
        call.cancel()

    async def test_a_drain_waits_for_its_end(self, running: Running) -> None:
        entered, leave = asyncio.Event(), asyncio.Event()

        async def stay() -> None:
            entered.set()
            await leave.wait()

        running.servicer.behaviour = stay
        call = running.stream(2)
        await asyncio.wait_for(entered.wait(), 30)
        drain = asyncio.create_task(running.calls.drain(3600))
        await asyncio.sleep(0)
        assert not drain.done()
        leave.set()
        assert [message.face.seed async for message in call] == [0, 1]
        await asyncio.wait_for(drain, 30)
