"""The account of requests balances whenever somebody looks: begun = ended, by code, + in flight.

Callers do all that callers do, and /metrics is read by another thread all the while, as often as it answers.
"""

import asyncio
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import pairwise
from pathlib import Path
from typing import Final

import grpc
import pytest
from google.protobuf.message import Message

from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from tests.system.counters import wait_until
from tests.system.observed import Scrape
from tests.system.test_many_requests import scraped
from tests.system.test_stop import Server, serve
from tests.system.test_workers import children

CALLERS: Final = 12
CALLS: Final = 20
FACES: Final = phiz_pb2.GenerateRequest(count=16)
ASKED: Final[tuple[Message, ...]] = (
    phiz_pb2.ListModelsRequest(),
    phiz_pb2.GenerateRequest(count=1),
    FACES,
    phiz_pb2.GenerateStreamRequest(request=FACES),
    phiz_pb2.GenerateRequest(count=0),
    phiz_pb2.AlignRequest(image=b"no picture"),
    phiz_pb2.ColorizeRequest(),
)


@contextmanager
def looked_at(server: Server) -> Iterator[list[Scrape]]:
    """Yields what somebody sees who reads /metrics all the time; it must balance, and counters must never go back."""
    seen = [scraped(f"{server.http}/metrics")]
    stop = threading.Event()

    def look() -> None:
        while not stop.is_set():
            seen.append(scraped(f"{server.http}/metrics"))

    with ThreadPoolExecutor(1) as looker:
        looking = looker.submit(look)
        try:
            yield seen
        finally:
            stop.set()
            looking.result()
    for scrape in seen:
        assert scrape.balances, scrape
    for before, after in pairwise(seen):
        assert before.started <= after.started
        assert before.ended <= after.ended


async def call(target: str, seed: int) -> Counter[str]:
    """Calls over a connection of its own, and now and then gives up or has no time. Returns what it was told."""
    dice = random.Random(seed)
    told: Counter[str] = Counter()
    async with grpc.aio.insecure_channel(target, [("grpc.use_local_subchannel_pool", 1)]) as channel:
        for _ in range(CALLS):
            request = dice.choice(ASKED)
            method = getattr(PhizStub(channel), type(request).__name__.removesuffix("Request"))
            asked = method(request, timeout=dice.choice((0.003, 0.02, 60.0, 60.0, 60.0)))
            if dice.random() < 0.3:
                await asyncio.sleep(dice.expovariate(30))
                asked.cancel()
            with suppress(grpc.aio.AioRpcError, asyncio.CancelledError):
                if isinstance(asked, grpc.aio.UnaryStreamCall):
                    async for _ in asked:
                        pass
                else:
                    await asked
            told[(await asked.code()).name] += 1
    return told


async def call_all(server: Server) -> Counter[str]:
    """All callers at once. Returns what they were told."""
    parts = await asyncio.gather(*(call(server.target, seed) for seed in range(CALLERS)))
    return sum(parts, Counter())


@pytest.mark.parametrize("workers", [1, 2])
async def test_whatever_callers_do(workers: int, generating_models: Path) -> None:
    room = f"--max-requests-in-flight={8 // workers}"
    with serve(f"--workers={workers}", f"--model-repository={generating_models}", room) as server:
        with looked_at(server) as seen:
            told = await call_all(server)
            await asyncio.to_thread(wait_until, lambda: seen[-1].in_flight == 0)
        assert any(scrape.in_flight > 1 for scrape in seen)
        ended = seen[-1].ended
    usual = {"OK", "CANCELLED", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT", "NOT_FOUND"}
    assert ended.keys() == told.keys() == usual
    unheard = told["CANCELLED"] + told["DEADLINE_EXCEEDED"]
    assert told.total() - unheard <= ended.total() <= told.total()
    for code in usual - {"CANCELLED", "DEADLINE_EXCEEDED"}:
        assert told[code] <= ended[code] <= told[code] + unheard


async def test_what_a_worker_had_in_flight_when_it_died_has_ended(generating_models: Path) -> None:
    """As its callers were told, so that who watches the service hears of it, and nothing is in flight for ever."""
    with serve("--workers=2", f"--model-repository={generating_models}") as server, looked_at(server) as seen:
        requests = [server.stub.Generate.future(phiz_pb2.GenerateRequest(count=64)) for _ in range(4)]
        wait_until(lambda: seen[-1].in_flight == len(requests))
        for worker in children(server.process.pid):
            os.kill(worker, signal.SIGKILL)
        assert {request.code() for request in requests} == {grpc.StatusCode.UNAVAILABLE}
        wait_until(lambda: seen[-1].in_flight == 0)
        assert seen[-1].ended == Counter(UNAVAILABLE=len(requests))
