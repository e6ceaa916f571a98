"""Requests that come again under their id, at a real gateway: the work is done once."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any

import grpc
import pytest

from phiz.client import AsyncClient, Client
from phiz.errors import PhizError
from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from serving.local import gateway_thread
from serving.settings import Settings
from tests.system.counters import faces_made, wait_until


def started(**settings: Any) -> AbstractContextManager[Gateway]:
    return gateway_thread(Settings(grpc_port=0, http_port=0, **settings))


@pytest.fixture(scope="module")
def fresh() -> Iterator[Gateway]:
    """A gateway of this file alone, whose counters nobody else moves."""
    with started() as gateway:
        yield gateway


@pytest.fixture(scope="module")
def client(fresh: Gateway) -> Iterator[Client]:
    with Client(fresh.target) as client:
        yield client


def repeated(gateway: Gateway, earlier: str) -> float:
    return gateway.metrics.registry.get_sample_value("phiz_requests_repeated_total", {"earlier": earlier}) or 0


def kept_bytes(gateway: Gateway) -> float:
    return gateway.metrics.registry.get_sample_value("phiz_answers_kept_bytes") or 0


def test_the_same_request_gives_the_same_answer_without_its_work(fresh: Gateway, client: Client) -> None:
    before, repeats = faces_made(fresh), repeated(fresh, "answered")
    ours = client.with_request_id("order-1")
    first, again = ours.generate(2), ours.generate(2)  # without a seed: each would draw its own
    assert first == again
    assert first.metadata.request_id == "order-1"
    assert faces_made(fresh) == before + 2
    assert repeated(fresh, "answered") == repeats + 1


async def test_that_holds_whichever_client_sends_it(fresh: Gateway, client: Client) -> None:
    async with AsyncClient(fresh.target) as other:
        assert await other.with_request_id("order-2").generate(1) == client.with_request_id("order-2").generate(1)


def test_those_that_come_while_it_runs_wait_for_it(fresh: Gateway, client: Client) -> None:
    before, repeats = faces_made(fresh), repeated(fresh, "running") + repeated(fresh, "answered")
    ours = client.with_request_id("order-3")
    with ThreadPoolExecutor(8) as callers:
        answers = list(callers.map(lambda _: ours.generate(64), range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert faces_made(fresh) == before + 64
    assert repeated(fresh, "running") + repeated(fresh, "answered") == repeats + 7


def test_without_an_id_each_request_is_worked_on(fresh: Gateway, client: Client) -> None:
    before = faces_made(fresh)
    assert client.generate(1, seed=5).metadata.request_id != client.generate(1, seed=5).metadata.request_id
    assert faces_made(fresh) == before + 2


def test_an_id_stands_for_one_content(client: Client) -> None:
    ours = client.with_request_id("order-4")
    ours.generate(1, seed=1)
    with pytest.raises(PhizError) as caught:
        ours.generate(1, seed=2)
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.FAILED_PRECONDITION, "REQUEST_ID_REUSED")
    assert ours.list_models().models  # of another method it says nothing


def test_a_failure_is_not_kept(client: Client) -> None:
    ours = client.with_request_id("order-5")
    for _ in range(2):
        with pytest.raises(PhizError) as caught:
            ours.generate(0)
        assert caught.value.reason == "OUT_OF_RANGE"
    assert ours.generate(1).faces


def test_who_waits_for_one_that_is_given_up_does_the_work(fresh: Gateway) -> None:
    with grpc.insecure_channel(fresh.target) as channel:
        stub, metadata = PhizStub(channel), (("x-request-id", "order-6"),)
        request = phiz_pb2.GenerateRequest(count=64, seed=6)
        before = faces_made(fresh)
        first = stub.Generate.future(request, metadata=metadata)
        wait_until(lambda: faces_made(fresh) > before)
        second = stub.Generate.future(request, metadata=metadata)
        first.cancel()  # type: ignore[no-untyped-call]
        assert len(second.result().faces) == 64


def test_answers_are_forgotten_in_time() -> None:
    with started(idempotency_seconds=0.05) as short, Client(short.target) as client:
        ours = client.with_request_id("order-7")
        first = ours.generate(1)
        wait_until(lambda: kept_bytes(short) == 0)
        assert ours.generate(1) != first


def test_answers_have_no_more_bytes_than_are_allowed() -> None:
    with started(idempotency_bytes=40_000) as small, Client(small.target) as client:
        for order in range(20):
            client.with_request_id(f"order-{order}").generate(1)
            assert kept_bytes(small) <= 40_000
        assert kept_bytes(small) > 0
        latest = client.with_request_id("order-19")
        assert latest.generate(1) == latest.generate(1)
        before = faces_made(small)
        client.with_request_id("order-0").generate(1)  # the oldest went
        client.with_request_id("too-large").generate(30)
        client.with_request_id("too-large").generate(30)
        assert faces_made(small) == before + 61


def test_it_can_be_switched_off() -> None:
    with started(idempotency_seconds=0) as plain, Client(plain.target) as client:
        ours = client.with_request_id("order-8")
        assert ours.generate(1) != ours.generate(1)
