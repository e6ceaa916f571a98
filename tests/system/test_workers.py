"""``phiz serve --workers 2``: processes that share a port and are one service to its callers and its operator."""

import os
import re
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import grpc
import pytest

from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from tests.system.counters import wait_until

SERVE = (sys.executable, "-m", "serving")
PATIENCE_SECONDS = 60
LISTENING = "0A"
OK = grpc.StatusCode.OK


def children(process: int) -> list[int]:
    """The processes that one has begun."""
    files = Path(f"/proc/{process}").glob("task/*/children")
    return [int(child) for file in files for child in file.read_text().split()]


@dataclass
class Service:
    """The supervisor's process, and where its service answers."""

    process: "subprocess.Popen[str]"
    target: str
    http: str

    def workers(self) -> list[int]:
        """The processes that serve."""
        return children(self.process.pid)

    def read(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://{self.http}{path}") as response:
                return response.status, response.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, ""

    def sample(self, name: str) -> float:
        """One sample of /metrics; 0 where it is not shown."""
        found = re.search(rf"^{re.escape(name)} (\S+)$", self.read("/metrics")[1], re.MULTILINE)
        return float(found[1]) if found else 0.0

    def handled(self) -> float:
        """Generate calls that all workers together have answered."""
        labels = 'grpc_code="OK",grpc_method="Generate",grpc_service="phiz.v1.Phiz",grpc_type="unary"'
        return self.sample(f"grpc_server_handled_total{{{labels}}}")

    def listeners(self) -> int:
        """Sockets that listen on the port."""
        port = int(self.target.rpartition(":")[2])
        tables = [Path("/proc/net", name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
        sockets = [line.split() for table in tables for line in table]
        return sum(int(each[1].partition(":")[2], 16) == port and each[3] == LISTENING for each in sockets)

    @contextmanager
    def caller(self) -> Iterator[PhizStub]:
        """A client with a connection of its own, so that any worker may get it."""
        with grpc.insecure_channel(self.target, options=[("grpc.use_local_subchannel_pool", 1)]) as channel:
            yield PhizStub(channel)

    def call(self, count: int = 1) -> grpc.StatusCode:
        """Asks for faces."""
        with self.caller() as stub:
            try:
                stub.Generate(phiz_pb2.GenerateRequest(count=count, seed=1), timeout=PATIENCE_SECONDS)
            except grpc.RpcError as error:
                call: grpc.Call = error  # type: ignore[assignment] # an RpcError of a call is the call
                return call.code()
        return OK


@contextmanager
def serving(models: Path) -> Iterator[Service]:
    """Two workers on free ports, once both listen."""
    flags = ["--workers=2", "--grpc-port=0", "--http-port=0", "--log-level=warning", f"--model-repository={models}"]
    with subprocess.Popen([*SERVE, *flags], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = re.fullmatch(
            r"phiz: gRPC on (127\.0\.0\.1:\d+), HTTP on (127\.0\.0\.1:\d+)\n", process.stdout.readline()
        )
        assert said
        try:
            yield Service(process, said[1], said[2])
        finally:
            process.terminate()
            process.wait(PATIENCE_SECONDS)


@pytest.fixture(scope="module")
def service(generating_models: Path) -> Iterator[Service]:
    with serving(generating_models) as running:
        yield running


def test_both_listen_and_all_calls_are_counted_together(service: Service) -> None:
    before = service.handled()
    assert {service.call() for _ in range(20)} == {OK}
    assert service.handled() == before + 20
    assert service.listeners() == len(service.workers()) == 2


def test_they_are_one_service_to_its_operator(service: Service, generating_models: Path) -> None:
    assert [service.read(path)[0] for path in ("/livez", "/readyz", "/")] == [200, 200, 404]
    newest = max(int(folder.name) for folder in (generating_models / "generator").iterdir() if folder.is_dir())
    assert service.sample(f'phiz_model_ready{{model="generator",version="{newest}"}}') == 1
    assert service.sample(f'phiz_build_info{{version="{version("phiz")}"}}') == 1
    assert service.sample("phiz_requests_in_flight") == 0


def test_a_dead_worker_is_replaced_and_what_it_counted_stays(service: Service) -> None:
    assert {service.call() for _ in range(4)} == {OK}
    before = service.handled()
    killed, other = service.workers()
    os.kill(killed, signal.SIGKILL)
    wait_until(lambda: service.listeners() == 1)
    assert service.call() is OK
    assert service.read("/readyz")[0] == 200
    wait_until(lambda: service.listeners() == 2)
    assert len({*service.workers(), killed, other}) == 3
    assert {service.call() for _ in range(4)} == {OK}
    assert service.handled() == before + 5


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_stop_drains_all_workers(generating_models: Path, number: signal.Signals) -> None:
    with serving(generating_models) as service, ExitStack() as callers:
        request = phiz_pb2.GenerateRequest(count=24, seed=1)
        stubs = [callers.enter_context(service.caller()) for _ in range(4)]
        calls = [stub.Generate.future(request, timeout=PATIENCE_SECONDS) for stub in stubs]
        wait_until(lambda: service.sample("phiz_requests_in_flight") + service.handled() == len(calls))
        workers = service.workers()
        service.process.send_signal(number)
        assert [call.code() for call in calls] == [OK] * len(calls)
        assert service.process.wait(PATIENCE_SECONDS) == 0
        assert not any(Path(f"/proc/{worker}").exists() for worker in workers)


def test_no_worker_outlives_its_supervisor_but_to_end_what_it_has_begun(generating_models: Path) -> None:
    with serving(generating_models) as service, service.caller() as stub:
        workers = service.workers()
        call = stub.Generate.future(phiz_pb2.GenerateRequest(count=24, seed=1), timeout=PATIENCE_SECONDS)
        wait_until(lambda: service.sample("phiz_requests_in_flight") == 1)
        service.process.kill()
        assert call.code() is OK
        wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_a_port_that_another_service_has_is_not_shared_with_it(service: Service) -> None:
    port = service.target.rpartition(":")[2]
    command = [*SERVE, "--workers=2", f"--grpc-port={port}", "--http-port=0"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert ended.returncode == 1
    assert service.target in ended.stderr


def test_a_start_that_fails_tells_why_once() -> None:
    command = [*SERVE, "--workers=2", "--grpc-port=0", "--http-port=0", "--model-repository=/nowhere"]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert ended.returncode == 1
    assert ended.stderr.count("/nowhere") == 1
    assert "Traceback" not in ended.stderr
