"""The gateway in a thread of the caller's own process."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from serving.gateway import Gateway
from serving.settings import Settings


@contextmanager
def local_server(settings: Settings | None = None) -> Iterator[str]:
    """Runs a gateway behind a private unix socket and yields its gRPC target; stops it at the end.

    Raises:
        StartupError: it does not start.
    """
    with tempfile.TemporaryDirectory(prefix="phiz-") as folder:
        address = f"unix:{Path(folder) / 'phiz.sock'}"
        with gateway_thread((settings or Settings.read()).unguarded(), address) as gateway:
            yield gateway.target


@contextmanager
def gateway_thread(settings: Settings, address: str | None = None) -> Iterator[Gateway]:
    """Runs a gateway on an event loop in a daemon thread and yields it; stops it at the end.

    Args:
        settings: its settings.
        address: as for ``Gateway.start``.

    Raises:
        StartupError: it does not start.
    """
    loop = asyncio.new_event_loop()
    thread = Thread(target=loop.run_forever, name="phiz-gateway", daemon=True)
    thread.start()
    gateway = Gateway(settings)
    try:
        asyncio.run_coroutine_threadsafe(gateway.start(address), loop).result()
        yield gateway
    finally:
        asyncio.run_coroutine_threadsafe(gateway.stop(), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
