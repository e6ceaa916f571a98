"""Inspect: what a file declares of its picture, and no more than that."""

import io

import pytest
from PIL import Image

from phiz.v1 import image_pb2, phiz_pb2
from phiz.v1.face_pb2 import FaceSource
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.settings import Settings
from tests.system.answers import INVALID, Refusal, refusal

FORMATS = [image_pb2.IMAGE_FORMAT_PNG, image_pb2.IMAGE_FORMAT_JPEG, image_pb2.IMAGE_FORMAT_WEBP]


def inspect(stub: PhizStub, image: bytes) -> phiz_pb2.InspectResponse:
    return stub.Inspect(phiz_pb2.InspectRequest(image=image))


@pytest.mark.parametrize("image_format", FORMATS)
def test_a_made_face_tells_its_models_and_its_seed(stub: PhizStub, image_format: image_pb2.ImageFormat) -> None:
    options = image_pb2.ImageOptions(format=image_format)
    (face,) = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=8, output=options)).faces
    told = inspect(stub, face.image.data)
    assert told.evidence == phiz_pb2.EVIDENCE_DECLARED
    assert told.provenance == face.image.provenance
    assert told.digital_source_type_uri.endswith("/trainedAlgorithmicMedia")
    assert told.creator_tool == "Phiz"
    assert told.metadata.request_id


@pytest.mark.parametrize("animation", [phiz_pb2.ANIMATION_FORMAT_WEBP, phiz_pb2.ANIMATION_FORMAT_GIF])
def test_an_animation_tells_its_models(stub: PhizStub, animation: phiz_pb2.AnimationFormat) -> None:
    faces = [FaceSource(seed=1), FaceSource(seed=2)]
    parts = stub.Morph(phiz_pb2.MorphRequest(faces=faces, frames=2, animation=animation))
    (image,) = [part.animation for part in parts if part.HasField("animation")]
    told = inspect(stub, image.data)
    assert (told.evidence, told.provenance) == (phiz_pb2.EVIDENCE_DECLARED, image.provenance)


def test_a_coloured_photograph_is_a_composite(stub: PhizStub, astronaut_gray_jpeg: bytes) -> None:
    coloured = stub.Colorize(phiz_pb2.ColorizeRequest(image=astronaut_gray_jpeg)).image
    told = inspect(stub, coloured.data)
    assert told.provenance == coloured.provenance
    assert told.digital_source_type_uri.endswith("/compositeWithTrainedAlgorithmicMedia")


def test_of_a_photograph_nothing_is_claimed(stub: PhizStub, astronaut_jpeg: bytes) -> None:
    told = inspect(stub, astronaut_jpeg)
    assert told.evidence == phiz_pb2.EVIDENCE_NOTHING_FOUND
    assert not told.HasField("provenance")


def test_damaged_metadata_is_called_so(stub: PhizStub) -> None:
    buffer = io.BytesIO()
    Image.new("RGB", (16, 16)).save(buffer, "WEBP", xmp=b"<!DOCTYPE x><x/>")
    assert inspect(stub, buffer.getvalue()).evidence == phiz_pb2.EVIDENCE_UNREADABLE


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "IMAGE_MISSING"),
        (b"no picture", "IMAGE_UNREADABLE"),
        (b"BM" + bytes(60), "UNSUPPORTED_FORMAT"),
        (bytes(Settings().max_image_bytes + 1), "IMAGE_TOO_LARGE"),
    ],
    ids=["none", "text", "bmp", "bytes"],
)
def test_what_is_no_picture_is_refused(stub: PhizStub, data: bytes, reason: str) -> None:
    assert refusal(stub, phiz_pb2.InspectRequest(image=data)) == Refusal(INVALID, reason, "image")
