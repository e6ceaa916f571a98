"""Calls that no ordinary client makes are refused as others are, and counted under the code that their callers hear."""

from collections import Counter
from collections.abc import Iterator

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from serving.local import gateway_thread
from serving.settings import Settings
from tests.system.answers import INVALID, refusal

NOT_FOUND = grpc.StatusCode.NOT_FOUND
LATENT = face_pb2.Latent(data=bytes(4), shape=[1] * 9999, model=image_pb2.ModelVersion(name="generator", version=1))
TOO_LONG = "x" * 20_000
WIDE = "顔" * 5000


@pytest.fixture(scope="module")
def fresh() -> Iterator[Gateway]:
    """A gateway of this file alone, whose counters nobody else moves."""
    with gateway_thread(Settings(grpc_port=0, http_port=0)) as gateway:
        yield gateway


def ended(gateway: Gateway) -> Counter[str]:
    """What has ended, by code."""
    counts: Counter[str] = Counter()
    for metric in gateway.metrics.handled.collect():
        for sample in metric.samples:
            if sample.name.endswith("_total"):
                counts[sample.labels["grpc_code"]] += int(sample.value)
    return counts


@pytest.mark.parametrize("method", ["Generate", "GenerateStream"])
@pytest.mark.parametrize(
    "sent",
    [b"\xff\xff\xff", b"\x0a\xff\x01cut off", b"\x0b" * 1000, b"\xff\xd8\xff\xe0"],
    ids=["bytes", "cut", "deep", "jpeg"],
)
def test_bytes_that_are_no_message(fresh: Gateway, sent: bytes, method: str) -> None:
    before = ended(fresh)
    with grpc.insecure_channel(fresh.target) as channel:
        answers = channel.unary_stream(f"/phiz.v1.Phiz/{method}", None, None)(sent)  # of which a unary one is a case
        with pytest.raises(grpc.RpcError) as caught:
            list(answers)
    status = rpc_status.from_call(caught.value)  # type: ignore[arg-type] # an RpcError of a call is the call
    info = error_details_pb2.ErrorInfo()
    assert status is not None
    assert status.details[0].Unpack(info)
    assert (caught.value.code(), info.reason) == (INVALID, "MESSAGE_INVALID")
    assert ended(fresh) - before == Counter(INVALID_ARGUMENT=1)


@pytest.mark.parametrize(
    ("request_", "code"),
    [
        (phiz_pb2.GenerateRequest(count=1, model=TOO_LONG), NOT_FOUND),
        (phiz_pb2.GenerateRequest(count=1, model=WIDE), NOT_FOUND),
        (phiz_pb2.TranslateRequest(photo=b"x", task=TOO_LONG), NOT_FOUND),
        (phiz_pb2.TranslateRequest(photo=b"x", task="canny", filter=phiz_pb2.Filter(name=WIDE)), INVALID),
        (phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(latent=LATENT)] * 2), grpc.StatusCode.FAILED_PRECONDITION),
        (
            phiz_pb2.EditRequest(face=face_pb2.FaceSource(seed=1), steps=[phiz_pb2.EditStep(name=WIDE, strength=1)]),
            INVALID,
        ),
    ],
    ids=["model", "wide model", "task", "filter", "shape", "direction"],
)
def test_long_words_come_back_short_enough_to_arrive(fresh: Gateway, request_: Message, code: grpc.StatusCode) -> None:
    """gRPC drops the whole status if it is too long, and tells the caller to come again."""
    before = ended(fresh)
    with grpc.insecure_channel(fresh.target) as channel:
        assert refusal(PhizStub(channel), request_).code is code
    assert ended(fresh) - before == Counter({code.name: 1})
