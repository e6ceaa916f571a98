"""A service under mixed load of every RPC while one thing after the other goes wrong: ``make soak``.

Whenever somebody looks, all that was begun has ended or is in flight; whenever the load pauses, all of it has ended.
Nobody was told anything but a result, that the request will not do, or to come again; and the service takes no more
memory, files and threads than it did. SOAK_SECONDS sets how long it goes on: 1800 unless set, half of it with the
models embedded, half with Triton.
"""

import asyncio
import io
import os
import shutil
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack, asynccontextmanager, suppress
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Final

import numpy as np
import pytest
from google.protobuf.message import Message
from PIL import Image

from phiz_core.geometry import ImageArray
from serving.settings import Settings
from tests.soak.callers import Callers, requests
from tests.soak.service import PATIENCE_SECONDS, Service, serving, until
from tests.system.observed import Usage
from tests.system.proxy import Proxy, proxy_to
from tests.system.tritonserver import Triton, triton_server

pytestmark = pytest.mark.ops

SECONDS: Final = float(os.environ.get("SOAK_SECONDS", "1800")) / 2
WARM_SECONDS: Final = min(120.0, SECONDS / 3)
BETWEEN_FAULTS_SECONDS: Final = 8.0
BETWEEN_LOOKS_SECONDS: Final = 0.5
MORE_MEBIBYTES: Final = 12
"""What a worker may grow by in each quarter of the time."""

Fault = Callable[[], Awaitable[None]]


@pytest.fixture
def asked(astronaut: ImageArray) -> Sequence[Message]:
    portrait = Image.fromarray(astronaut).resize((256, 256))
    return requests(_file(portrait), _file(portrait.convert("L")), _file(portrait.resize((48, 48))))


def _file(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()


async def test_embedded(asked: Sequence[Message], tmp_path: Path) -> None:
    async with serving(tmp_path) as service:

        async def renew_credentials() -> None:
            await asyncio.to_thread(service.renew_credentials)

        await soak(service, asked, [renew_credentials])


async def test_with_triton(asked: Sequence[Message], tmp_path: Path) -> None:
    models = tmp_path / "models"
    shutil.copytree(Settings().model_repository, models)
    with ExitStack() as stack:
        triton = await asyncio.to_thread(stack.enter_context, triton_server(models, tmp_path))
        proxy = stack.enter_context(proxy_to(triton.port))
        flags = (f"--model-repository={models}", f"--triton={proxy.address}", "--triton-silence-seconds=3")
        async with serving(tmp_path, *flags) as service:
            await soak(service, asked, _faults_of_triton(triton, proxy))


def _faults_of_triton(triton: Triton, proxy: Proxy) -> Sequence[Fault]:
    async def kill_triton() -> None:
        await asyncio.to_thread(triton.stop, signal.SIGKILL)
        await asyncio.to_thread(triton.start)

    async def kill_models() -> None:
        for process in triton.model_processes()[:2]:
            os.kill(process, signal.SIGKILL)
        await asyncio.sleep(3.0)
        await kill_triton()  # nothing else brings a model's process back

    async def stop_triton() -> None:
        triton.send(signal.SIGSTOP)
        await asyncio.sleep(6.0)
        triton.send(signal.SIGCONT)

    async def slow_network() -> None:
        proxy.delay_seconds = 0.1
        await asyncio.sleep(6.0)
        proxy.delay_seconds = 0.0

    async def silent_network() -> None:
        proxy.fall_silent()
        await asyncio.sleep(6.0)
        proxy.go_on()

    async def reset_connections() -> None:
        for _ in range(5):
            proxy.reset_connections()
            await asyncio.sleep(0.5)

    return (slow_network, reset_connections, kill_triton, silent_network, kill_models, stop_triton)


async def soak(service: Service, asked: Sequence[Message], faults: Sequence[Fault]) -> None:
    """Calls, lets happen what may go wrong, and checks."""
    end = time.monotonic() + SECONDS
    callers = Callers(service, asked, seed=1)
    async with _calls(callers, service):
        await service.replace_workers()
        await asyncio.sleep(WARM_SECONDS)
    await _all_has_ended(service, callers)
    before = {worker: Usage.of(worker) for worker in service.workers}
    mebibytes: dict[int, list[float]] = {worker: [] for worker in before}
    rounds = 0
    while not rounds or time.monotonic() < end:
        fault = faults[rounds % len(faults)]
        async with _calls(callers, service):
            await asyncio.sleep(BETWEEN_FAULTS_SECONDS)
            await fault()
            await until(service.is_ready)
            await asyncio.sleep(BETWEEN_FAULTS_SECONDS)
        await _all_has_ended(service, callers)
        after = {worker: Usage.of(worker) for worker in service.workers}
        assert after.keys() == before.keys(), "a worker has died"
        for worker, usage in after.items():
            mebibytes[worker].append(usage.mebibytes)
        rounds += 1
        print(f"{rounds:4} {fault.__name__:20} {dict(callers.told)} {list(after.values())}", flush=True)  # noqa: T201 - to be watched
    for worker, usage in after.items():
        assert _steady_growth(mebibytes[worker]) < MORE_MEBIBYTES
        assert usage.files <= before[worker].files + 8
        assert usage.threads <= before[worker].threads + 8
    async with _calls(callers, service):
        await asyncio.sleep(2.0)
        await service.kill_worker()
    await _all_has_ended(service, callers)
    async with callers.calling():
        await asyncio.sleep(2.0)
        assert await service.stop() == 0
    assert not callers.faults
    assert "Traceback" not in service.log, service.log


def _steady_growth(mebibytes: Sequence[float]) -> float:
    """The least that memory has grown by from one quarter of the time to the next.

    What leaks, leaks all the time. What grows once is no leak: a model keeps what its largest batch took, some tens of
    MiB each, and a large batch may be long in coming.
    """
    quarters = [median(quarter) for quarter in np.array_split(mebibytes, 4) if len(quarter)]
    return min((after - before for before, after in pairwise(quarters)), default=0.0)


@asynccontextmanager
async def _calls(callers: Callers, service: Service) -> AsyncIterator[None]:
    """Calls while the context is open, and looks all that time whether the account balances."""

    async def look() -> None:
        while True:
            scrape = await service.scrape()
            assert scrape.balances, scrape
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)

    looking = asyncio.create_task(look())
    try:
        async with callers.calling():
            yield
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking


async def _all_has_ended(service: Service, callers: Callers) -> None:
    """Everything that was begun is counted as ended within moments, and as the callers were told."""
    give_up = time.monotonic() + PATIENCE_SECONDS
    while not (scrape := await service.scrape()).is_quiet:
        assert time.monotonic() < give_up, scrape
        await asyncio.sleep(0.5)
    unheard = callers.told["CANCELLED"] + callers.told["UNAVAILABLE"]
    assert callers.told["OK"] <= scrape.ended["OK"] <= callers.told["OK"] + unheard
    assert scrape.ended.keys() <= {"OK", "CANCELLED", "UNAVAILABLE", "RESOURCE_EXHAUSTED", "INVALID_ARGUMENT"}, scrape
    assert not callers.faults
