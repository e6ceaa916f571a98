"""The Dockerfiles, as they are written."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.images.dockerfiles import DOCKER, DOCKERFILES, base_image, instructions
from tests.tools import ROOT, ops_tool

all_dockerfiles = pytest.mark.parametrize("dockerfile", DOCKERFILES)


def test_there_is_one_for_each_part() -> None:
    assert DOCKERFILES == ["gateway.Dockerfile", "training.Dockerfile", "triton.Dockerfile"]


@all_dockerfiles
def test_the_linter_finds_nothing(dockerfile: str) -> None:
    command: list[str | Path] = [ops_tool("hadolint"), "--failure-threshold=style", DOCKER / dockerfile]
    linted = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


@all_dockerfiles
def test_all_stages_have_one_pinned_base(dockerfile: str) -> None:
    bases = [arguments.split()[0] for name, arguments in instructions(dockerfile) if name == "FROM"]
    assert len(bases) > 1
    assert set(bases) == {base_image(dockerfile)}
    assert re.search(r":\d+\.\d+", bases[0])


@all_dockerfiles
def test_they_run_as_the_user_that_the_manifests_name(dockerfile: str) -> None:
    assert [arguments for name, arguments in instructions(dockerfile) if name == "USER"][-1] == "10001:10001"


@all_dockerfiles
def test_they_say_whether_their_health_can_be_asked_for(dockerfile: str) -> None:
    asked = [arguments for name, arguments in instructions(dockerfile) if name == "HEALTHCHECK"]
    assert len(asked) == 1
    assert (asked == ["NONE"]) == (dockerfile == "training.Dockerfile")


@all_dockerfiles
def test_what_they_copy_is_there_and_reaches_the_builder(dockerfile: str) -> None:
    let_through = [line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")]
    for name, arguments in instructions(dockerfile):
        if name == "COPY" and "--from=" not in arguments:
            for source in arguments.split()[:-1]:
                assert (ROOT / source).exists()
                assert source in let_through


def test_nothing_else_reaches_the_builder() -> None:
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if not line.startswith("#")]
    assert lines[0] == "*"
    copied = {
        source
        for dockerfile in DOCKERFILES
        for name, arguments in instructions(dockerfile)
        if name == "COPY" and "--from=" not in arguments
        for source in arguments.split()[:-1]
    }
    assert {line[1:] for line in lines if line.startswith("!")} == copied


def test_all_of_deploy_names_one_triton() -> None:
    pattern = re.compile(r"nvcr\.io/nvidia/tritonserver:[\w.-]+")
    files = [path for path in (ROOT / "deploy").rglob("*") if path.suffix in {".yaml", ".Dockerfile"}]
    assert {name for path in files for name in pattern.findall(path.read_text())} == {base_image("triton.Dockerfile")}
