"""A real Triton server as a process of its own, as ``deploy/triton/serve.py`` starts it."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import grpc
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc

ROOT: Final = Path(__file__).parents[2]
PYTHON: Final = Path(os.environ.get("TRITON_PYTHON", ROOT / ".venv" / "triton" / "bin" / "python"))
PATIENCE_SECONDS: Final = 120
SHARED_MEMORY: Final = Path("/dev/shm")


class Triton:
    """Serves a folder of models on a port that stays its own, and can be killed and started again."""

    def __init__(
        self, models: Path, folder: Path, options: Sequence[str], credentials: grpc.ChannelCredentials | None
    ) -> None:
        self.port = free_port()
        self._credentials = credentials
        self._options = options
        self._models = models
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def address(self) -> str:
        """Where it answers gRPC, host:port."""
        return f"127.0.0.1:{self.port}"

    @property
    def is_running(self) -> bool:
        """Whether it was started and not stopped."""
        return self._process is not None

    def start(self) -> None:
        """Returns when all models are ready. New versions are looked for each second."""
        command = [str(PYTHON), str(ROOT / "deploy" / "triton" / "serve.py"), f"--port={self.port}"]
        command += [f"--model-repository={self._models}", f"--backends={self._folder / 'backends'}"]
        command += ["--model-control-mode=poll", "--repository-poll-secs=1", *self._options]
        log_file = self._folder / "triton.log"
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        give_up = time.monotonic() + PATIENCE_SECONDS
        with self._channel() as channel:
            triton = service_pb2_grpc.GRPCInferenceServiceStub(channel)
            while not _is_ready(triton):
                assert self._process.poll() is None, log_file.read_text("utf-8")
                assert time.monotonic() < give_up, log_file.read_text("utf-8")
                time.sleep(0.1)

    def _channel(self) -> grpc.Channel:
        if self._credentials is None:
            return grpc.insecure_channel(self.address)
        return grpc.secure_channel(self.address, self._credentials)

    def send(self, number: signal.Signals) -> None:
        """Sends a signal to the server, not to the processes of its models."""
        assert self._process is not None
        self._process.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Sends a signal and waits until the server has ended; the processes of its models end, too."""
        if self._process is None:
            return
        self.send(number)
        self._process.wait(PATIENCE_SECONDS)
        with suppress(ProcessLookupError):  # those of a killed one stay now and then, and heed nothing else
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process = None

    def model_processes(self) -> list[int]:
        """The processes that run the models."""
        assert self._process is not None
        children = Path(f"/proc/{self._process.pid}").glob("task/*/children")
        return [int(process) for file in children for process in file.read_text().split()]


@contextmanager
def triton_server(
    models: Path, folder: Path, *options: str, credentials: grpc.ChannelCredentials | None = None
) -> Iterator[Triton]:
    """A running Triton; its log and backends lie in ``folder``. Skips the test where none can be installed.

    Args:
        models: the model repository that it serves.
        folder: where its files are put.
        options: of tritonserver.
        credentials: how to find out whether it is ready, if the options have it speak TLS.
    """
    if not any(PYTHON.parents[1].glob("lib/*/site-packages/pytriton")):
        reason = f"there is no Triton in {PYTHON.parents[1]}: make .venv/triton/installed"
        pytest.fail(reason) if os.environ.get("CI") else pytest.skip(reason)
    before = set(SHARED_MEMORY.iterdir())
    triton = Triton(models, folder, options, credentials)
    try:
        triton.start()
        yield triton
    finally:
        triton.stop(signal.SIGKILL)
        for region in set(SHARED_MEMORY.glob("triton_*")) - before:  # what a killed Triton leaves behind
            region.unlink(missing_ok=True)


def free_port() -> int:
    """A port that nobody listens on now: Triton takes no 0."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _is_ready(triton: service_pb2_grpc.GRPCInferenceServiceStub) -> bool:
    try:
        return bool(triton.ServerReady(service_pb2.ServerReadyRequest()).ready)
    except grpc.RpcError:
        return False
