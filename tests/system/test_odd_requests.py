"""Whatever fields a request has, a server with tiny budgets answers, or says what is wrong; it never fails itself.

Requests are drawn from the contract alone, so that a new method or field is tried from its first day. ``make fuzz``
tries 500 of each method, and PHIZ_FUZZ_REQUESTS as many as are wanted.
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

from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.local import gateway_thread
from serving.metrics import SERVICE
from serving.settings import Settings
from tests.serving.mutated_pictures import mutated_files, whole_files

REQUESTS = int(os.environ.get("PHIZ_FUZZ_REQUESTS", "20"))
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
        max_pixels_in_flight=2 * PIXELS,
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


def pictures() -> list[bytes]:
    """Files with and without a face, whole and damaged."""
    face = Image.fromarray(np.ascontiguousarray(skimage.data.astronaut()[20:200, 140:320]))
    files = [b"", b"no picture", *whole_files(), *mutated_files(seed=3, count=100)]
    for size_px in (96, 160, 161):
        buffer = io.BytesIO()
        face.resize((size_px, size_px)).save(buffer, "JPEG")
        files += [buffer.getvalue()] * 20
    return files


PICTURES = pictures()
VALUES: dict[int, st.SearchStrategy[Any]] = {
    FieldDescriptor.TYPE_BOOL: st.booleans(),
    FieldDescriptor.TYPE_FLOAT: st.sampled_from((0.0, 0.5, 1.0, 2.0)) | st.floats(width=32),
    FieldDescriptor.TYPE_UINT32: st.integers(0, 4) | st.sampled_from((16, 64)) | st.integers(0, 2**32 - 1),
    FieldDescriptor.TYPE_UINT64: st.integers(0, 2**64 - 1),
    FieldDescriptor.TYPE_STRING: st.sampled_from(WORDS)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    FieldDescriptor.TYPE_BYTES: st.integers(0, len(PICTURES) - 1).map(PICTURES.__getitem__),
}


def messages(kind: Descriptor) -> st.SearchStrategy[Message]:
    """Any message of a kind: each field is unset, or has an ordinary value, or an extreme one."""
    fields = {}
    for field in kind.fields:
        value = _value(field)
        fields[field.name] = st.none() | (st.lists(value, max_size=4) if field.is_repeated else value)
    return st.fixed_dictionaries(fields).map(lambda drawn: GetMessageClass(kind)(**drawn))


def _value(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    if field.message_type:
        return messages(field.message_type)
    if field.enum_type:
        return st.sampled_from([*(value.number for value in field.enum_type.values), -1, 99])
    return VALUES[field.type]


@pytest.mark.parametrize("method", [method.name for method in SERVICE.methods])
@examples(max_examples=REQUESTS, suppress_health_check=list(HealthCheck), derandomize=True)
@given(data=st.data())
def test_every_request_is_answered_or_refused(tiny: PhizStub, method: str, data: st.DataObject) -> None:
    request = data.draw(messages(SERVICE.methods_by_name[method].input_type))
    try:
        answer = getattr(tiny, method)(request, timeout=60)
        if not isinstance(answer, Message):
            list(answer)
    except grpc.RpcError as error:
        assert error.code() in REFUSALS, error.details()  # noqa: PT017 - an answer is as good
