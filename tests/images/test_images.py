"""Images of deploy/docker, really built and run: without root, without a place to write, and with nothing unpinned."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from phiz.client import Client
from tests.images.dockerfiles import base_image
from tests.images.podman import Podman, python_root
from tests.system.counters import wait_until
from tests.system.tritonserver import free_port
from tests.tools import ROOT

pytestmark = pytest.mark.ops

PATIENCE_SECONDS = 60


@dataclass
class Server:
    """A gateway in a container."""

    podman: Podman
    container: str
    target: str

    def healthy(self) -> bool:
        """What the image's own HEALTHCHECK finds."""
        return self.podman.succeeds("healthcheck", "run", self.container)

    def does(self, *command: str) -> bool:
        """Whether a command within the container exits with 0."""
        return self.podman.succeeds("exec", self.container, *command)


@contextmanager
def serving(podman: Podman, image: str, *flags: str) -> Iterator[Server]:
    """A gateway on free ports of the loopback address, which may not be ready yet."""
    grpc_port, http_port = free_port(), free_port()
    environment = {"PHIZ_HOST": "127.0.0.1", "PHIZ_GRPC_PORT": grpc_port, "PHIZ_HTTP_PORT": http_port}
    flags = (*flags, *(f"--env={name}={value}" for name, value in environment.items()))
    with podman.running(image, *flags) as container:
        yield Server(podman, container, f"127.0.0.1:{grpc_port}")


@pytest.fixture(scope="module")
def server(builder: Podman, gateway_image: str) -> Iterator[Server]:
    with serving(builder, gateway_image) as running:
        wait_until(running.healthy)
        yield running


def test_a_container_of_the_gateway_generates_faces(server: Server) -> None:
    with Client(server.target, timeout_seconds=PATIENCE_SECONDS) as client:
        faces = client.generate(2, seed=1).faces
    assert [face.image.mime_type for face in faces] == ["image/png"] * 2


def test_it_is_not_root_and_cannot_become_it(server: Server) -> None:
    assert server.podman("exec", server.container, "id", "-u").strip() == "10001"
    status = server.podman("exec", server.container, "cat", "/proc/1/status")
    assert set(re.findall(r"^Cap(?:Eff|Prm|Bnd):\s*(\S+)$", status, re.MULTILINE)) == {"0" * 16}
    assert re.search(r"^NoNewPrivs:\s*1$", status, re.MULTILINE)


@pytest.mark.parametrize("folder", ["/", "/models", "/opt/phiz/bin", "/var/tmp"])
def test_it_can_write_nowhere_but_to_its_temporary_folder(server: Server, folder: str) -> None:
    assert not server.does("touch", f"{folder}/file")
    assert server.does("touch", "/tmp/file")


def test_a_stop_ends_it_well(builder: Podman, gateway_image: str) -> None:
    with serving(builder, gateway_image) as server:
        wait_until(server.healthy)
        builder("stop", "--time=40", server.container)
        assert builder("inspect", "--format={{.State.ExitCode}}", server.container).strip() == "0"


def test_without_its_triton_it_lives_and_is_not_healthy(builder: Podman, gateway_image: str) -> None:
    with serving(builder, gateway_image, f"--env=PHIZ_TRITON=127.0.0.1:{free_port()}") as server:
        alive = "import os, urllib.request as http; http.urlopen(f'http://127.0.0.1:{os.environ[\"PHIZ_HTTP_PORT\"]}/livez')"
        wait_until(lambda: server.does("python", "-c", alive))
        assert not server.healthy()


def test_without_its_models_it_says_so_in_one_line(builder: Podman, gateway_image: str) -> None:
    ended = builder.ended(gateway_image, "serve", "--model-repository=/nowhere")
    assert ended.returncode == 1
    assert len(ended.stderr.splitlines()) == 1
    assert "/nowhere" in ended.stderr


def test_all_that_is_installed_is_pinned_and_needed(builder: Podman, gateway_image: str) -> None:
    listing = "import importlib.metadata as m; [print(f'{d.name}=={d.version}') for d in m.distributions()]"
    installed = builder.ended(gateway_image, "-c", listing, entrypoint="/opt/phiz/bin/python").stdout.split()
    pinned = {canonical(line) for line in (ROOT / "constraints.txt").read_text().splitlines()}
    assert {line for line in map(canonical, installed) if not line.startswith("phiz==")} <= pinned
    assert not {line.partition("==")[0] for line in installed} & {"pip", "setuptools", "torch", "onnx"}


def canonical(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", requirement.partition("==")[0]).lower() + "==" + requirement.partition("==")[2]


def test_it_is_small(builder: Podman, gateway_image: str) -> None:
    """What it adds to its base, which most machines have: 543 MB when this was written, 55 of them models."""
    whole, base = (
        int(builder("inspect", "--format={{.Size}}", image))
        for image in (gateway_image, base_image("gateway.Dockerfile"))
    )
    assert whole - base < 650_000_000


def test_the_models_fit_into_tritons_image(builder: Podman) -> None:
    """Built upon a stand-in: NVIDIA's image cannot be had here."""
    builder.pretend(python_root(ROOT / "build" / "images" / "python.tar"), base_image("triton.Dockerfile"))
    builder.build("triton.Dockerfile", "phiz-triton:test")
    found = builder.ended("phiz-triton:test", "/models", "-name", "model.onnx", "-readable", entrypoint="find")
    assert len(found.stdout.split()) == len(list((ROOT / "model_repository").glob("*/*/model.onnx")))


def test_a_container_of_training_knows_its_commands(builder: Podman) -> None:
    builder.build("training.Dockerfile", "phiz-training:test")
    ended = builder.ended("phiz-training:test", "--help")
    assert ended.returncode == 0
    assert all(command in ended.stdout for command in ("prepare", "train", "evaluate", "export", "publish"))
