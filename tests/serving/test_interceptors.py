"""What happens around every call, with a servicer that does as it is told."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from phiz.v1 import phiz_pb2, phiz_pb2_grpc
from serving.admission import Admission
from serving.errors import STATUS, OutOfRange, RequestError
from serving.interceptors import CallsInFlight, RequestInterceptor
from serving.metrics import Metrics

Behaviour = Callable[[], Awaitable[None]]


class Obedient(phiz_pb2_grpc.PhizServicer):
    """Answers ListModels after it has done what it was told."""

    def __init__(self) -> None:
        self.behaviour: Behaviour = nothing

    async def ListModels(self, request: Any, context: Any) -> phiz_pb2.ListModelsResponse:  # noqa: N802 - gRPC's name
        await self.behaviour()
        return phiz_pb2.ListModelsResponse()


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
        labels = {"grpc_type": "unary", "grpc_service": "phiz.v1.Phiz", "grpc_method": "ListModels"}
        return self.metrics.registry.get_sample_value("grpc_server_handled_total", labels | {"grpc_code": code.name})


@pytest.fixture
async def running() -> AsyncIterator[Running]:
    metrics = Metrics()
    calls = CallsInFlight(metrics)
    servicer = Obedient()  # type: ignore[abstract] # the other calls are not made
    server = grpc.aio.server(interceptors=[RequestInterceptor(metrics, Admission(1, 1, metrics), calls)])
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
