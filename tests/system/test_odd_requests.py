"""Whatever fields a request has, a server with tiny budgets answers, or says what is wrong; it never fails itself.

Requests are drawn from the contract alone, so that a new method or field is tried from its first day. ``make fuzz``
tries 500 of each method, and FUZZ_REQUESTS as many as are wanted.
"""

import io
import os
from collections.abc import Iterator
from typing import Any

import grpc
import numpy as np
import pytest
import skimage.data
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from phiz.v1 import phiz_pb2
from phiz.v1.face_pb2 import FaceSource
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.local import gateway_thread
from serving.metrics import SERVICE
from serving.settings import Settings
from tests.serving.mutated_pictures import mutated_files, whole_files

REQUESTS = int(os.environ.get("FUZZ_REQUESTS", "12"))
PIXELS = 160 * 160
REFUSALS = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.RESOURCE_EXHAUSTED,
}
WORDS = (
    "",
    "generator",
    "mapping",
    "colorizer",
    "canny",
    "gray",
    "sketch",
    "inpaint",
    "outpaint",
    "smile",
    "turn",
    "x" * 99,
)


@pytest.fixture(scope="module")
def tiny() -> Iterator[PhizStub]:
    """A client of a gateway that does little for one request, so that each is quick."""
    settings = Settings(
        grpc_port=0,
        http_port=0,
        max_image_bytes=100_000,
        max_image_pixels=PIXELS,
        max_pixels_in_flight=1_000_000,
        max_count=2,
        max_stream_count=3,
        max_faces=2,
        max_morph_frames=3,
        max_average_faces=3,
        max_output_px=64,
        max_evaluations=2,
    )
    with gateway_thread(settings) as running, grpc.insecure_channel(running.target) as channel:
        yield PhizStub(channel)


def face(size_px: int, mode: str) -> bytes:
    """A portrait, in colour (RGB) or gray (L)."""
    buffer = io.BytesIO()
    portrait = Image.fromarray(np.ascontiguousarray(skimage.data.astronaut()[20:200, 140:320]))
    portrait.resize((size_px, size_px)).convert(mode).save(buffer, "JPEG")
    return buffer.getvalue()


ORDINARY_PICTURES = [face(96, "RGB"), face(96, "L"), face(64, "RGB"), face(160, "L")]
ODD_PICTURES = [b"", b"no picture", face(161, "L"), *whole_files(), *mutated_files(seed=3, count=100)]
ORDINARY: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_FLOAT: st.sampled_from((0.0, 0.5, 1.0)),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 2),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 9),
    FieldDescriptor.TYPE_STRING: st.just(""),
    FieldDescriptor.TYPE_BYTES: st.sampled_from(range(len(ORDINARY_PICTURES))).map(ORDINARY_PICTURES.__getitem__),
}
ODD: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_FLOAT: st.floats(width=32),
    FieldDescriptor.TYPE_UINT32: st.integers(3, 4) | st.sampled_from((16, 64)) | st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.TYPE_STRING: st.sampled_from(WORDS) | st.text(max_size=20),
    FieldDescriptor.TYPE_BYTES: st.sampled_from(range(len(ODD_PICTURES))).map(ODD_PICTURES.__getitem__),
}


FACES = [FaceSource(seed=1), FaceSource(image=ORDINARY_PICTURES[0])]
FINE: dict[str, Message] = {
    "Generate": phiz_pb2.GenerateRequest(count=1),
    "GenerateStream": phiz_pb2.GenerateStreamRequest(request=phiz_pb2.GenerateRequest(count=1)),
    "Colorize": phiz_pb2.ColorizeRequest(image=ORDINARY_PICTURES[1]),
    "Translate": phiz_pb2.TranslateRequest(photo=ORDINARY_PICTURES[0], filter=phiz_pb2.Filter(name="canny")),
    "Mix": phiz_pb2.MixRequest(faces=FACES),
    "Invert": phiz_pb2.InvertRequest(image=ORDINARY_PICTURES[0]),
    "InvertStream": phiz_pb2.InvertStreamRequest(request=phiz_pb2.InvertRequest(image=ORDINARY_PICTURES[0])),
    "Morph": phiz_pb2.MorphRequest(faces=FACES, frames=2),
    "Average": phiz_pb2.AverageRequest(faces=FACES[:1] * 2),
    "Edit": phiz_pb2.EditRequest(face=FACES[1], steps=[phiz_pb2.EditStep(name="smile", strength=1)]),
    "Upscale": phiz_pb2.UpscaleRequest(image=ORDINARY_PICTURES[2]),
    "Align": phiz_pb2.AlignRequest(image=ORDINARY_PICTURES[0]),
    "Inspect": phiz_pb2.InspectRequest(image=ORDINARY_PICTURES[0]),
}
"""Requests that are answered, of the methods whose empty request is not."""


@st.composite
def requests(draw: st.DrawFn, method: str) -> Message:
    """A request that is fine, or an empty one, with ordinary or odd fields merged into it."""
    kind = SERVICE.methods_by_name[method].input_type
    request = GetMessageClass(kind)()
    if method in FINE and draw(st.integers(0, 3)):
        request.CopyFrom(FINE[method])
    request.MergeFrom(draw(messages(kind, draw(st.sampled_from((0, 1, 1, 2, 99))))))
    return request


@st.composite
def messages(draw: st.DrawFn, kind: Descriptor, odd_fields: int) -> Message:
    """A message of a kind, of which no more fields are odd than said; most are unset."""
    odd = draw(st.permutations([field.name for field in kind.fields]))[:odd_fields]
    drawn: dict[str, Any] = {}
    for field in kind.fields:
        value = _value(field, odd_fields if field.name in odd else 0)
        if draw(st.integers(0, 1 if field.name in odd else 4)) == 0:
            drawn[field.name] = draw(st.lists(value, max_size=3) if field.is_repeated else value)
    return GetMessageClass(kind)(**drawn)


def _value(field: FieldDescriptor, odd_fields: int) -> st.SearchStrategy[Any]:
    if field.message_type:
        return messages(field.message_type, odd_fields)
    if field.enum_type:
        numbers = [value.number for value in field.enum_type.values]
        return st.sampled_from([*numbers, -1, 99] if odd_fields else numbers)
    return (ODD if odd_fields else ORDINARY)[field.type]


@pytest.mark.parametrize("method", [method.name for method in SERVICE.methods])
@examples(max_examples=REQUESTS, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_every_request_is_answered_or_refused(tiny: PhizStub, method: str, data: st.DataObject) -> None:
    request = data.draw(requests(method))
    try:
        answer = getattr(tiny, method)(request, timeout=60)
        if not isinstance(answer, Message):
            list(answer)
    except grpc.RpcError as error:
        assert error.code() in REFUSALS, error.details()  # noqa: PT017 - an answer is as good
