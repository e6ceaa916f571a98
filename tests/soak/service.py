"""``phiz serve`` with two workers, TLS and API keys: what it shows of itself, and what it takes."""

import asyncio
import hashlib
import os
import re
import signal
import sys
import urllib.error
import urllib.request
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

import grpc

from benchmarks.serve.processes import tree
from phiz.credentials import tls
from tests.certificates import Certificate, authority
from tests.system.observed import Scrape

WORKERS: Final = 2
PATIENCE_SECONDS: Final = 180.0
ENVIRONMENT: Final = os.environ | {"MALLOC_ARENA_MAX": "2"}
"""As in the gateway's image."""

_LISTENS: Final = "0A"


class Service:
    """The running service, and the files of its credentials."""

    def __init__(self, folder: Path) -> None:
        self.target = self.http = ""
        self._folder = folder
        self._root = authority(folder / "tls")
        self._identity = Certificate(folder / "server.pem", folder / "server.key")
        self._process: Process | None = None
        self.renew_credentials()

    def renew_credentials(self) -> None:
        """Puts a new certificate, and a new key beside the one that all callers use, into the files that it reads."""
        self._identity.replace(self._root.issue("server"))
        lines = "".join(f"{name} {hashlib.sha256(key).hexdigest()}\n" for name, key in (("soak", b"soak"), _new_key()))
        unfinished = self._folder / "keys.new"
        unfinished.write_text(lines)
        unfinished.replace(self._folder / "keys")

    def connect(self) -> grpc.aio.Channel:
        """A connection of its own, which any worker may get."""
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.max_receive_message_length", -1))
        return grpc.aio.secure_channel(self.target, tls(self._root.certificate), options)

    @property
    def workers(self) -> list[int]:
        """The processes that serve."""
        assert self._process is not None
        return [process for process in tree(self._process.pid) if process != self._process.pid]

    async def scrape(self) -> Scrape:
        """What /metrics shows now."""
        return Scrape.read((await asyncio.to_thread(_get, f"{self.http}/metrics"))[1])

    async def is_ready(self) -> bool:
        """Whether /readyz says so."""
        return (await asyncio.to_thread(_get, f"{self.http}/readyz"))[0] == 200

    async def start(self, *flags: str) -> None:
        """Returns when all workers listen."""
        command = [sys.executable, "-m", "serving", f"--workers={WORKERS}", "--grpc-port=0", "--http-port=0", *flags]
        command += [f"--tls-cert={self._identity.certificate}", f"--tls-key={self._identity.key}"]
        command += [f"--api-keys={self._folder / 'keys'}", "--log-level=warning"]
        with (self._folder / "serve.log").open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(*command, stdout=PIPE, stderr=log, env=ENVIRONMENT)
        assert self._process.stdout is not None
        said = re.search(r"gRPC on \S+:(\d+), HTTP on (\S+)", (await self._process.stdout.readline()).decode())
        assert said, self.log
        self.target, self.http = f"localhost:{said[1]}", f"http://{said[2]}"

    async def replace_workers(self) -> None:
        """Ends each worker in turn, as a rolling update does, and waits until another one listens in its place."""
        for worker in self.workers:
            os.kill(worker, signal.SIGTERM)
            await until(lambda worker=worker: self._has_replaced(worker))  # type: ignore[misc]

    async def kill_worker(self) -> None:
        """Ends a worker as a kernel does that is out of memory, and waits until another one listens in its place."""
        worker = self.workers[0]
        os.kill(worker, signal.SIGKILL)
        await until(lambda: self._has_replaced(worker))

    async def _has_replaced(self, worker: int) -> bool:
        return worker not in self.workers and self._listeners() == WORKERS

    def _listeners(self) -> int:
        """Sockets that listen on the port."""
        port = f":{int(self.target.rpartition(':')[2]):04X}"
        tables = [Path("/proc/net", name).read_text().splitlines()[1:] for name in ("tcp", "tcp6")]
        sockets = [line.split() for table in tables for line in table]
        return sum(fields[1].endswith(port) and fields[3] == _LISTENS for fields in sockets)

    async def stop(self) -> int:
        """Ends it as an operator does. Returns its exit code."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.terminate()
        return await asyncio.wait_for(self._process.wait(), PATIENCE_SECONDS)

    @property
    def log(self) -> str:
        """All that it has logged."""
        return (self._folder / "serve.log").read_text()


@asynccontextmanager
async def serving(folder: Path, *flags: str) -> AsyncIterator[Service]:
    """A running service whose files lie in ``folder``."""
    service = Service(folder)
    await service.start(*flags)
    try:
        yield service
    finally:
        await service.stop()


async def until(reached: Callable[[], Awaitable[bool]]) -> None:
    """Returns as soon as ``reached`` says so; TimeoutError after some minutes."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not await reached():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.2)


def _new_key() -> tuple[str, bytes]:
    return "other", os.urandom(16)


def _get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, ""
