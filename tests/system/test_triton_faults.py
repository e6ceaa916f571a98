"""What becomes of requests when Triton dies, hangs, restarts or is hard to reach: each ends in a result or in a status
that may be retried, and afterwards all is as before."""

import os
import shutil
import signal
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from serving.local import gateway_thread
from serving.settings import Settings
from tests.system.counters import wait_until
from tests.system.proxy import Proxy, proxy_to
from tests.system.tritonserver import Triton, triton_server

OK = grpc.StatusCode.OK
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE
SILENCE_SECONDS = 1.0
CALLERS = 8
HANGS_SECONDS = 60
"""No call takes so long; one that does hangs, and DEADLINE_EXCEEDED fails the test."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Generator and mapping."""
    folder = tmp_path_factory.mktemp("triton") / "models"
    for name in ("mapping", "generator"):
        shutil.copytree(Settings().model_repository / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def server(models: Path) -> Iterator[Triton]:
    with triton_server(models, models.parent) as running:
        yield running


@pytest.fixture
def triton(server: Triton) -> Triton:
    """A Triton that is well, whatever the test before has done to it."""
    if not server.is_running:
        server.start()
    return server


class Through:
    """A gateway to Triton, and a client of it."""

    def __init__(self, gateway: Gateway, channel: grpc.Channel) -> None:
        self._metrics = gateway.metrics.registry
        self._readyz = f"http://127.0.0.1:{gateway.http_port}/readyz"
        self._stub = PhizStub(channel)

    def is_ready(self) -> bool:
        try:
            return bool(urllib.request.urlopen(self._readyz).status == 200)
        except urllib.error.HTTPError:
            return False

    def triton_is_up(self, address: str) -> bool:
        """What the metrics tell."""
        return self._metrics.get_sample_value("phiz_triton_up", {"address": address}) == 1

    def call(self, timeout_seconds: float = HANGS_SECONDS) -> grpc.StatusCode:
        """Asks for four faces; a refusal must say when to try again."""
        request = phiz_pb2.GenerateRequest(count=4, seed=1)
        try:
            self._stub.Generate(request, timeout=timeout_seconds)
        except grpc.RpcError as error:
            call: grpc.Call = error  # type: ignore[assignment] # an RpcError of a call is the call
            if call.code() is UNAVAILABLE:
                status = rpc_status.from_call(call)
                assert status is not None
                assert any(detail.Is(error_details_pb2.RetryInfo.DESCRIPTOR) for detail in status.details)
            return call.code()
        return OK


@contextmanager
def through(address: str, models: Path) -> Iterator[Through]:
    settings = Settings(
        grpc_port=0, http_port=0, model_repository=models, triton=address, triton_silence_seconds=SILENCE_SECONDS
    )
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        yield Through(gateway, channel)


@contextmanager
def load(server: Through) -> Iterator[list[grpc.StatusCode]]:
    """Callers that ask again and again while the context is open; yields the codes that they get."""
    codes: list[grpc.StatusCode] = []
    stop = threading.Event()

    def keep_asking() -> None:
        while not stop.is_set():
            codes.append(server.call())

    callers = [threading.Thread(target=keep_asking) for _ in range(CALLERS)]
    for caller in callers:
        caller.start()
    try:
        wait_until(lambda: len(codes) >= CALLERS)
        yield codes
    finally:
        stop.set()
        for caller in callers:
            caller.join()


def survives(server: Through, fault: Callable[[], None], healing: Callable[[], None]) -> None:
    """Under load the fault is felt, no call ends in any other way than it may, and after the healing calls succeed."""
    with load(server) as codes:
        assert set(codes) == {OK}
        fault()
        wait_until(lambda: UNAVAILABLE in codes)
        wait_until(lambda: not server.is_ready())
        healing()
        wait_until(server.is_ready)
        healed = len(codes)
        wait_until(lambda: len(codes) >= healed + 2 * CALLERS)
    assert set(codes) == {OK, UNAVAILABLE}
    assert server.call() is OK


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_triton_ends_under_load_and_comes_back(triton: Triton, models: Path, number: signal.Signals) -> None:
    with through(triton.address, models) as server:

        def restart() -> None:
            assert not server.triton_is_up(triton.address)
            triton.start()

        assert server.triton_is_up(triton.address)
        survives(server, lambda: triton.stop(number), restart)
        assert server.triton_is_up(triton.address)


def test_triton_hangs(triton: Triton, models: Path) -> None:
    """It takes bytes and answers nothing, as a stopped process does."""
    with through(triton.address, models) as server:
        survives(server, lambda: triton.send(signal.SIGSTOP), lambda: triton.send(signal.SIGCONT))


def test_the_network_falls_silent(triton: Triton, models: Path) -> None:
    with proxy_to(triton.port) as proxy, through(proxy.address, models) as server:
        survives(server, proxy.fall_silent, proxy.go_on)


def test_the_process_of_a_model_dies(triton: Triton, models: Path) -> None:
    """Triton goes on to call the model ready; the gateway does not."""

    def kill_models() -> None:
        for process in triton.model_processes():
            os.kill(process, signal.SIGKILL)

    def restart() -> None:
        triton.stop(signal.SIGKILL)  # asked to end, it would wait long for those processes
        triton.start()

    with through(triton.address, models) as server:
        survives(server, kill_models, restart)


def test_connections_are_reset(triton: Triton, models: Path) -> None:
    with proxy_to(triton.port) as proxy, through(proxy.address, models) as server, load(server) as codes:
        for _ in range(3):
            asked = len(codes)
            proxy.reset_connections()
            wait_until(lambda asked=asked: len(codes) >= asked + CALLERS)  # type: ignore[misc]
        wait_until(server.is_ready)
        assert set(codes) <= {OK, UNAVAILABLE}
        assert server.call() is OK


class TestSlow:
    @pytest.fixture
    def slow(self, triton: Triton) -> Iterator[Proxy]:
        with proxy_to(triton.port) as proxy:
            proxy.delay_seconds = 0.2
            yield proxy

    def test_a_slow_triton_is_waited_for(self, slow: Proxy, models: Path) -> None:
        with through(slow.address, models) as server:
            wait_until(server.is_ready)
            assert server.call() is OK

    def test_the_callers_deadline_holds(self, slow: Proxy, models: Path) -> None:
        with through(slow.address, models) as server:
            wait_until(server.is_ready)
            assert server.call(timeout_seconds=0.3) is grpc.StatusCode.DEADLINE_EXCEEDED
            assert server.call() is OK


def test_a_gateway_that_comes_before_triton_is_ready_once_triton_is(triton: Triton, models: Path) -> None:
    triton.stop()
    with through(triton.address, models) as server:
        assert not server.is_ready()
        assert server.call() is UNAVAILABLE
        triton.start()
        wait_until(server.is_ready)
        assert server.call() is OK
