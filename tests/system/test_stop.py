"""``phiz serve`` as a process of its own: how it starts, and how it stops with requests in flight."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from phiz.v1 import face_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from tests.system.counters import wait_until

SERVE = (sys.executable, "-m", "serving")
PATIENCE_SECONDS = 60


@dataclass
class Server:
    """A server process, clients of it, and where its metrics and probes are."""

    process: "subprocess.Popen[str]"
    target: str
    stub: PhizStub
    health: health_pb2_grpc.HealthStub
    http: str

    def wait_until_accepted(self, requests: int) -> None:
        """Waits until so many Mix calls have begun."""
        started = 'grpc_server_started_total{grpc_method="Mix",grpc_service="phiz.v1.Phiz",grpc_type="unary"}'
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            with urllib.request.urlopen(f"{self.http}/metrics") as response:
                lines = response.read().decode().splitlines()
            if f"{started} {requests:.1f}" in lines:
                return
        raise TimeoutError

    def probe(self, path: str) -> int:
        """The status of an HTTP probe."""
        try:
            with urllib.request.urlopen(f"{self.http}{path}") as response:
                status: int = response.status
        except urllib.error.HTTPError as error:
            return error.code
        return status


@contextmanager
def serve(*flags: str) -> Iterator[Server]:
    """A server process on free ports, once it says that it listens."""
    command = [*SERVE, "--grpc-port=0", "--http-port=0", "--log-level=warning", *flags]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            said = re.fullmatch(
                r"phiz: gRPC on (127\.0\.0\.1:\d+), HTTP on (127\.0\.0\.1:\d+)\n", process.stdout.readline()
            )
            assert said
            with grpc.insecure_channel(said[1]) as channel:
                stub, health = PhizStub(channel), health_pb2_grpc.HealthStub(channel)
                yield Server(process, said[1], stub, health, f"http://{said[2]}")
        finally:
            process.kill()


def mix(photo: bytes, preset: face_pb2.InversionPreset) -> phiz_pb2.MixRequest:
    faces = [face_pb2.FaceSource(image=photo), face_pb2.FaceSource(seed=1)]
    return phiz_pb2.MixRequest(faces=faces, preset=preset)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_loses_no_request_in_flight(number: signal.Signals, astronaut_jpeg: bytes) -> None:
    """Each request that was accepted is answered; one that comes too late is told to go elsewhere."""
    request = mix(astronaut_jpeg, face_pb2.INVERSION_PRESET_FAST)
    with serve() as server:
        accepted = [server.stub.Mix.future(request) for _ in range(12)]
        server.wait_until_accepted(12)
        server.process.send_signal(number)
        late = [server.stub.Mix.future(request) for _ in range(12)]
        assert [call.code() for call in accepted] == [grpc.StatusCode.OK] * 12
        assert {call.code() for call in late} <= {grpc.StatusCode.OK, grpc.StatusCode.UNAVAILABLE}
        assert server.process.wait(PATIENCE_SECONDS) == 0


def test_while_it_drains_it_lives_and_is_not_ready(astronaut_jpeg: bytes) -> None:
    """As HTTP and grpc.health.v1 tell. It waits no longer than there is somebody who waits for an answer."""
    with serve("--drain-seconds=600") as server:
        calls = [server.stub.Mix.future(mix(astronaut_jpeg, face_pb2.INVERSION_PRESET_BEST)) for _ in range(2)]
        server.wait_until_accepted(2)
        assert [server.probe(path) for path in ("/livez", "/readyz")] == [200, 200]
        server.process.send_signal(signal.SIGTERM)
        wait_until(lambda: server.probe("/readyz") == 503)
        assert server.probe("/livez") == 200
        health = server.health.Check(health_pb2.HealthCheckRequest(service="phiz.v1.Phiz"))
        assert health.status == health_pb2.HealthCheckResponse.NOT_SERVING
        for call in calls:
            call.cancel()  # type: ignore[no-untyped-call]
        assert server.process.wait(PATIENCE_SECONDS) == 0


def test_what_does_not_end_in_time_is_told_to_go_elsewhere(astronaut_jpeg: bytes) -> None:
    request = mix(astronaut_jpeg, face_pb2.INVERSION_PRESET_BEST)
    with serve("--drain-seconds=0") as server:
        calls = [server.stub.Mix.future(request) for _ in range(12)]
        server.wait_until_accepted(12)
        server.process.send_signal(signal.SIGTERM)
        assert {call.code() for call in calls} == {grpc.StatusCode.UNAVAILABLE}
        assert server.process.wait(PATIENCE_SECONDS) == 0


@pytest.mark.parametrize(
    ("flags", "exit_code", "complaint"),
    [
        (["--model-repository=/nowhere"], 1, "/nowhere"),
        (["--api-keys=/nowhere"], 1, "/nowhere"),
        (["--tls-cert=/nowhere", "--tls-key=/nowhere"], 1, "/nowhere"),
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


def test_what_is_set_can_be_shown_without_a_start() -> None:
    command = [*SERVE, "--show-config", "--drain-seconds=5", "--model-repository=/nowhere"]
    shown = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=True)
    assert ["drain_seconds", "5.0", "flag"] in [line.split() for line in shown.stdout.splitlines()]
    assert shown.stderr == ""
