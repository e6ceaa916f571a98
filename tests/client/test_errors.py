"""What a server says of a failure is what the caller's PhizError says."""

import socket
from datetime import timedelta
from typing import TYPE_CHECKING

import grpc
import pytest
from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from phiz.client import MAX_MESSAGE_BYTES, PhizError
from phiz.v1.image_pb2 import Image
from phiz.v1.phiz_pb2 import ColorizeResponse
from tests.client.conftest import MAX_REQUEST_BYTES

if TYPE_CHECKING:
    from tests.client.conftest import Ask, ScriptedServer

COLOURED = ColorizeResponse(image=Image(data=b"picture"))
NEVER_RETRIED = [code for code in grpc.StatusCode if code not in {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}]


def status(code: grpc.StatusCode, message: str, *details: Message) -> Status:
    packed = [AnyMessage() for _ in details]
    for box, detail in zip(packed, details, strict=True):
        box.Pack(detail)
    return Status(code=code.value[0], message=message, details=packed)


UNAVAILABLE = status(grpc.StatusCode.UNAVAILABLE, "draining", ErrorInfo(reason="DRAINING", domain="phiz"))


def failure(ask: "Ask", server: "ScriptedServer", *answers: Status) -> PhizError:
    server.says(*answers)
    with pytest.raises(PhizError) as caught:
        ask(server.address, "colorize", b"photo")
    return caught.value


@st.composite
def failures(draw: st.DrawFn) -> PhizError:
    """Any failure that a server can tell."""
    return PhizError(
        draw(st.sampled_from(NEVER_RETRIED)),
        draw(st.from_regex(r"[A-Z][A-Z_]{1,30}", fullmatch=True)),
        draw(st.text(min_size=1, max_size=200)),
        field=draw(st.text(min_size=1, max_size=40)),
        metadata=draw(st.dictionaries(st.text(max_size=20), st.text(max_size=40), max_size=4)),
        retry_after_seconds=draw(st.none() | st.integers(1, 100_000).map(lambda milliseconds: milliseconds / 1000)),
    )


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=failures())
def test_every_detail_arrives(ask: "Ask", scripted_server: "ScriptedServer", told: PhizError) -> None:
    details: list[Message] = [
        ErrorInfo(reason=told.reason, domain="phiz", metadata=told.metadata),
        BadRequest(field_violations=[BadRequest.FieldViolation(field=told.field, description=told.message)]),
    ]
    if told.retry_after_seconds is not None:
        delay = Duration()
        delay.FromTimedelta(timedelta(seconds=told.retry_after_seconds))
        details.append(RetryInfo(retry_delay=delay))

    error = failure(ask, scripted_server, status(told.code, told.message, *details))

    assert vars(error) == vars(told)


def test_without_details_the_reason_is_the_name_of_the_code(ask: "Ask", scripted_server: "ScriptedServer") -> None:
    error = failure(ask, scripted_server, status(grpc.StatusCode.UNIMPLEMENTED, "not here"))

    assert (error.reason, error.message, error.field) == ("UNIMPLEMENTED", "not here", "")
    assert (error.metadata, error.retry_after_seconds) == ({}, None)


@pytest.mark.parametrize("size_bytes", [MAX_REQUEST_BYTES, MAX_MESSAGE_BYTES], ids=["for the server", "for the client"])
def test_a_request_that_is_too_large_is_told(ask: "Ask", scripted_server: "ScriptedServer", size_bytes: int) -> None:
    with pytest.raises(PhizError) as caught:
        ask(scripted_server.address, "colorize", bytes(size_bytes))

    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")
    assert str(size_bytes) in caught.value.message
    assert not scripted_server.requests


@pytest.mark.parametrize("photo_bytes", [10, 4 << 20], ids=["small photograph", "large photograph"])
def test_an_unavailable_server_is_asked_again(ask: "Ask", scripted_server: "ScriptedServer", photo_bytes: int) -> None:
    scripted_server.says(UNAVAILABLE, UNAVAILABLE, COLOURED)

    assert ask(scripted_server.address, "colorize", bytes(photo_bytes)) == COLOURED
    assert [len(request.image) for request in scripted_server.requests] == [photo_bytes] * 3


def test_a_server_that_stays_unavailable_is_given_up(ask: "Ask", scripted_server: "ScriptedServer") -> None:
    error = failure(ask, scripted_server, *[UNAVAILABLE] * 9)

    assert (error.code, error.reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")
    assert len(scripted_server.requests) == 4


@pytest.mark.parametrize("code", NEVER_RETRIED, ids=lambda code: code.name)
def test_other_failures_are_final(ask: "Ask", scripted_server: "ScriptedServer", code: grpc.StatusCode) -> None:
    failure(ask, scripted_server, status(code, "no"), status(code, "no"))

    assert len(scripted_server.requests) == 1


def test_the_deadline_ends_a_call(ask: "Ask", scripted_server: "ScriptedServer") -> None:
    with pytest.raises(PhizError) as caught:
        ask(scripted_server.address, "colorize", b"photo", timeout_seconds=0.2)

    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED")


def test_no_server_is_told_with_its_address(ask: "Ask") -> None:
    with socket.socket() as bound:  # bound and not listening: nobody answers there
        bound.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{bound.getsockname()[1]}"
        with pytest.raises(PhizError) as caught:
            ask(address, "list_models")

    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.UNAVAILABLE, "SERVER_UNREACHABLE")
    assert address in caught.value.message
