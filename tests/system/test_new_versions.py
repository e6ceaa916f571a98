"""A new version of a generator is published while its gateway works."""

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from phiz.v1 import face_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.local import gateway_thread
from serving.settings import Settings
from tests.system.answers import Refusal, refusal
from tests.system.counters import wait_until

FAMILY = ("mapping", "generator")


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Generator and mapping, as version 1."""
    models = tmp_path / "models"
    for name in FAMILY:
        shutil.copytree(Settings().model_repository / name, models / name)
        (shipped,) = (models / name).glob("[0-9]*")
        shipped.rename(models / name / "1")
    return models


@pytest.fixture
def stub(models: Path) -> Iterator[PhizStub]:
    settings = Settings(grpc_port=0, http_port=0, model_repository=models, repository_poll_seconds=0.05)
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        yield PhizStub(channel)


def publish_next(models: Path, name: str) -> None:
    """The same network under the next version, whole or not at all."""
    unfinished = shutil.copytree(models / name / "1", models / name / ".unfinished")
    unfinished.rename(models / name / "2")


def generator_version(stub: PhizStub) -> int:
    face = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1)).faces[0]
    return face.latent.model.version


def test_no_request_fails_and_old_latents_are_told_apart(stub: PhizStub, models: Path) -> None:
    old = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1)).faces[0]
    assert old.latent.model.version == 1
    versions: list[list[int]] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            answer = stub.Generate(phiz_pb2.GenerateRequest(count=4, seed=1))
            versions.append([model.version for model in answer.metadata.models])

    callers = [threading.Thread(target=keep_asking) for _ in range(3)]
    for caller in callers:
        caller.start()
    for name in FAMILY:
        publish_next(models, name)
    wait_until(lambda: generator_version(stub) == 2)
    assert all(caller.is_alive() for caller in callers)  # an error would have ended it
    stop.set()
    for caller in callers:
        caller.join()
    assert versions[0] == [1, 1]

    faces = [face_pb2.FaceSource(latent=old.latent), face_pb2.FaceSource(seed=2)]
    told = refusal(stub, phiz_pb2.MixRequest(faces=faces))
    assert told == Refusal(grpc.StatusCode.FAILED_PRECONDITION, "LATENT_VERSION_MISMATCH", "faces[0].latent")
    assert told.metadata["latent_model"] == '"generator" version 1'
    assert told.metadata["serving_model"] == '"generator" version 2'
    new = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1)).faces[0]
    assert new.latent.data == old.latent.data
