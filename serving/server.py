"""``phiz serve``: starts the gateway, and stops it gracefully on SIGTERM or SIGINT."""

import asyncio
import signal
import sys
from collections.abc import Sequence

from serving.errors import StartupError
from serving.gateway import Gateway
from serving.logs import log_to_stderr
from serving.settings import Settings
from serving.show_config import show_config
from serving.supervisor import supervise


def main(argv: Sequence[str]) -> int:
    """Serves until it is told to stop. Returns the exit code: 1 if it cannot start, 2 if a setting is wrong."""
    exit_code = 2
    try:
        settings = Settings.read(argv)
        if settings.show_config:
            print(show_config(settings, argv))
            return 0
        exit_code = 1
        log_to_stderr(settings.log_level, settings.log_format)
        asyncio.run(_serve(settings))
    except StartupError as error:
        print(f"phiz serve: {error}", file=sys.stderr)
        return exit_code
    return 0


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    if settings.workers > 1:
        await supervise(settings, stop)
        return
    gateway = Gateway(settings)
    try:
        await gateway.start()
        print(f"phiz: gRPC on {gateway.target}, HTTP on {settings.probes_host}:{gateway.http_port}", flush=True)
        await stop.wait()
    finally:
        await gateway.stop()
