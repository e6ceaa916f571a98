"""An inversion that tells how far it has come."""

import pytest

from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from tests.system.answers import INVALID, Refusal, refusal
from tests.system.counters import streams_ended, wait_until


def asked(photo: bytes, evaluations: int) -> phiz_pb2.InvertRequest:
    return phiz_pb2.InvertRequest(image=photo, max_evaluations=evaluations)


def stream(photo: bytes, evaluations: int) -> phiz_pb2.InvertStreamRequest:
    return phiz_pb2.InvertStreamRequest(request=asked(photo, evaluations))


def test_it_comes_nearer_from_message_to_message(stub: PhizStub, astronaut_jpeg: bytes) -> None:
    *news, _ = stub.InvertStream(stream(astronaut_jpeg, 16))
    qualities = [message.progress.quality for message in news]
    assert [quality.evaluations for quality in qualities] == [0, 4, 8]
    assert [message.progress.max_evaluations for message in news] == [16] * 3
    psnr_db = [quality.psnr_db for quality in qualities]
    assert psnr_db == sorted(psnr_db)
    assert psnr_db[0] < psnr_db[-1]
    assert len({message.progress.reconstruction.data for message in news}) == 3


def test_its_end_is_the_answer_of_invert(stub: PhizStub, astronaut_jpeg: bytes) -> None:
    *_, last = stub.InvertStream(stream(astronaut_jpeg, 8))
    plain = stub.Invert(asked(astronaut_jpeg, 8))
    assert last.result.latent == plain.latent
    assert last.result.reconstruction.data == plain.reconstruction.data
    assert last.result.quality == plain.quality
    assert [model.name for model in last.result.metadata.models] == [model.name for model in plain.metadata.models]


@pytest.mark.parametrize(("most", "news"), [(0, []), (1, [0]), (2, [0, 1]), (3, [0, 1]), (4, [0, 1, 2])])
def test_no_news_is_told_twice(stub: PhizStub, astronaut_jpeg: bytes, most: int, news: list[int]) -> None:
    *parts, last = stub.InvertStream(stream(astronaut_jpeg, most))
    assert [part.progress.quality.evaluations for part in parts] == news
    assert last.result.quality.evaluations == most


def test_there_is_no_news_once_the_tolerance_is_met(stub: PhizStub, astronaut_jpeg: bytes) -> None:
    near = phiz_pb2.InvertRequest(image=astronaut_jpeg, max_evaluations=16, tolerance=1.0)
    (last,) = stub.InvertStream(phiz_pb2.InvertStreamRequest(request=near))
    assert last.result.quality.evaluations == 0


def test_the_work_stops_when_the_caller_does(stub: PhizStub, gateway: Gateway, astronaut_jpeg: bytes) -> None:
    cancelled = streams_ended(gateway, "InvertStream", "CANCELLED")
    call = stub.InvertStream(stream(astronaut_jpeg, 200))
    assert next(iter(call)).progress.quality.evaluations == 0
    call.cancel()  # type: ignore[no-untyped-call]
    wait_until(lambda: streams_ended(gateway, "InvertStream", "CANCELLED") == cancelled + 1)


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (phiz_pb2.InvertRequest(), "IMAGE_MISSING", "request.image"),
        (phiz_pb2.InvertRequest(image=b"x"), "IMAGE_UNREADABLE", "request.image"),
        (phiz_pb2.InvertRequest(image=b"x", max_evaluations=10_000), "OUT_OF_RANGE", "request.max_evaluations"),
        (phiz_pb2.InvertRequest(image=b"x", tolerance=-1), "OUT_OF_RANGE", "request.tolerance"),
    ],
)
def test_bad_input_is_named(stub: PhizStub, request_: phiz_pb2.InvertRequest, reason: str, field: str) -> None:
    refused = refusal(stub, phiz_pb2.InvertStreamRequest(request=request_))
    assert refused == Refusal(INVALID, reason, field)
