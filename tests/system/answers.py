"""Reading what a gateway answers: pictures, names of models, and refusals."""

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from dataclasses import field as dataclass_field

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from PIL import Image

from phiz.v1 import face_pb2, image_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core.geometry import ImageArray, Points

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def pixels(image: image_pb2.Image) -> ImageArray:
    with Image.open(io.BytesIO(image.data)) as opened:
        assert (opened.width, opened.height) == (image.width_px, image.height_px)
        assert opened.get_format_mimetype() == image.mime_type
        return np.asarray(opened.convert("RGB"))


def jpeg(rgb: ImageArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def png(rgb: ImageArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def names(models: Iterable[image_pb2.ModelVersion]) -> list[str]:
    return [model.name for model in models]


def landmarks(face: face_pb2.Face) -> Points:
    """[5, 2] in pixels of the photograph."""
    marks = face.landmarks
    points = (marks.left_eye, marks.right_eye, marks.nose, marks.mouth_left, marks.mouth_right)
    return np.array([(point.x_px, point.y_px) for point in points])


@dataclass(frozen=True)
class Refusal:
    """What a refused caller learns."""

    code: grpc.StatusCode
    reason: str
    field: str
    metadata: Mapping[str, str] = dataclass_field(default_factory=dict, compare=False)


def refusal(stub: PhizStub, request: Message) -> Refusal:
    """Sends a request to its method; it must fail with ErrorInfo, and with BadRequest if a field is wrong."""
    method = type(request).__name__.removesuffix("Request")
    with pytest.raises(grpc.RpcError) as caught:
        _read(getattr(stub, method)(request))
    call = caught.value
    status = rpc_status.from_call(call)  # type: ignore[arg-type] # an RpcError of a call is the call
    assert status is not None
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert status.details[0].Unpack(info)
    assert info.domain == "phiz"
    at_fault = info.metadata.get("field", "")
    if call.code() == INVALID:
        assert status.details[1].Unpack(bad)
        assert [violation.field for violation in bad.field_violations] == [at_fault]
    return Refusal(call.code(), info.reason, at_fault, dict(info.metadata))


def _read(answer: Message | Iterable[Message]) -> None:
    """Reads a stream to its end: it fails only then."""
    if not isinstance(answer, Message):
        for _ in answer:
            pass
