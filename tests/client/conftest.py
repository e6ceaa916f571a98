"""A server that answers as it is told, and both clients behind one function."""

import asyncio
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent import futures
from dataclasses import dataclass, field
from typing import Any, Protocol

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

from phiz.client import AsyncClient, Client
from phiz.v1.phiz_pb2 import ColorizeRequest, ColorizeResponse
from phiz.v1.phiz_pb2_grpc import PhizServicer, add_PhizServicer_to_server

MAX_REQUEST_BYTES = 32 << 20


@dataclass
class ScriptedServer(PhizServicer):
    """Answers each Colorize call with the next of ``answers``; after the last one it hangs until the test ends."""

    address: str = ""
    answers: list[Status | ColorizeResponse] = field(default_factory=list)
    requests: list[ColorizeRequest] = field(default_factory=list)
    end: threading.Event = field(default_factory=threading.Event)

    def Colorize(self, request: ColorizeRequest, context: Any) -> ColorizeResponse:  # noqa: N802 (gRPC's name)
        self.requests.append(request)
        if not self.answers:
            self.end.wait()
            return ColorizeResponse()
        answer = self.answers.pop(0)
        if isinstance(answer, Status):
            context.abort_with_status(rpc_status.to_status(answer))
        return answer

    def says(self, *answers: Status | ColorizeResponse) -> None:
        """Forgets what was asked and sets the next answers."""
        self.requests.clear()
        self.answers[:] = answers


@pytest.fixture
def scripted_server() -> Iterator[ScriptedServer]:
    servicer = ScriptedServer()  # type: ignore[abstract] # the other RPCs are not called
    server = grpc.server(
        futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", MAX_REQUEST_BYTES)]
    )
    add_PhizServicer_to_server(servicer, server)
    servicer.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield servicer
    servicer.end.set()
    server.stop(None).wait()


class Ask(Protocol):
    """Makes a client of ``target``, calls ``method`` of it and closes it."""

    def __call__(self, target: str, method: str, /, *args: object, **options: object) -> Any: ...


def _ask_blocking(
    target: str, method: str, /, *args: object, timeout_seconds: float = 60, **options: object
) -> Message:
    with Client(target, timeout_seconds=timeout_seconds) as client:
        answer: Message = getattr(client, method)(*args, **options)
        return answer


def _ask_asyncio(target: str, method: str, /, *args: object, timeout_seconds: float = 60, **options: object) -> Message:
    async def ask() -> Message:
        async with AsyncClient(target, timeout_seconds=timeout_seconds) as client:
            answer: Message = await getattr(client, method)(*args, **options)
            return answer

    return asyncio.run(ask())


_CLIENTS: Sequence[Callable[..., Message]] = (_ask_blocking, _ask_asyncio)


@pytest.fixture(params=_CLIENTS, ids=("Client", "AsyncClient"), scope="session")
def ask(request: pytest.FixtureRequest) -> Ask:
    function: Ask = request.param
    return function
