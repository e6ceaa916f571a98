"""``phiz serve`` that is started wrongly: it ends at once, with one line that says why."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.certificates import authority

WRONG_SETTING: Final = 2
CANNOT_START: Final = 1
PLAIN_USER: Final = ("setpriv", "--bounding-set=-dac_override,-dac_read_search")
"""What root runs a program by that may read no more than others may."""


def start(*flags: str, **settings: str) -> tuple[int, str]:
    """The exit code, and what it wrote to standard error."""
    command = [sys.executable, "-m", "serving", *flags]
    if os.geteuid() == 0:
        command = [*PLAIN_USER, *command]
    environment = os.environ | {"PHIZ_GRPC_PORT": "0", "PHIZ_HTTP_PORT": "0"} | settings
    done = subprocess.run(command, env=environment, timeout=60, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr


def says_in_one_line(told: str, *words: str) -> bool:
    (line,) = told.splitlines()
    return line.startswith("phiz serve: ") and all(word in line for word in words)


@pytest.fixture(scope="module")
def credentials(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Files that will do, by the flags that name them."""
    root = authority(tmp_path_factory.mktemp("tls"))
    own = root.issue("localhost")
    keys = root.certificate.with_name("keys")
    keys.write_text("")
    return {
        "--tls-cert": own.certificate,
        "--tls-key": own.key,
        "--tls-client-ca": root.certificate,
        "--api-keys": keys,
    }


@pytest.mark.parametrize("missing", ["--tls-key", "--tls-cert", "--tls-client-ca", "--api-keys"])
def test_a_file_of_credentials_is_missing(missing: str, credentials: dict[str, Path], tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    code, told = start(*(f"{flag}={file}" for flag, file in (credentials | {missing: gone}).items()))
    assert code == CANNOT_START
    assert says_in_one_line(told, str(gone), "No such file")


@pytest.mark.parametrize("unreadable", [".", "mapping", "mapping/config.pbtxt", "mapping/{version}"])
def test_the_volume_of_models_cannot_be_read(unreadable: str, one_model: Path, tmp_path: Path) -> None:
    models = Path(shutil.copytree(one_model, tmp_path / "models"))
    version = next(entry.name for entry in (models / "mapping").iterdir() if entry.name.isdecimal())
    forbidden = models / unreadable.format(version=version)
    mode = forbidden.stat().st_mode
    forbidden.chmod(0)
    try:
        code, told = start(f"--model-repository={models}")
    finally:
        forbidden.chmod(mode)
    assert code == CANNOT_START
    assert says_in_one_line(told, str(forbidden), "Permission denied")


def test_the_volume_of_models_is_empty(tmp_path: Path) -> None:
    code, told = start(f"--model-repository={tmp_path}")
    assert code == CANNOT_START
    assert says_in_one_line(told, str(tmp_path), "has no model")


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("PHIZ_MAX_COUTN", "3", ("PHIZ_MAX_COUTN", "PHIZ_MAX_COUNT")),
        ("PHIZ_GRPC_PORT", "tcp://10.0.0.7:8510", ("grpc_port", "tcp://10.0.0.7:8510")),  # as a Service would set it
        ("PHIZ_TRITON", "", ("triton",)),
    ],
)
def test_a_setting_of_the_environment_is_wrong(name: str, value: str, words: tuple[str, ...]) -> None:
    code, told = start(**{name: value})
    assert code == WRONG_SETTING
    assert says_in_one_line(told, *words)
