"""``phiz serve`` as a process of its own: how it starts, and how it stops with requests in flight."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest

from phiz.v1 import face_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub

SERVE = (sys.executable, "-m", "serving")
PATIENCE_SECONDS = 60


@contextmanager
def serve(*flags: str) -> Iterator[tuple["subprocess.Popen[str]", PhizStub]]:
    """A server process on free ports, and a client of it once it says that it listens."""
    command = [*SERVE, "--grpc-port=0", "--http-port=0", "--log-level=warning", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith("phiz: gRPC on 127.0.0.1:")
        with grpc.insecure_channel(line.split()[3].rstrip(",")) as channel:
            yield process, PhizStub(channel)
        process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_loses_no_request_in_flight(number: signal.Signals, astronaut_jpeg: bytes) -> None:
    """Each request that was accepted is answered; one that came too late is told to go elsewhere."""
    request = phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(image=astronaut_jpeg), face_pb2.FaceSource(seed=1)])
    with serve() as (process, stub):
        calls = [stub.Mix.future(request) for _ in range(6)]
        calls[0].result(timeout=PATIENCE_SECONDS)  # the others came beside it, so they have been accepted too
        process.send_signal(number)
        late = [stub.Mix.future(request) for _ in range(6)]
        assert [call.code() for call in calls] == [grpc.StatusCode.OK] * len(calls)
        assert {call.code() for call in late} <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
        assert process.wait(PATIENCE_SECONDS) == 0


def test_what_does_not_end_in_time_is_told_to_go_elsewhere(astronaut_jpeg: bytes) -> None:
    with serve("--drain-seconds=0") as (process, stub):
        calls = [stub.Invert.future(phiz_pb2.InvertRequest(image=astronaut_jpeg)) for _ in range(20)]
        calls[0].result(timeout=PATIENCE_SECONDS)
        process.send_signal(signal.SIGTERM)
        assert {call.code() for call in calls} <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
        assert process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize(
    ("flags", "exit_code", "complaint"),
    [
        (["--model-repository=/nowhere"], 1, "/nowhere"),
        (["--max-count=0"], 2, "max_count"),
        (["--max-pixels-in-flight=1"], 2, "max_pixels_in_flight"),
        (["--no-such-flag"], 2, "no-such-flag"),
    ],
)
def test_a_start_that_fails_tells_why(flags: list[str], exit_code: int, complaint: str) -> None:
    ended = subprocess.run([*SERVE, *flags], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert ended.returncode == exit_code
    assert complaint in ended.stderr
    assert "Traceback" not in ended.stderr


def test_flags_go_before_the_environment(tmp_path: Path) -> None:
    environment = os.environ | {"PHIZ_MODEL_REPOSITORY": "/from-environment"}
    command = [*SERVE, "--grpc-port=0", "--http-port=0"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert "/from-environment" in ended.stderr
    command.append(f"--model-repository={tmp_path}")
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert str(tmp_path) in ended.stderr
