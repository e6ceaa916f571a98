"""``phiz`` as a program: its exit codes, where it finds a server, how it stops."""

import json
import os
import signal
import socket
import subprocess
import sys
import termios
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz

PHIZ = Path(sys.executable).with_name("phiz")
MODELS = [
    "colorizer",
    "editor",
    "face_detector",
    "face_landmarks",
    "generator",
    "generator_128",
    "inverter",
    "mapping",
    *(
        f"translator_{task}"
        for task in ("autoencode", "canny", "contours", "inpaint", "outpaint", "sketch", "thresholds")
    ),
    "upscaler_x2",
    "upscaler_x4",
]


@pytest.fixture
def silent_server() -> Iterator[socket.socket]:
    """Takes connections and says nothing."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener


def address_of(listener: socket.socket) -> str:
    return f"127.0.0.1:{listener.getsockname()[1]}"


def test_the_installed_program_lists_the_models(server: str) -> None:
    done = subprocess.run(
        [PHIZ, "models", "--json"], env={**os.environ, "PHIZ_SERVER": server}, capture_output=True, check=True
    )

    models = [json.loads(line) for line in done.stdout.splitlines()]
    assert [model["name"] for model in models] == MODELS
    told = [
        "name",
        "version",
        "ready",
        "recipe",
        "dataset_digest",
        "metrics",
        "directions",
        "components",
        "translation",
    ]
    assert list(models[0]) == told
    assert all(model["ready"] for model in models)


def test_without_a_server_the_work_is_done_in_process(phiz_alone: "Phiz") -> None:
    done = phiz_alone("models")

    assert done.exit_code == 0
    assert [line.split()[0] for line in done.out if not line.startswith(" ")] == MODELS


def test_an_empty_model_repository_is_told_in_one_line(
    phiz_alone: "Phiz", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHIZ_MODEL_REPOSITORY", str(folder / "nothing"))

    failed = phiz_alone("models")

    assert (failed.exit_code, failed.out) == (1, [])
    assert failed.err.splitlines()[-1].startswith("phiz: no server could be started: ")


def test_without_the_serving_packages_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['onnxruntime'] = None; from phiz.cli.main import main; sys.exit(main())"

    failed = subprocess.run([sys.executable, "-c", program, "models"], capture_output=True, text=True, check=False)

    assert failed.returncode == 1
    assert "phiz[serving,cpu]" in failed.stderr
    assert len(failed.stderr.splitlines()) == 1


@pytest.mark.parametrize("as_json", [True, False])
def test_a_server_that_is_not_there_is_told_in_one_line(phiz_alone: "Phiz", as_json: bool) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        address = address_of(bound)
        failed = phiz_alone("models", "--server", address, *(["--json"] if as_json else []))

    assert failed.exit_code == 1
    if as_json:
        (failure,) = failed.objects
        assert (failure["file"], failure["reason"]) == (None, "SERVER_UNREACHABLE")
    else:
        assert failed.out == []
        assert failed.err.startswith(f"phiz: no server answers at {address}: ")
        assert len(failed.err.splitlines()) == 1


def test_a_server_that_is_too_slow_is_given_up(phiz_alone: "Phiz", silent_server: socket.socket) -> None:
    failed = phiz_alone("models", "--server", address_of(silent_server), "--timeout", 0.3, "--json")

    assert failed.exit_code == 1
    assert failed.objects[0]["code"] in {"DEADLINE_EXCEEDED", "UNAVAILABLE"}


def test_ctrl_c_ends_with_130(silent_server: socket.socket) -> None:
    command: list[str | Path] = [PHIZ, "models", "--server", address_of(silent_server)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        connection, _ = silent_server.accept()
        process.send_signal(signal.SIGINT)
        assert process.stderr is not None
        err = process.stderr.read()
        connection.close()

    assert (process.returncode, err) == (130, "phiz: interrupted\n")


def test_a_reader_that_has_seen_enough_is_no_error(server: str) -> None:
    command: list[str | Path] = [PHIZ, "generate", "--count", "64", "--json", "--server", server]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stderr
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()

    assert process.returncode == 1
    assert err == b""


@pytest.mark.parametrize("on_a_terminal", [True, False], ids=["on a terminal", "in a script"])
def test_progress_is_shown_on_a_terminal_only(server: str, on_a_terminal: bool) -> None:
    terminal, end = os.openpty()
    termios.tcsetwinsize(end, (24, 80))
    command: list[str | Path] = [PHIZ, "generate", "--count", "3", "--json", "--server", server]

    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=end if on_a_terminal else subprocess.PIPE, check=True)
    os.close(end)
    shown = os.read(terminal, 1 << 16) if on_a_terminal else done.stderr
    os.close(terminal)

    assert (b"/3 [" in shown) == on_a_terminal
    assert [json.loads(line)["model"] for line in done.stdout.splitlines()] == ["generator"] * 3


def test_a_file_name_that_is_not_utf_8_is_printed_as_it_is(server: str, folder: Path, photo: str) -> None:
    name = b"ann\xff.jpg"
    Path(photo).rename(os.fsdecode(name))

    done = subprocess.run([PHIZ, "colorize", "--force", name, "--server", server], capture_output=True, check=True)

    assert done.stdout.startswith(name + b" -> ann\xff-colorized.png")


@pytest.mark.parametrize("arguments", [(), ("paint",), ("--quick", "models")], ids=" ".join)
def test_wrong_usage_ends_with_2(phiz_alone: "Phiz", arguments: tuple[str, ...]) -> None:
    assert phiz_alone(*arguments).exit_code == 2


@pytest.mark.parametrize(
    "command", ["generate", "colorize", "translate", "mix", "invert", "align", "models", "serve", "demo"]
)
def test_every_command_explains_itself(phiz_alone: "Phiz", command: str) -> None:
    told = phiz_alone(command, "--help")

    assert told.exit_code == 0
    assert told.out[0].startswith(f"usage: phiz {command}")
