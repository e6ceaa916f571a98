"""The same service with its models in a real Triton server: each RPC gives the same answer."""

import io
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
import skimage.data
from google.protobuf.message import Message
from PIL import Image

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.local import gateway_thread
from serving.metrics import SERVICE
from serving.settings import Settings
from tests.serving.simple_translators import write_translator
from tests.system.tritonserver import triton_server

FAST = face_pb2.INVERSION_PRESET_FAST
SMALL = image_pb2.ImageOptions(size_px=96)

Requests = Callable[[bytes], Message]

REQUESTS: dict[str, Requests] = {
    "Generate": lambda _: phiz_pb2.GenerateRequest(count=20, seed=7, output=SMALL),
    "GenerateStream": lambda _: phiz_pb2.GenerateStreamRequest(request=phiz_pb2.GenerateRequest(count=20, seed=7)),
    "Colorize": lambda photo: phiz_pb2.ColorizeRequest(image=photo, allow_colour=True),
    "Translate": lambda photo: phiz_pb2.TranslateRequest(photo=photo, task="negative"),
    "Mix": lambda photo: phiz_pb2.MixRequest(faces=faces(photo), paste_back=True, preset=FAST),
    "Invert": lambda photo: phiz_pb2.InvertRequest(image=photo, preset=FAST),
    "InvertStream": lambda photo: phiz_pb2.InvertStreamRequest(
        request=phiz_pb2.InvertRequest(image=photo, preset=FAST)
    ),
    "Morph": lambda photo: phiz_pb2.MorphRequest(faces=faces(photo), frames=4, preset=FAST),
    "Average": lambda photo: phiz_pb2.AverageRequest(faces=faces(photo), output=SMALL),
    "Edit": lambda photo: phiz_pb2.EditRequest(
        face=faces(photo)[0], steps=[phiz_pb2.EditStep(name="smile", strength=1)], preset=FAST
    ),
    "Upscale": lambda _: phiz_pb2.UpscaleRequest(image=small_picture(), scale=2, method=image_pb2.UPSCALE_METHOD_MODEL),
    "Align": lambda photo: phiz_pb2.AlignRequest(image=photo),
    "Inspect": lambda photo: phiz_pb2.InspectRequest(image=photo),
    "ListModels": lambda _: phiz_pb2.ListModelsRequest(),
}


def faces(photo: bytes) -> list[face_pb2.FaceSource]:
    return [face_pb2.FaceSource(image=photo), face_pb2.FaceSource(seed=1)]


def small_picture() -> bytes:
    stream = io.BytesIO()
    Image.fromarray(skimage.data.astronaut()).resize((64, 48)).save(stream, "PNG")
    return stream.getvalue()


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's models, and a translator."""
    folder = tmp_path_factory.mktemp("triton") / "models"
    shutil.copytree(Settings().model_repository, folder)
    write_translator(folder, "negative")
    return folder


@pytest.fixture(scope="module")
def embedded(models: Path) -> Iterator[PhizStub]:
    """A gateway that runs the models itself."""
    settings = Settings(grpc_port=0, http_port=0, model_repository=models)
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        yield PhizStub(channel)


@pytest.fixture(scope="module")
def through_triton(models: Path) -> Iterator[PhizStub]:
    """A gateway that has Triton run them."""
    with triton_server(models, models.parent) as triton:
        settings = Settings(grpc_port=0, http_port=0, model_repository=models, triton=triton.address)
        with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
            yield PhizStub(channel)


def answers(stub: PhizStub, rpc: str, photo: bytes) -> list[Message]:
    """All messages of a call, without the request's id and times."""
    answer: Any = getattr(stub, rpc)(REQUESTS[rpc](photo))
    messages = [answer] if isinstance(answer, Message) else list(answer)
    for message in messages:
        forget_chance(message)
    return messages


def forget_chance(message: Message) -> None:
    if isinstance(message, phiz_pb2.ResponseMetadata):
        message.ClearField("request_id")
        message.ClearField("stages")
    for field, value in message.ListFields():
        if field.message_type and not field.is_repeated:
            forget_chance(value)


@pytest.mark.parametrize("rpc", [method.name for method in SERVICE.methods])
def test_each_rpc_gives_the_same_bytes(
    rpc: str, embedded: PhizStub, through_triton: PhizStub, astronaut_jpeg: bytes
) -> None:
    assert answers(through_triton, rpc, astronaut_jpeg) == answers(embedded, rpc, astronaut_jpeg)
