"""Seeds that the caller names, and faces that are streamed as they are made."""

from typing import Any

import grpc
import pytest

from phiz.v1 import image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from serving.settings import Settings
from tests.system.answers import INVALID, Refusal, names, refusal
from tests.system.counters import faces_made, streams_ended, wait_until

LIMIT = Settings().max_stream_count


def stream(**request: Any) -> phiz_pb2.GenerateStreamRequest:
    return phiz_pb2.GenerateStreamRequest(request=phiz_pb2.GenerateRequest(**request))


class TestSeeds:
    def test_each_seed_gives_its_face_in_the_order_they_came(self, stub: PhizStub) -> None:
        counted = stub.Generate(phiz_pb2.GenerateRequest(count=3, seed=7)).faces
        named = stub.Generate(phiz_pb2.GenerateRequest(seeds=[9, 7, 8, 7])).faces
        assert [face.seed for face in named] == [9, 7, 8, 7]
        assert [face.image.data for face in named] == [counted[index].image.data for index in (2, 0, 1, 0)]

    @pytest.mark.parametrize("other", [{"count": 2}, {"seed": 0}, {"count": 2, "seed": 7}])
    def test_they_stand_instead_of_count_and_seed(self, stub: PhizStub, other: dict[str, int]) -> None:
        request = phiz_pb2.GenerateRequest(seeds=[1, 2], **other)  # type: ignore[arg-type]
        assert refusal(stub, request) == Refusal(INVALID, "FIELDS_CONFLICT", "seeds")

    def test_they_have_the_limit_of_the_count(self, stub: PhizStub) -> None:
        refused = refusal(stub, phiz_pb2.GenerateRequest(seeds=range(65)))
        assert refused == Refusal(INVALID, "OUT_OF_RANGE", "seeds")
        assert refused.metadata["max"] == "64"

    def test_without_them_a_count_is_needed(self, stub: PhizStub) -> None:
        assert refusal(stub, phiz_pb2.GenerateRequest()) == Refusal(INVALID, "OUT_OF_RANGE", "count")


class TestStream:
    def test_the_faces_are_those_of_generate_and_the_last_message_tells_how(self, stub: PhizStub) -> None:
        *messages, last = stub.GenerateStream(stream(count=40, seed=7))
        assert [message.face for message in messages] == list(
            stub.Generate(phiz_pb2.GenerateRequest(count=40, seed=7)).faces
        )
        assert not any(message.HasField("metadata") for message in messages)
        assert not last.HasField("face")
        assert names(last.metadata.models) == ["mapping", "generator"]
        assert {stage.stage for stage in last.metadata.stages} >= {"infer", "encode"}

    def test_more_than_one_call_makes_are_streamed(self, stub: PhizStub) -> None:
        seeds = [3 * index for index in range(70)]
        options = image_pb2.ImageOptions(format=image_pb2.IMAGE_FORMAT_JPEG)
        messages = stub.GenerateStream(stream(seeds=seeds, output=options))
        assert [message.face.seed for message in messages if message.HasField("face")] == seeds

    def test_the_first_face_comes_early_and_the_work_stops_when_the_caller_does(
        self, stub: PhizStub, gateway: Gateway
    ) -> None:
        cancelled, before = streams_ended(gateway, "GenerateStream", "CANCELLED"), faces_made(gateway)
        call = stub.GenerateStream(stream(count=LIMIT, seed=1))
        assert next(iter(call)).face.seed == 1
        call.cancel()  # type: ignore[no-untyped-call]
        wait_until(lambda: streams_ended(gateway, "GenerateStream", "CANCELLED") == cancelled + 1)
        made = faces_made(gateway) - before
        assert made < LIMIT
        stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1))
        assert faces_made(gateway) - before == made + 1, "nothing went on behind the caller's back"

    @pytest.mark.parametrize(
        ("request_", "reason", "field"),
        [
            ({}, "OUT_OF_RANGE", "request.count"),
            ({"count": LIMIT + 1}, "OUT_OF_RANGE", "request.count"),
            ({"seeds": [0] * (LIMIT + 1)}, "OUT_OF_RANGE", "request.seeds"),
            ({"count": 1, "seeds": [1]}, "FIELDS_CONFLICT", "request.seeds"),
            ({"count": 1, "truncation": 2.0}, "OUT_OF_RANGE", "request.truncation"),
            ({"count": 1, "output": {"size_px": 15}}, "OUT_OF_RANGE", "request.output.size_px"),
            ({"count": 1, "output": {"upscaling": 9}}, "OUT_OF_RANGE", "request.output.upscaling"),
        ],
    )
    def test_what_is_wrong_is_told_before_any_face(
        self, stub: PhizStub, request_: dict[str, Any], reason: str, field: str
    ) -> None:
        assert refusal(stub, stream(**request_)) == Refusal(INVALID, reason, field)

    def test_a_model_that_is_not_there(self, stub: PhizStub) -> None:
        refused = refusal(stub, stream(count=1, model="nobody"))
        assert refused == Refusal(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", "request.model")
