"""A RequestError as google.rpc.Status: code, text, and details that programs can read."""

from typing import Final

from google.protobuf import any_pb2, duration_pb2
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from serving.errors import DOMAIN, STATUS, InvalidField, RequestError

_MAX_BYTES: Final = 600
"""Longest text that a status has. It may repeat words of the caller's, and travels in metadata, of which gRPC takes
8 KiB: if there is more, the caller does not learn even the code."""


def to_status(error: RequestError, request_id: str) -> status_pb2.Status:
    """The status with ErrorInfo, and BadRequest or RetryInfo where they apply; too long texts are cut."""
    message = _cut(error.message)
    metadata = {name: _cut(value) for name, value in error.metadata.items()} | {"request_id": request_id}
    if error.field:
        metadata["field"] = error.field
    details: list[Message] = [error_details_pb2.ErrorInfo(reason=error.reason, domain=DOMAIN, metadata=metadata)]
    if isinstance(error, InvalidField):
        violation = error_details_pb2.BadRequest.FieldViolation(
            field=error.field, description=message, reason=error.reason
        )
        details.append(error_details_pb2.BadRequest(field_violations=[violation]))
    if error.retry_seconds is not None:
        delay = duration_pb2.Duration()
        delay.FromMilliseconds(int(error.retry_seconds * 1000))
        details.append(error_details_pb2.RetryInfo(retry_delay=delay))
    return status_pb2.Status(code=STATUS[type(error)].value[0], message=message, details=map(_pack, details))


def _cut(text: str) -> str:
    encoded = text.encode()
    return text if len(encoded) <= _MAX_BYTES else encoded[:_MAX_BYTES].decode(errors="ignore") + "…"


def _pack(message: Message) -> any_pb2.Any:
    packed = any_pb2.Any()
    packed.Pack(message)
    return packed
