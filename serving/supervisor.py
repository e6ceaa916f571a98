"""Several gateways, each a process of its own, on one port, with one view of their metrics and one readiness."""

import asyncio
import logging
import os
import socket
import sys
import tempfile
from asyncio.subprocess import PIPE, Process
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from serving.errors import AddressUnavailable, StartupError
from serving.probes import ProbeServer
from serving.settings import Settings
from serving.shared_metrics import SharedMetrics

_log = logging.getLogger(__name__)

_RESTART_SECONDS: Final = 1.0
"""Time before a worker that has died is started again, so that one that cannot live does not take all the CPU."""

_STARTING: Final = "a worker starts"

_LAST_SECONDS: Final = 10.0
"""Time that a worker has to end, once its requests must have."""


async def supervise(settings: Settings, stop: asyncio.Event) -> None:
    """Runs ``settings.workers`` gateways until ``stop`` is set, and starts each one anew that dies.

    Prints where they listen, once all do.

    Raises:
        StartupError: an address will not do, or a worker could not start.
    """
    with _reserved_port(settings.host, settings.grpc_port) as port, tempfile.TemporaryDirectory() as folder:
        metrics = SharedMetrics(Path(folder))
        shared = settings.model_copy(update={"grpc_port": port})
        workers = [_Worker(shared, metrics) for _ in range(settings.workers)]
        # A process takes connections from when it listens: one that is ready, and says "", is enough.
        probes = ProbeServer(
            settings.probes_host,
            settings.http_port,
            metrics.registry,
            lambda: min(each.why_not_ready for each in workers),
        )
        try:
            for worker in workers:
                await worker.start()
            print(f"phiz: gRPC on {settings.host}:{port}, HTTP on {settings.probes_host}:{probes.port}", flush=True)
            async with asyncio.TaskGroup() as group:
                keepers = [group.create_task(worker.keep_alive()) for worker in workers]
                await stop.wait()
                for keeper in keepers:
                    keeper.cancel()
        finally:
            await asyncio.gather(*(worker.stop() for worker in workers))
            probes.close()


class _Worker:
    """One of the processes, or the next one in its place.

    Attributes:
        why_not_ready: what it says; "" if it is ready.
    """

    def __init__(self, settings: Settings, metrics: SharedMetrics) -> None:
        self.why_not_ready = _STARTING
        self._settings = settings
        self._metrics = metrics
        self._process: Process | None = None

    async def start(self) -> None:
        """Returns when it listens.

        Raises:
            StartupError: it ended before; it has said why.
        """
        environment = os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(self._metrics.folder)}
        command = (sys.executable, "-m", "serving.worker")
        self._process = await asyncio.create_subprocess_exec(*command, stdin=PIPE, stdout=PIPE, env=environment)
        assert self._process.stdin is not None
        with suppress(ConnectionError):  # it has ended already
            self._process.stdin.write(self._settings.model_dump_json().encode() + b"\n")
            await self._process.stdin.drain()
        if not await self._hear():
            await self._bury()
            raise StartupError("A worker could not start.")

    async def keep_alive(self) -> None:
        """Hears how it is, and starts it again whenever it has died; for ever."""
        while True:
            while await self._hear():
                pass
            code = await self._bury()
            _log.error("a worker ended with code %d; another one takes its place", code)
            await asyncio.sleep(_RESTART_SECONDS)
            with suppress(StartupError):
                await self.start()

    async def stop(self) -> None:
        """Has it end its requests and exit."""
        if self._process is None:
            return
        with suppress(ProcessLookupError):
            self._process.terminate()
        try:
            await asyncio.wait_for(self._process.wait(), self._settings.drain_seconds + _LAST_SECONDS)
        except TimeoutError:
            self._process.kill()
        await self._bury()

    async def _hear(self) -> bool:
        """Whether the process has said a word more about how it is."""
        assert self._process is not None
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        self.why_not_ready = line.decode().strip() if line else _STARTING
        return bool(line)

    async def _bury(self) -> int:
        assert self._process is not None
        code = await self._process.wait()
        self._metrics.bury(self._process.pid)
        return code


@contextmanager
def _reserved_port(host: str, port: int) -> Iterator[int]:
    """Keeps a port for the workers, who share it; 0 for a free one. Yields its number.

    Raises:
        AddressUnavailable: the address is taken or not this machine's.
    """
    family, kind, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    with socket.socket(family, kind) as alone, socket.socket(family, kind) as shared:
        try:
            # Among sharers any number can bind. So first it is made sure that nobody else has the port.
            alone.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            alone.bind(address)
            bound = alone.getsockname()
            alone.close()
            shared.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            shared.bind(bound)
        except OSError as error:
            raise AddressUnavailable(f"Cannot listen on {host}:{port} for gRPC: {error.strerror}.") from error
        yield int(bound[1])
