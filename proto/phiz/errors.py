"""The one exception of the client, read from what google.rpc says of a failed call."""

from collections.abc import Mapping
from typing import Final, cast

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status
from grpc_status import rpc_status

_TOO_LARGE: Final = "message larger than max"
"""Of what gRPC itself says of a message that it refuses, on either side."""


class PhizError(Exception):
    """A call failed.

    Attributes:
        code: the gRPC status code.
        reason: UPPER_SNAKE word that programs can rely on, for example "NO_FACE_FOUND"; the name of the code where
            the status comes from gRPC itself or a proxy, "SERVER_UNREACHABLE" where no server was met, and
            "MESSAGE_TOO_LARGE" where the request or its answer is larger than gRPC may send at once.
        message: one sentence for people.
        field: the field of the request that is wrong, for example "faces[1].image"; empty where none is named.
        metadata: further facts by name, for example the limit that was passed.
        retry_after_seconds: how long the server asks to wait before the next try; None where it does not.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str,
        message: str,
        *,
        field: str = "",
        metadata: Mapping[str, str] | None = None,
        retry_after_seconds: float | None = None,
    ) -> None:
        super().__init__(f"{message} ({reason})")
        self.code = code
        self.reason = reason
        self.message = message
        self.field = field
        self.metadata = dict(metadata or {})
        self.retry_after_seconds = retry_after_seconds


def from_rpc(error: grpc.RpcError, target: str) -> PhizError:
    """The PhizError that says what ``error``, raised by a call to the server at ``target``, says."""
    call = cast("grpc.Call", error)
    info, bad_request, retry = ErrorInfo(), BadRequest(), RetryInfo()
    for detail in _status(call).details:
        for message in (info, bad_request, retry):
            detail.Unpack(message)
    code, text = call.code(), call.details() or ""
    if code is grpc.StatusCode.UNAVAILABLE and not info.reason:
        return PhizError(code, "SERVER_UNREACHABLE", f"no server answers at {target}: {text}")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED and not info.reason:
        return PhizError(code, "DEADLINE_EXCEEDED", f"no answer from {target} in time")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED and not info.reason and _TOO_LARGE in text:
        message = f"the request, or its answer, is larger than one message may be: {text}; send less at once"
        return PhizError(code, "MESSAGE_TOO_LARGE", message)
    return PhizError(
        code,
        info.reason or code.name,
        text or code.name,
        field=bad_request.field_violations[0].field if bad_request.field_violations else "",
        metadata=info.metadata,
        retry_after_seconds=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
    )


def _status(call: grpc.Call) -> Status:
    try:
        return rpc_status.from_call(call) or Status()
    except ValueError:  # a proxy changed the code or the message: the details no longer belong to it
        return Status()
