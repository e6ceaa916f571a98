"""The error tree and its table."""

import re
from base64 import b64encode
from urllib.parse import quote

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

from serving import errors
from serving.errors import STATUS, RequestError
from serving.status import to_status


def leaves(kind: type[errors.PhizError]) -> set[type[errors.PhizError]]:
    below = kind.__subclasses__()
    return set().union(*map(leaves, below)) if below else {kind}


def details(status: status_pb2.Status) -> dict[str, object]:
    kinds = (error_details_pb2.ErrorInfo, error_details_pb2.BadRequest, error_details_pb2.RetryInfo)
    found: dict[str, object] = {}
    for packed in status.details:
        for kind in kinds:
            message = kind()
            if packed.Unpack(message):
                found[kind.__name__] = message
    assert len(found) == len(status.details)
    return found


def test_the_table_has_every_leaf_and_nothing_else() -> None:
    assert set(STATUS) == leaves(RequestError)


def test_reasons_are_upper_snake_and_unique() -> None:
    reasons = [kind.reason for kind in STATUS]
    assert len(set(reasons)) == len(reasons)
    assert all(re.fullmatch(r"[A-Z]+(_[A-Z]+)*", reason) for reason in reasons)


def test_the_docstring_draws_the_whole_tree() -> None:
    drawn = re.findall(r"[├└]── (\w+)", errors.__doc__ or "")
    below: list[type[errors.PhizError]] = [errors.PhizError]
    for kind in below:
        below.extend(kind.__subclasses__())
    assert sorted(drawn) == sorted(kind.__name__ for kind in below[1:])


def test_a_wrong_field_is_named_in_bad_request_and_error_info() -> None:
    status = to_status(errors.OutOfRange("count", 65, 1, 64), "r-1")
    assert status.code == grpc.StatusCode.INVALID_ARGUMENT.value[0]
    found = details(status)
    info, bad = found["ErrorInfo"], found["BadRequest"]
    assert isinstance(info, error_details_pb2.ErrorInfo)
    assert isinstance(bad, error_details_pb2.BadRequest)
    assert (info.reason, info.domain) == ("OUT_OF_RANGE", "phiz")
    assert dict(info.metadata) == {"field": "count", "value": "65", "min": "1", "max": "64", "request_id": "r-1"}
    assert [(violation.field, violation.reason) for violation in bad.field_violations] == [("count", "OUT_OF_RANGE")]


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.QueueFull, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (errors.TooManyRequests, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (errors.TooManyPixels, grpc.StatusCode.RESOURCE_EXHAUSTED),
        (errors.ModelUnavailable, grpc.StatusCode.UNAVAILABLE),
    ],
)
def test_who_is_turned_away_is_told_when_to_come_back(kind: type[errors.RequestError], code: grpc.StatusCode) -> None:
    status = to_status(kind("full"), "r-1")
    assert status.code == code.value[0]
    retry = details(status)["RetryInfo"]
    assert isinstance(retry, error_details_pb2.RetryInfo)
    assert retry.retry_delay.ToTimedelta().total_seconds() == kind.retry_seconds


@pytest.mark.parametrize("word", ["x" * 100_000, "\N{FACE WITH MONOCLE}" * 20_000])
def test_what_a_caller_reads_is_no_longer_than_metadata_may_be(word: str) -> None:
    """gRPC's bound is 8 KiB; the message goes there as it is, each byte that is not ASCII as three."""
    status = to_status(errors.FilterInvalid(f'There is no filter "{word}".', field="filter", name=word), "r-1")
    encoded = len(quote(status.message)) + len(b64encode(status.SerializeToString()))
    assert encoded < 8192
    assert status.message.startswith('There is no filter "')
    assert status.message.endswith("…")
