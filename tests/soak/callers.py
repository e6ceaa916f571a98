"""Callers of every RPC: patient ones, ones that give up, ones that never read, and what each of them is told."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final

import grpc
from google.protobuf.message import Message

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from tests.soak.service import Service

CALLERS: Final = 6
HANGS_SECONDS: Final = 300.0
"""No call takes so long; one that does hangs, and DEADLINE_EXCEEDED fails the test."""

_CALLS_A_CONNECTION: Final = 20
_GIVES_UP: Final = 0.1
_NEVER_READS: Final = 0.02
_UNREAD_SECONDS: Final = 15.0
_KEY: Final = (("authorization", "Bearer soak"),)


def requests(photo: bytes, gray: bytes, small: bytes) -> Sequence[Message]:
    """One of each RPC, and some that are refused.

    Args:
        photo: a photograph with a face, as a file.
        gray: one without colour.
        small: a small picture.
    """
    face, seed, other = face_pb2.FaceSource(image=photo), face_pb2.FaceSource(seed=1), face_pb2.FaceSource(seed=2)
    fast = face_pb2.INVERSION_PRESET_FAST
    large = image_pb2.ImageOptions(size_px=256, upscaling=image_pb2.UPSCALE_METHOD_LANCZOS)
    return (
        phiz_pb2.GenerateRequest(count=1),
        phiz_pb2.GenerateRequest(count=8, seed=1),
        phiz_pb2.GenerateStreamRequest(request=phiz_pb2.GenerateRequest(count=20, output=large)),
        phiz_pb2.ColorizeRequest(image=gray),
        phiz_pb2.TranslateRequest(photo=photo, filter=phiz_pb2.Filter(name="canny")),
        phiz_pb2.TranslateRequest(photo=photo, task="canny"),
        phiz_pb2.MixRequest(faces=[seed, other]),
        phiz_pb2.MixRequest(faces=[face, seed], preset=fast, paste_back=True),
        phiz_pb2.InvertRequest(image=photo, preset=fast),
        phiz_pb2.InvertStreamRequest(request=phiz_pb2.InvertRequest(image=photo, preset=fast)),
        phiz_pb2.MorphRequest(faces=[seed, other], frames=12, animation=phiz_pb2.ANIMATION_FORMAT_WEBP),
        phiz_pb2.AverageRequest(faces=[seed, other, face], preset=fast),
        phiz_pb2.EditRequest(face=seed, steps=[phiz_pb2.EditStep(name="smile", strength=1)]),
        phiz_pb2.UpscaleRequest(image=small, scale=2),
        phiz_pb2.AlignRequest(image=photo),
        phiz_pb2.InspectRequest(image=photo),
        phiz_pb2.ListModelsRequest(),
        phiz_pb2.GenerateRequest(count=0),
        phiz_pb2.ColorizeRequest(image=photo),
        phiz_pb2.AlignRequest(image=small),
        phiz_pb2.InvertRequest(image=photo[: len(photo) // 2]),
    )


class Callers:
    """Tasks that call a service again and again.

    Attributes:
        told: what their calls ended with, by code.
        faults: what was said of those that ended as none may.
    """

    def __init__(self, service: Service, asked: Sequence[Message], seed: int) -> None:
        self.told: Counter[str] = Counter()
        self.faults: list[str] = []
        self._service = service
        self._asked = asked
        self._dice = random.Random(seed)
        self._stop = asyncio.Event()

    @asynccontextmanager
    async def calling(self) -> AsyncIterator[None]:
        """They call while the context is open; calls that run at its end are waited for."""
        self._stop.clear()
        tasks = [asyncio.create_task(self._keep_calling()) for _ in range(CALLERS)]
        try:
            yield
        finally:
            self._stop.set()
            await asyncio.gather(*tasks)

    async def _keep_calling(self) -> None:
        while not self._stop.is_set():
            async with self._service.connect() as channel:
                for _ in range(_CALLS_A_CONNECTION):
                    if self._stop.is_set():
                        return
                    await self._call(PhizStub(channel))

    async def _call(self, stub: Any) -> None:
        request = self._dice.choice(self._asked)
        method = type(request).__name__.removesuffix("Request")
        call = getattr(stub, method)(request, timeout=HANGS_SECONDS, metadata=_KEY)
        behaviour = self._dice.random()
        try:
            if behaviour < _GIVES_UP:
                await asyncio.sleep(self._dice.expovariate(10))
                call.cancel()
            elif method.endswith("Stream") and behaviour < _GIVES_UP + _NEVER_READS:
                await asyncio.sleep(_UNREAD_SECONDS)
                call.cancel()
            elif isinstance(call, grpc.aio.UnaryStreamCall):
                async for _ in call:
                    pass
            else:
                await call
        except (grpc.aio.AioRpcError, asyncio.CancelledError):
            pass
        code = await call.code()
        self.told[code.name] += 1
        if code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED):
            await asyncio.sleep(0.2)  # as they are asked to
        elif code not in (grpc.StatusCode.OK, grpc.StatusCode.CANCELLED, grpc.StatusCode.INVALID_ARGUMENT):
            self.faults.append(f"{method}: {code.name}: {await call.details()}")
