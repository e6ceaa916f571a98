"""Clients of the portrait service: ``Client`` blocks, ``AsyncClient`` awaits; their methods are the same.

    with Client("localhost:8510") as client:
        answer = client.colorize(Path("old.jpg"))
    Path("coloured.png").write_bytes(answer.image.data)

A method takes plain arguments (see phiz.calls) and returns the answer of the contract, or raises PhizError. No call
changes anything on the server, so one that meets UNAVAILABLE is tried again, up to three times. Methods of streams
return an iterator of the messages; closing it (or leaving AsyncClient's loop early within contextlib.aclosing) ends the
work on the server.
"""

import asyncio
import copy
import functools
import json
import re
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable, Generator
from typing import Concatenate, ParamSpec, Self, TypeVar, cast

import grpc
import grpc.aio

from phiz import calls
from phiz.errors import PhizError, from_rpc
from phiz.v1.phiz_pb2_grpc import PhizStub

__all__ = ["MAX_MESSAGE_BYTES", "AsyncClient", "Client", "PhizError"]

DEFAULT_TIMEOUT_SECONDS = 120.0
MAX_MESSAGE_BYTES = 256 << 20
"""Largest request and answer; the server's own limits are lower."""

_SERVICE_CONFIG = {
    "loadBalancingConfig": [{"round_robin": {}}],
    "methodConfig": [
        {
            "name": [{"service": "phiz.v1.Phiz"}],
            "retryPolicy": {
                "maxAttempts": 4,
                "initialBackoff": "0.2s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                "retryableStatusCodes": ["UNAVAILABLE"],
            },
        }
    ],
}

_CHANNEL_OPTIONS: tuple[tuple[str, str | int], ...] = (
    ("grpc.service_config", json.dumps(_SERVICE_CONFIG)),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    # gRPC retries only what it has kept, which is 256 KiB by default: less than a photograph.
    ("grpc.per_rpc_retry_buffer_size", MAX_MESSAGE_BYTES),
    # A name whose servers are all replaced is looked up again before the retries end; the default is 30 s.
    ("grpc.dns_min_time_between_resolutions_ms", 500),
)

_P = ParamSpec("_P")
_T = TypeVar("_T")
_AnyClient = TypeVar("_AnyClient", bound="Client | AsyncClient")


def _authorization(api_key: str | None) -> tuple[tuple[str, str], ...]:
    if not api_key:
        return ()
    if not re.fullmatch(r"[!-~]+", api_key):
        raise ValueError("an API key is made of ASCII letters, digits and signs, without spaces")
    return (("authorization", f"Bearer {api_key}"),)


def _blocking(
    build: Callable[Concatenate[PhizStub, _P], calls.Call[_T]],
) -> Callable[Concatenate["Client", _P], _T]:
    @functools.wraps(build)
    def method(client: "Client", /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        rpc, request = build(client._stub, *args, **kwargs)
        try:
            return rpc(request, timeout=client.timeout_seconds, metadata=client._metadata)
        except grpc.RpcError as error:
            raise from_rpc(error, client.target) from error

    return method


def _awaiting(
    build: Callable[Concatenate[PhizStub, _P], calls.Call[_T]],
) -> Callable[Concatenate["AsyncClient", _P], Awaitable[_T]]:
    @functools.wraps(build)
    async def method(client: "AsyncClient", /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        # In a thread, because it may read photographs from a slow disk.
        rpc, request = await asyncio.to_thread(build, client._stub, *args, **kwargs)
        try:
            return await cast("Awaitable[_T]", rpc(request, timeout=client.timeout_seconds, metadata=client._metadata))
        except grpc.RpcError as error:
            raise from_rpc(error, client.target) from error

    return method


def _blocking_stream(
    build: Callable[Concatenate[PhizStub, _P], calls.Call["grpc.CallIterator[_T]"]],
) -> Callable[Concatenate["Client", _P], Generator[_T, None, None]]:
    @functools.wraps(build)
    def method(client: "Client", /, *args: _P.args, **kwargs: _P.kwargs) -> Generator[_T, None, None]:
        rpc, request = build(client._stub, *args, **kwargs)
        return _read(rpc(request, timeout=client.timeout_seconds, metadata=client._metadata), client.target)

    return method


def _read(call: "grpc.CallIterator[_T]", target: str) -> Generator[_T, None, None]:
    try:
        yield from call
    except grpc.RpcError as error:
        raise from_rpc(error, target) from error
    finally:
        call.cancel()  # type: ignore[no-untyped-call]


def _awaiting_stream(
    build: Callable[Concatenate[PhizStub, _P], calls.Call["grpc.CallIterator[_T]"]],
) -> Callable[Concatenate["AsyncClient", _P], AsyncGenerator[_T, None]]:
    @functools.wraps(build)
    async def method(client: "AsyncClient", /, *args: _P.args, **kwargs: _P.kwargs) -> AsyncGenerator[_T, None]:
        rpc, request = await asyncio.to_thread(build, client._stub, *args, **kwargs)
        call = rpc(request, timeout=client.timeout_seconds, metadata=client._metadata)
        try:
            async for message in cast("AsyncIterable[_T]", call):
                yield message
        except grpc.RpcError as error:
            raise from_rpc(error, client.target) from error
        finally:
            call.cancel()  # type: ignore[no-untyped-call]

    return method


class Client:
    """Calls a server and waits for the answer. One client serves any number of threads."""

    def __init__(
        self,
        target: str,
        *,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        credentials: grpc.ChannelCredentials | None = None,
        api_key: str | None = None,
    ) -> None:
        """Args:
        target: "host:port", or any gRPC name, for example "unix:/run/phiz.sock" or "dns:///phiz:8510".
        timeout_seconds: deadline of each call, retries included; may be changed at any time.
        credentials: for TLS, see phiz.credentials.tls; plain text without them.
        api_key: is sent with each call. Without TLS, whoever sees the network can read it.

        Raises:
            ValueError: the API key has characters that cannot be sent.
        """
        self.target = target
        self.timeout_seconds = timeout_seconds
        self._metadata = _authorization(api_key)
        if credentials is None:
            self._channel = grpc.insecure_channel(target, _CHANNEL_OPTIONS)
        else:
            self._channel = grpc.secure_channel(target, credentials, _CHANNEL_OPTIONS)
        self._stub = PhizStub(self._channel)

    generate = _blocking(calls.generate)
    generate_stream = _blocking_stream(calls.generate_stream)
    colorize = _blocking(calls.colorize)
    translate = _blocking(calls.translate)
    mix = _blocking(calls.mix)
    morph = _blocking_stream(calls.morph)
    average = _blocking(calls.average)
    edit = _blocking(calls.edit)
    invert = _blocking(calls.invert)
    invert_stream = _blocking_stream(calls.invert_stream)
    upscale = _blocking(calls.upscale)
    align = _blocking(calls.align)
    inspect = _blocking(calls.inspect)
    list_models = _blocking(calls.list_models)

    def with_request_id(self, request_id: str) -> Self:
        """This client, sending an id with each call: a call of one answer that is made again under its id, with the
        same content, is not worked on twice by the same server process. The connection stays this client's."""
        return _with_request_id(self, request_id)

    def close(self) -> None:
        """Ends the connection and every call that is under way."""
        self._channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


class AsyncClient:
    """Calls a server from asyncio. To be made, used and closed in one event loop."""

    def __init__(
        self,
        target: str,
        *,
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
        credentials: grpc.ChannelCredentials | None = None,
        api_key: str | None = None,
    ) -> None:
        """As Client's."""
        self.target = target
        self.timeout_seconds = timeout_seconds
        self._metadata = _authorization(api_key)
        if credentials is None:
            self._channel = grpc.aio.insecure_channel(target, _CHANNEL_OPTIONS)
        else:
            self._channel = grpc.aio.secure_channel(target, credentials, _CHANNEL_OPTIONS)
        self._stub = cast("PhizStub", PhizStub(self._channel))

    generate = _awaiting(calls.generate)
    generate_stream = _awaiting_stream(calls.generate_stream)
    colorize = _awaiting(calls.colorize)
    translate = _awaiting(calls.translate)
    mix = _awaiting(calls.mix)
    morph = _awaiting_stream(calls.morph)
    average = _awaiting(calls.average)
    edit = _awaiting(calls.edit)
    invert = _awaiting(calls.invert)
    invert_stream = _awaiting_stream(calls.invert_stream)
    upscale = _awaiting(calls.upscale)
    align = _awaiting(calls.align)
    inspect = _awaiting(calls.inspect)
    list_models = _awaiting(calls.list_models)

    def with_request_id(self, request_id: str) -> Self:
        """As Client's."""
        return _with_request_id(self, request_id)

    async def close(self) -> None:
        """Ends the connection and every call that is under way."""
        await self._channel.close(None)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *exc_info: object) -> None:
        await self.close()


def _with_request_id(client: _AnyClient, request_id: str) -> _AnyClient:
    other = copy.copy(client)
    other._metadata = (*client._metadata, ("x-request-id", request_id))
    return other
