"""A gateway that was given, as its Triton, something else: it lives, is not ready, says why, and says it once."""

import logging
import socketserver
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import grpc
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

from serving.local import gateway_thread
from serving.settings import Settings
from tests.system.counters import wait_until
from tests.system.test_stop import serve
from tests.system.tritonserver import free_port

LOOKS = 3


class OtherService(grpc.GenericRpcHandler):  # type: ignore[type-arg] # generic in the stubs only
    """gRPC without a method that Triton has."""

    asked = 0

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> None:
        """There is no such method."""
        self.asked += 1


class OtherModels(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc] # it has no stubs
    """KServe v2 as MLServer and others speak it, with other versions than the repository's."""

    def __init__(self, *versions: str) -> None:
        self.asked = 0
        self._versions = versions

    def RepositoryIndex(self, request: object, context: object) -> service_pb2.RepositoryIndexResponse:  # noqa: N802
        """What is there."""
        self.asked += 1
        model = service_pb2.RepositoryIndexResponse.ModelIndex
        index = [model(name="mapping", version=version, state="READY") for version in self._versions]
        return service_pb2.RepositoryIndexResponse(models=index)


@contextmanager
def grpc_server(add: Callable[[grpc.Server], None]) -> Iterator[str]:
    server = grpc.server(ThreadPoolExecutor(1))
    add(server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield f"127.0.0.1:{port}"
    finally:
        server.stop(None)


@contextmanager
def http_server(asked: list[bytes]) -> Iterator[str]:
    """HTTP/1, as on Triton's port 8000."""

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            asked.append(self.rfile.readline())
            self.wfile.write(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


def told(address: str, models: Path, caplog: pytest.LogCaptureFixture, asked: Callable[[], int]) -> str:
    """Why a gateway with this Triton is not ready, after some looks: the probe and one line of the log say the same."""
    settings = Settings(model_repository=models, grpc_port=0, http_port=0, triton=address)
    with gateway_thread(settings) as gateway:
        wait_until(lambda: asked() >= LOOKS)
        probes = f"http://127.0.0.1:{gateway.http_port}"
        with pytest.raises(urllib.error.HTTPError) as caught:
            urllib.request.urlopen(f"{probes}/readyz")
        body = caught.value.read().decode()
        with urllib.request.urlopen(f"{probes}/livez") as response:
            assert response.status == 200
        lines = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    assert caught.value.code == 503
    assert [f"{line}\n" for line in lines] == [body]
    assert address in body
    return body


def test_a_server_of_another_protocol(one_model: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = OtherService()
    with grpc_server(lambda server: server.add_generic_rpc_handlers((other,))) as address:
        assert "does not speak KServe v2" in told(address, one_model, caplog, lambda: other.asked)


@pytest.mark.parametrize("versions", [(), ("999",), ("",)])
def test_a_server_of_other_models(versions: tuple[str, ...], one_model: Path, caplog: pytest.LogCaptureFixture) -> None:
    other = OtherModels(*versions)
    with grpc_server(lambda server: service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(other, server)) as at:
        assert "has not ready mapping version" in told(at, one_model, caplog, lambda: other.asked)


def test_tritons_http_port(one_model: Path, caplog: pytest.LogCaptureFixture) -> None:
    asked: list[bytes] = []
    with http_server(asked) as address:
        assert "does not answer" in told(address, one_model, caplog, lambda: len(asked))
    assert asked[0].startswith(b"PRI * HTTP/2")


def test_several_workers_say_why_with_one_voice(one_model: Path) -> None:
    address = f"127.0.0.1:{free_port()}"
    with (
        serve("--workers=2", f"--model-repository={one_model}", f"--triton={address}") as server,
        pytest.raises(urllib.error.HTTPError) as caught,
    ):
        urllib.request.urlopen(f"{server.http}/readyz")
    assert caught.value.code == 503
    assert f"not ready: Triton at {address} does not answer" in caught.value.read().decode()
