"""Many requests: every one is answered and counted, and the server takes no more memory at the end than before."""

import asyncio
import io
import urllib.request
from collections import Counter
from collections.abc import Sequence
from typing import Final

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message
from PIL import Image

from phiz.v1 import image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from tests.system.observed import Scrape, Usage
from tests.system.test_stop import serve

MORE_FILES: Final = 4
MORE_THREADS: Final = 4


def small() -> Sequence[Message]:
    """Requests that take milliseconds; two of them are refused."""
    picture = photograph(16, 16)
    return (
        phiz_pb2.InspectRequest(image=picture),
        phiz_pb2.ColorizeRequest(image=picture),
        phiz_pb2.GenerateRequest(count=0),
        phiz_pb2.ListModelsRequest(),
        phiz_pb2.AlignRequest(image=b"no picture"),
    )


def large() -> Sequence[Message]:
    """Requests with photographs of 2 megapixels, and answers as large."""
    jpeg = image_pb2.ImageOptions(format=image_pb2.IMAGE_FORMAT_JPEG)
    return (phiz_pb2.ColorizeRequest(image=photograph(1600, 1200), output=jpeg),)


def photograph(width_px: int, height_px: int) -> bytes:
    """A gray one, from dark to light."""
    ramp = np.linspace(0, 255, width_px * height_px).reshape(height_px, width_px).astype(np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(ramp).save(buffer, "JPEG")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("asked", "at_a_time", "warm", "count", "more_mebibytes"),
    [
        pytest.param(small(), 16, 300, 1000, 32, id="small"),
        pytest.param(large(), 2, 12, 12, 64, id="large"),
        pytest.param(small(), 16, 1000, 10_000, 32, id="10000-small", marks=pytest.mark.ops),
        pytest.param(large(), 2, 40, 200, 64, id="200-large", marks=pytest.mark.ops),
    ],
)
async def test_all_end_and_memory_stays(
    asked: Sequence[Message], at_a_time: int, warm: int, count: int, more_mebibytes: int
) -> None:
    """Memory may grow by what the allocator keeps more or less of after equal work."""
    with serve() as server:
        told = await ask(server.target, asked, warm, at_a_time)
        before = Usage.of(server.process.pid)
        told += await ask(server.target, asked, count, at_a_time)
        after = Usage.of(server.process.pid)
        scrape = await asyncio.to_thread(scraped, f"{server.http}/metrics")
    assert scrape.is_quiet
    assert scrape.started == warm + count
    assert scrape.ended == told
    assert after.mebibytes < before.mebibytes + more_mebibytes
    assert after.files <= before.files + MORE_FILES
    assert after.threads <= before.threads + MORE_THREADS


def scraped(url: str) -> Scrape:
    with urllib.request.urlopen(url) as response:
        return Scrape.read(response.read().decode())


async def ask(target: str, asked: Sequence[Message], count: int, at_a_time: int) -> Counter[str]:
    """Sends the requests in turn, ``count`` in all, over one connection. Returns how many ended with which code."""
    numbers = iter(range(count))
    told: Counter[str] = Counter()

    async def keep_asking(channel: grpc.aio.Channel) -> None:
        for number in numbers:
            request = asked[number % len(asked)]
            call = getattr(PhizStub(channel), type(request).__name__.removesuffix("Request"))(request)
            told[(await call.code()).name] += 1

    async with grpc.aio.insecure_channel(target) as channel:
        await asyncio.gather(*(keep_asking(channel) for _ in range(at_a_time)))
    return told
