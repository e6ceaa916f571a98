"""The first container of a pod: fills a volume without models with those of the image."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from tests.deploy.manifests import pods

PLAIN_USER: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""What root runs a program by that may do no more to files than others may."""

Seed = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The image's models."""
    for name in ("generator/1/model.onnx", "generator/config.pbtxt", "mapping/1/model.onnx", "mapping/config.pbtxt"):
        file = tmp_path / "image" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(name)
    return tmp_path / "image"


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """The volume of the models."""
    (tmp_path / "volume").mkdir()
    return tmp_path / "volume"


@pytest.fixture
def seed(image: Path, volume: Path) -> Seed:
    """Starts the container's command in a pod of some name."""
    (container,) = pods("embedded-cpu")["Deployment/gateway"]["spec"]["initContainers"]
    shell, flags, script = container["command"]
    script = script.replace("cd /srv/models", f"cd {volume}").replace("cp -R /models", f"cp -R {image}")
    command = [shell, flags, script]

    def start(pod: str) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [*PLAIN_USER, *command] if os.geteuid() == 0 else command,
            env=os.environ | {"HOSTNAME": pod},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def contents(folder: Path) -> dict[str, str]:
    return {str(file.relative_to(folder)): file.read_text() for file in folder.rglob("*") if file.is_file()}


def test_an_empty_volume_is_filled(seed: Seed, image: Path, volume: Path) -> None:
    assert seed("gateway-a").wait() == 0
    assert contents(volume / "repository") == contents(image)
    assert list(volume.iterdir()) == [volume / "repository"]


def test_what_is_there_stays(seed: Seed, volume: Path) -> None:
    newer = volume / "repository" / "generator" / "2" / "model.onnx"
    newer.parent.mkdir(parents=True)
    newer.write_text("trained here")
    assert seed("gateway-a").wait() == 0
    assert contents(volume) == {"repository/generator/2/model.onnx": "trained here"}


def test_of_many_pods_at_once_one_fills_it(seed: Seed, image: Path, volume: Path) -> None:
    started = [seed(f"gateway-{number}") for number in range(12)]
    assert {each.wait() for each in started} == {0}
    assert contents(volume) == {f"repository/{name}": text for name, text in contents(image).items()}


def test_what_a_killed_one_has_left_behind_is_not_served(seed: Seed, image: Path, volume: Path) -> None:
    half = volume / ".seed-gateway-a" / "generator" / "1"
    half.mkdir(parents=True)
    (half / "model.onnx").write_text("half")
    assert seed("gateway-a").wait() == 0
    assert contents(volume) == {f"repository/{name}": text for name, text in contents(image).items()}


def test_a_volume_that_cannot_be_written_is_told(seed: Seed, volume: Path) -> None:
    volume.chmod(0o500)
    try:
        started = seed("gateway-a")
        _, told = started.communicate()
    finally:
        volume.chmod(0o700)
    assert started.returncode != 0
    assert "Permission denied" in told
    assert not any(volume.iterdir())
