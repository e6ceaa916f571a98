"""What is measured, each on one core: the floor, Phiz with the models in its own process, Phiz with a Triton server."""

import multiprocessing
import os
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.errors import MissingError
from benchmarks.serve import floor, k6
from benchmarks.serve.calls import Calls, Rpc

MAX_REQUESTS_IN_FLIGHT: Final = 16
"""Of Phiz. One caller alone may have three quarters of it, so that 12 requests wait or run under overload."""

_CALLERS: Final = 48
_TRITON: Final = k6.ROOT / ".venv" / "triton" / "bin" / "python"
_START_SECONDS: Final = 120.0


@dataclass(frozen=True)
class System:
    """One system that runs.

    Attributes:
        name: for the report.
        processes: of which it consists, with those that they have started.
        load: has it asked for so many requests a second, for so many seconds; the floor also takes infinity.
    """

    name: str
    processes: tuple[int, ...]
    load: Callable[[Rpc, float, float], Calls]


@contextmanager
def bare(repository: Path, core: int) -> Iterator[System]:
    """The floor."""
    here, there = multiprocessing.Pipe()
    process = multiprocessing.get_context("spawn").Process(target=floor.serve, args=(there, repository, core))
    process.start()
    there.close()

    def load(rpc: Rpc, requests_per_second: float, seconds: float) -> Calls:
        here.send((rpc, requests_per_second, seconds))
        calls: Calls = here.recv()
        return calls

    try:
        assert process.pid is not None
        yield System("floor", (process.pid,), load)
    finally:
        here.send(None)
        process.join()


@contextmanager
def embedded(repository: Path, core: int) -> Iterator[System]:
    """``phiz serve``."""
    with tempfile.TemporaryFile() as log, _gateway(repository, core, log.fileno()) as (process, target):
        yield System("Phiz, embedded", (process,), _caller(target))


@contextmanager
def with_triton(repository: Path, core: int) -> Iterator[System]:
    """``phiz serve --triton``, and Triton on the same core.

    Raises:
        MissingError: Triton is not installed.
    """
    if not _TRITON.exists():
        raise MissingError(f"no Triton at {_TRITON}: make .venv/triton/installed")
    port = _free_port()
    command = [str(_TRITON), str(k6.ROOT / "deploy" / "triton" / "serve.py"), f"--port={port}"]
    command.append(f"--model-repository={repository}")
    with (
        tempfile.TemporaryFile() as log,
        _process(command, core, log.fileno(), log.fileno()) as triton,
        _gateway(repository, core, log.fileno(), f"--triton=127.0.0.1:{port}") as (process, target),
    ):
        yield System("Phiz, Triton", (process, triton.pid), _caller(target))


def _caller(target: str) -> Callable[[Rpc, float, float], Calls]:
    def load(rpc: Rpc, requests_per_second: float, seconds: float) -> Calls:
        return k6.call(target, rpc, requests_per_second=requests_per_second, seconds=seconds, callers=_CALLERS)

    return load


@contextmanager
def _gateway(repository: Path, core: int, log: int, *flags: str) -> Iterator[tuple[int, str]]:
    """A gateway with its usual settings, once it is ready: its process, and "host:port"."""
    command = [sys.executable, "-m", "serving", "--grpc-port=0", "--http-port=0", *flags]
    command += [f"--model-repository={repository}", f"--max-requests-in-flight={MAX_REQUESTS_IN_FLIGHT}"]
    with _process(command, core, subprocess.PIPE, log) as process:
        assert process.stdout is not None
        said = re.search(r"gRPC on (\S+), HTTP on (\S+)", process.stdout.readline().decode())
        if said is None:
            raise MissingError("phiz serve did not start")
        _wait_until_ready(f"http://{said[2]}/readyz")
        yield process.pid, said[1]


@contextmanager
def _process(command: list[str], core: int, out: int, log: int) -> Iterator["subprocess.Popen[bytes]"]:
    process = subprocess.Popen(command, stdout=out, stderr=log, cwd=k6.ROOT)  # noqa: S603 - ours
    os.sched_setaffinity(process.pid, {core})  # before it has threads, which take after it
    try:
        yield process
    finally:
        process.terminate()
        process.wait()


def _wait_until_ready(url: str) -> None:
    give_up = time.monotonic() + _START_SECONDS
    while time.monotonic() < give_up:
        try:
            with urllib.request.urlopen(url):  # noqa: S310 - ours
                return
        except urllib.error.HTTPError:
            time.sleep(0.2)
    raise MissingError(f"{url} says that it is not ready after {_START_SECONDS:g} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
