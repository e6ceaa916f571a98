"""What happens around every RPC: request id, who calls, admission, deadline, errors to status, metrics, and the drain.

Each request ends in exactly one code, and is counted under it; see ``serving.request_account``.
"""

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing
from typing import Any, Final

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2
from grpc_status import rpc_status

from serving.admission import Admission, holder
from serving.callers import ANYBODY, AUTHORIZATION_KEY, Caller, Callers, name_of
from serving.deadline import set_deadline
from serving.errors import (
    STATUS,
    DeadlineExceeded,
    Draining,
    InternalError,
    MessageInvalid,
    MethodForbidden,
    Overloaded,
    RequestError,
    Unauthenticated,
)
from serving.idempotency import Answers, RequestKey
from serving.logs import caller_name, request_id
from serving.metrics import SERVICE, Metrics
from serving.status import to_status
from serving.tracing import UNTRACED, Tracer, current_trace

_log = logging.getLogger(__name__)

REQUEST_ID_KEY: Final = "x-request-id"
_REQUEST_ID: Final = re.compile(r"[A-Za-z0-9._:-]{1,128}")

Behaviour = Callable[[Any, Any], Awaitable[Any]]
"""Serves a request in a context; what it returns is the answer, unless it has sent its answers itself."""


class CallsInFlight:
    """The requests that run, so that a stopping server can wait for them. It belongs to one event loop."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._idle = asyncio.Event()
        self._idle.set()
        self.draining = False

    def enter(self, task: asyncio.Task[Any]) -> None:
        """A request begins."""
        self._tasks.add(task)
        self._idle.clear()

    def leave(self, task: asyncio.Task[Any]) -> None:
        """A request has ended."""
        self._tasks.discard(task)
        if not self._tasks:
            self._idle.set()

    async def drain(self, seconds: float) -> None:
        """Refuses new requests and waits for the running ones; what still runs after ``seconds`` is cancelled."""
        self.draining = True
        try:
            await asyncio.wait_for(self._idle.wait(), seconds)
        except TimeoutError:
            _log.warning("%d requests did not end in time", len(self._tasks))
            for task in self._tasks:
                task.cancel()
            await self._idle.wait()


class RequestInterceptor(grpc.aio.ServerInterceptor):  # type: ignore[type-arg] # generic in the stubs alone
    """Wraps every method of ``phiz.v1.Phiz``; other services, such as health, pass through."""

    def __init__(
        self,
        metrics: Metrics,
        admission: Admission,
        calls: CallsInFlight,
        answers: Answers,
        max_seconds: float,
        callers: Callers | None = None,
        tracer: Tracer = UNTRACED,
    ) -> None:
        """``max_seconds`` is what a request may take; ``callers`` are those who may call, and None lets anybody."""
        self._metrics = metrics
        self._admission = admission
        self._calls = calls
        self._answers = answers
        self._max_seconds = max_seconds
        self._callers = callers
        self._tracer = tracer

    async def intercept_service(self, continuation: Callable[[Any], Awaitable[Any]], handler_call_details: Any) -> Any:
        """Wraps the method's handler."""
        handler = await continuation(handler_call_details)
        service, _, method = handler_call_details.method.lstrip("/").partition("/")
        if handler is None or service != SERVICE.full_name:
            return handler
        metadata = dict(handler_call_details.invocation_metadata)
        counted = self._metrics.rpcs[method]
        caller = self._callers.find(metadata.get(AUTHORIZATION_KEY, "")) if self._callers else ANYBODY

        async def refuse(_request: Any, _context: Any) -> None:
            if caller is None:
                raise Unauthenticated("The server knows no such API key; it is sent as authorization: Bearer KEY.")
            raise MethodForbidden(f"This API key is not for {method}.", method=method)

        def read(message: bytes) -> Any:
            try:
                return handler.request_deserializer(message)
            except DecodeError:
                return None  # told below: what is raised here would be neither counted nor told in our words

        async def misread(_request: Any, _context: Any) -> None:
            raise MessageInvalid(f"The bytes are no {SERVICE.methods_by_name[method].input_type.full_name}.")

        async def answer(request: Any, context: Any) -> Any:
            counted.messages_received.inc()
            if metadata.get(REQUEST_ID_KEY) == request_id.get():
                key = RequestKey(holder.get(), method, request_id.get())
                response = await self._answers.once(key, request, lambda: handler.unary_unary(request, context))
            else:
                response = await handler.unary_unary(request, context)
            counted.messages_sent.inc()
            return response

        async def send(request: Any, context: Any) -> None:
            counted.messages_received.inc()
            # Closed at once when the caller gives up: nothing goes on that nobody waits for.
            async with aclosing(handler.unary_stream(request, context)) as responses:
                async for response in responses:
                    try:
                        await context.write(response)
                    except grpc.aio.InternalError:  # the caller has gone, and gRPC is about to tell
                        raise asyncio.CancelledError from None
                    counted.messages_sent.inc()

        behaviour: Behaviour
        if caller is None or method not in caller.methods:
            # As if requests came in a stream: of a caller who is turned away, the message is not even read.
            behaviour, wrap = refuse, grpc.stream_unary_rpc_method_handler
        elif handler.response_streaming:
            behaviour, wrap = send, grpc.unary_stream_rpc_method_handler
        else:
            behaviour, wrap = answer, grpc.unary_unary_rpc_method_handler

        async def serve(request: Any, context: Any) -> Any:
            chosen = misread if request is None else behaviour
            return await self._serve(method, caller, chosen, metadata, request, context)

        return wrap(serve, read, handler.response_serializer)

    async def _serve(
        self,
        method: str,
        caller: Caller | None,
        behaviour: Behaviour,
        metadata: dict[str, Any],
        request: Any,
        context: Any,
    ) -> Any:
        began = time.perf_counter()
        code = grpc.StatusCode.CANCELLED
        failure: status_pb2.Status | None = None
        task = asyncio.current_task()
        assert task is not None
        id_token = request_id.set(_request_id(metadata))
        name_token = caller_name.set(name_of(caller, context.auth_context()))
        trace = self._tracer.begin(method, metadata)
        trace_token = current_trace.set(trace)
        counted = self._metrics.rpcs[method]
        counted.started.inc()
        self._calls.enter(task)
        try:
            context.set_trailing_metadata(((REQUEST_ID_KEY, request_id.get()),))
            response = await self._guarded(behaviour, request, context)
            code = grpc.StatusCode.OK
        except RequestError as error:
            code = STATUS[type(error)]
            failure = to_status(error, request_id.get())
            if isinstance(error, Overloaded | Draining):
                self._metrics.rejected.labels(error.reason).inc()
        finally:
            self._calls.leave(task)
            seconds = time.perf_counter() - began
            counted.handled[code].inc()
            counted.handling_seconds.observe(seconds)
            fields = {"rpc": method, "code": code.name, "seconds": round(seconds, 6)}
            _log.info("%s %s in %.3f s", method, code.name, seconds, extra={"fields": fields})
            trace.end(code, request_id.get(), caller_name.get())
            current_trace.reset(trace_token)
            caller_name.reset(name_token)
            request_id.reset(id_token)
        # Answered last: who has the answer finds it in the metrics.
        if failure is not None:
            await context.abort_with_status(rpc_status.to_status(failure))
        return response

    async def _guarded(self, behaviour: Behaviour, request: Any, context: Any) -> Any:
        """Runs the method; whatever goes wrong leaves as a RequestError, or as the caller's cancellation."""
        if self._calls.draining:
            raise Draining("The server is about to stop.")
        _check_deadline(context)
        left_seconds = context.time_remaining()
        set_deadline(self._max_seconds if left_seconds is None else min(left_seconds, self._max_seconds))
        holder.set(caller_name.get() if caller_name.get() != ANYBODY.name else _host(context.peer()))
        try:
            async with asyncio.timeout(self._max_seconds) as limit:
                with self._admission.request(holder.get()):
                    return await behaviour(request, context)
        except asyncio.CancelledError:
            if self._calls.draining and not context.cancelled():
                raise Draining("The server had to stop before the request was done.") from None
            _check_deadline(context)
            raise
        except RequestError:
            raise
        except Exception as error:
            if limit.expired():
                raise DeadlineExceeded(
                    f"A request may take {self._max_seconds:g} seconds, whatever its deadline."
                ) from None
            _log.exception("request failed")
            raise InternalError("The server failed; its log tells more under this request id.") from error


def _request_id(metadata: dict[str, Any]) -> str:
    """The caller's request id if it is a plain word, else a new one."""
    given = metadata.get(REQUEST_ID_KEY, "")
    return given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)


def _host(peer: str) -> str:
    """A peer without its port, which is another one with each connection."""
    return peer.rpartition(":")[0]


def _check_deadline(context: Any) -> None:
    left_seconds = context.time_remaining()
    if left_seconds is not None and left_seconds <= 0:
        raise DeadlineExceeded("The deadline has passed.")
