"""Each kind of bad input gets its own code, reason and field, and the gateway goes on serving."""

import io
import math

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message
from PIL import Image

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core.geometry import ImageArray
from serving.settings import Settings
from tests.system.answers import INVALID, Refusal, refusal


def encoded(image: Image.Image, file_format: str) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format)
    return buffer.getvalue()


BLANK = Image.new("RGB", (64, 64), "gray")
PNG = encoded(BLANK, "PNG")
TOO_MANY_PIXELS = encoded(Image.new("1", (6000, 5000)), "PNG")
assert Settings().max_image_pixels < 6000 * 5000

BAD_PICTURES = [
    (b"", "IMAGE_MISSING"),
    (b"this is no picture", "IMAGE_UNREADABLE"),
    (PNG[:40] + bytes(20) + PNG[60:], "IMAGE_UNREADABLE"),
    (PNG[: len(PNG) // 2], "IMAGE_TRUNCATED"),
    (encoded(BLANK, "GIF"), "UNSUPPORTED_FORMAT"),
    (encoded(BLANK, "TIFF"), "UNSUPPORTED_FORMAT"),
    (TOO_MANY_PIXELS, "IMAGE_TOO_LARGE"),
    (PNG + bytes(Settings().max_image_bytes), "IMAGE_TOO_LARGE"),
]
PICTURE_IDS = ["none", "text", "damaged", "truncated", "gif", "tiff", "pixels", "bytes"]


@pytest.mark.parametrize(("picture", "reason"), BAD_PICTURES, ids=PICTURE_IDS)
@pytest.mark.parametrize("request_type", [phiz_pb2.ColorizeRequest, phiz_pb2.InvertRequest, phiz_pb2.AlignRequest])
def test_a_picture_that_will_not_do(stub: PhizStub, request_type: type[Message], picture: bytes, reason: str) -> None:
    assert refusal(stub, request_type(image=picture)) == Refusal(INVALID, reason, "image")
    assert stub.ListModels(phiz_pb2.ListModelsRequest()).models


@pytest.mark.parametrize(("picture", "reason"), BAD_PICTURES, ids=PICTURE_IDS)
def test_a_picture_in_a_mix_is_named_by_its_place(stub: PhizStub, picture: bytes, reason: str) -> None:
    faces = [face_pb2.FaceSource(seed=1), face_pb2.FaceSource(image=picture)]
    assert refusal(stub, phiz_pb2.MixRequest(faces=faces)) == Refusal(INVALID, reason, "faces[1].image")


def options(**wrong: int) -> image_pb2.ImageOptions:
    return image_pb2.ImageOptions(**wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("request_", "field"),
    [
        (phiz_pb2.GenerateRequest(count=0), "count"),
        (phiz_pb2.GenerateRequest(count=65), "count"),
        (phiz_pb2.GenerateRequest(count=2**32 - 1), "count"),
        (phiz_pb2.GenerateRequest(count=1, truncation=1.01), "truncation"),
        (phiz_pb2.GenerateRequest(count=1, truncation=-0.01), "truncation"),
        (phiz_pb2.GenerateRequest(count=1, truncation=math.nan), "truncation"),
        (phiz_pb2.GenerateRequest(count=1, output=options(quality=101)), "output.quality"),
        (phiz_pb2.GenerateRequest(count=1, output=options(size_px=15)), "output.size_px"),
        (phiz_pb2.GenerateRequest(count=1, output=options(size_px=2049)), "output.size_px"),
        (phiz_pb2.GenerateRequest(count=1, output=options(format=9)), "output.format"),
        (phiz_pb2.ColorizeRequest(image=PNG, saturation=1.51), "saturation"),
        (phiz_pb2.ColorizeRequest(image=PNG, saturation=math.inf), "saturation"),
        (phiz_pb2.ColorizeRequest(image=PNG, strength=1.01), "strength"),
        (phiz_pb2.ColorizeRequest(image=PNG, strength=math.nan), "strength"),
        (phiz_pb2.AlignRequest(image=PNG, max_faces=65), "max_faces"),
        (phiz_pb2.AlignRequest(image=PNG, order=9), "order"),  # type: ignore[arg-type] # that is the point
        (phiz_pb2.ColorizeRequest(image=PNG, faces=9), "faces"),  # type: ignore[arg-type]
        (phiz_pb2.InvertRequest(image=PNG, max_evaluations=401), "max_evaluations"),
        (phiz_pb2.InvertRequest(image=PNG, tolerance=-1.0), "tolerance"),
        (phiz_pb2.InvertRequest(image=PNG, preset=9), "preset"),  # type: ignore[arg-type]
        (phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(seed=1)]), "faces"),
        (phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(seed=1)] * 9), "faces"),
    ],
    ids=str,
)
def test_a_number_out_of_range(stub: PhizStub, request_: Message, field: str) -> None:
    assert refusal(stub, request_) == Refusal(INVALID, "OUT_OF_RANGE", field)


@pytest.mark.parametrize(
    "weights", [(1.0,), (1.0, 1.0, 1.0), (0.0, 0.0), (2.0, -1.0), (1.0, math.nan), (1.0, math.inf)]
)
def test_weights_that_will_not_do(stub: PhizStub, weights: tuple[float, ...]) -> None:
    request = phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(seed=1)] * 2, weights=weights)
    assert refusal(stub, request) == Refusal(INVALID, "WEIGHTS_INVALID", "weights")


def test_a_face_source_that_says_nothing(stub: PhizStub) -> None:
    request = phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(seed=1), face_pb2.FaceSource()])
    assert refusal(stub, request) == Refusal(INVALID, "FIELD_MISSING", "faces[1]")


@pytest.mark.parametrize("name", ["nobody", "colorizer", "mapping", "../generator"])
def test_a_generator_that_is_none(stub: PhizStub, name: str) -> None:
    expected = Refusal(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", "model")
    assert refusal(stub, phiz_pb2.GenerateRequest(count=1, model=name)) == expected


def test_a_colorizer_that_is_none(stub: PhizStub) -> None:
    expected = Refusal(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", "model")
    assert refusal(stub, phiz_pb2.ColorizeRequest(image=PNG, model="generator")) == expected


@pytest.fixture
def latent(stub: PhizStub) -> face_pb2.Latent:
    return stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1)).faces[0].latent


def mix_with(latent: face_pb2.Latent) -> phiz_pb2.MixRequest:
    return phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(latent=latent), face_pb2.FaceSource(seed=1)])


def test_a_latent_of_another_version(stub: PhizStub, latent: face_pb2.Latent) -> None:
    latent.model.version += 1
    expected = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "LATENT_VERSION_MISMATCH", "faces[0].latent")
    assert refusal(stub, mix_with(latent)) == expected


@pytest.mark.parametrize("damage", ["short", "shape", "nan"])
def test_a_latent_that_is_damaged(stub: PhizStub, latent: face_pb2.Latent, damage: str) -> None:
    match damage:
        case "short":
            latent.data = latent.data[:-1]
        case "shape":
            latent.shape.reverse()
        case "nan":
            latent.data = np.full(len(latent.data) // 4, np.nan, "<f4").tobytes()
    assert refusal(stub, mix_with(latent)) == Refusal(INVALID, "LATENT_INVALID", "faces[0].latent")


def test_bad_and_good_requests_side_by_side(stub: PhizStub, astronaut: ImageArray) -> None:
    """A good request is answered as ever while bad ones are refused around it."""
    expected = stub.Generate(phiz_pb2.GenerateRequest(count=2, seed=3)).faces
    bad = [stub.Colorize.future(phiz_pb2.ColorizeRequest(image=picture)) for picture, _ in BAD_PICTURES]
    good = [stub.Generate.future(phiz_pb2.GenerateRequest(count=2, seed=3)) for _ in range(4)]
    assert {call.code() for call in bad} == {INVALID}
    assert all(call.result().faces == expected for call in good)
