"""``python -m serving.worker``: one of the processes of ``phiz serve --workers N``, started by ``serving.supervisor``.

The first line of standard input is the settings, as JSON; its end says that the supervisor has gone, and to stop. Each
line of standard output says why the gateway is not ready, nothing if it is; the first one comes when it listens.
"""

import asyncio
import signal
import sys
from contextlib import suppress
from threading import Thread

from serving.errors import StartupError
from serving.gateway import Gateway
from serving.logs import log_to_stderr
from serving.settings import Settings


def main() -> int:
    """Serves until it is told to stop. Returns the exit code: 1 if it cannot start."""
    settings = Settings.model_validate_json(sys.stdin.readline())
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the supervisor says what is to be done
    log_to_stderr(settings.log_level, settings.log_format)
    try:
        asyncio.run(_serve(settings))
    except StartupError as error:
        print(f"phiz serve: {error}", file=sys.stderr)
        return 1
    return 0


async def _serve(settings: Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)

    def wait_for_the_end_of_input() -> None:
        sys.stdin.read()
        loop.call_soon_threadsafe(stop.set)

    def tell_readiness(why_not: str) -> None:
        with suppress(BrokenPipeError):  # the supervisor has gone; what runs is to end nevertheless
            print(" ".join(why_not.split()), flush=True)

    Thread(target=wait_for_the_end_of_input, daemon=True).start()
    gateway = Gateway(settings, tell_readiness)
    try:
        await gateway.start(f"{settings.host}:{settings.grpc_port}", share_port=True)
        await stop.wait()
    finally:
        await gateway.stop()


if __name__ == "__main__":
    sys.exit(main())
