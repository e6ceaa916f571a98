"""Real parts that many tests share: one running gateway, and one photograph of a face."""

import io
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
import skimage.data
from hypothesis import settings
from PIL import Image

from phiz.v1 import phiz_pb2_grpc
from phiz_core.geometry import ImageArray
from serving.gateway import Gateway
from serving.local import gateway_thread
from serving.settings import Settings

# Tests measure no time: a slow machine is no failure.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session", autouse=True)
def interruptible() -> None:
    """Ctrl-C reaches the programs that tests start, also where a shell began the tests in the background."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def gateway() -> Iterator[Gateway]:
    """A gateway with the repository's models, on free ports of the loopback address."""
    with gateway_thread(Settings(grpc_port=0, http_port=0)) as running:
        yield running


@pytest.fixture(scope="session")
def server(gateway: Gateway) -> str:
    """The gateway's gRPC target, "host:port"."""
    return gateway.target


@pytest.fixture(scope="session")
def stub(server: str) -> Iterator[phiz_pb2_grpc.PhizStub]:
    """A plain client of the gateway."""
    with grpc.insecure_channel(server, options=[("grpc.max_receive_message_length", -1)]) as channel:
        yield phiz_pb2_grpc.PhizStub(channel)


@pytest.fixture(scope="session")
def one_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository of one small model, for servers that are asked for nothing but what they have."""
    return _part_of_repository(tmp_path_factory.mktemp("models"), "mapping")


@pytest.fixture(scope="session")
def generating_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository of mapping and generator, all that Generate takes."""
    return _part_of_repository(tmp_path_factory.mktemp("models"), "mapping", "generator")


def _part_of_repository(folder: Path, *names: str) -> Path:
    for name in names:
        shutil.copytree(Settings().model_repository / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def astronaut() -> ImageArray:
    """NASA's portrait of Eileen Collins: RGB [512, 512, 3], with one frontal face."""
    return np.asarray(skimage.data.astronaut(), np.uint8)


@pytest.fixture(scope="session")
def astronaut_jpeg(astronaut: ImageArray) -> bytes:
    """The portrait as a JPEG file."""
    return _jpeg(Image.fromarray(astronaut))


@pytest.fixture(scope="session")
def astronaut_gray_jpeg(astronaut: ImageArray) -> bytes:
    """The portrait without colour, as a JPEG file."""
    return _jpeg(Image.fromarray(astronaut).convert("L"))


def _jpeg(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=92)
    return buffer.getvalue()
