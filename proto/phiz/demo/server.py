"""A server in a process of its own, on a free loopback port."""

import contextlib
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import grpc

from phiz.errors import PhizError

_START_SECONDS = 120.0
_STOP_SECONDS = 30.0

_GUARDS = ("PHIZ_TLS_CERT", "PHIZ_TLS_KEY", "PHIZ_TLS_CLIENT_CA", "PHIZ_API_KEYS")
"""What in the environment is meant for a server that others may call."""


@contextlib.contextmanager
def running_server(log: Path) -> Iterator[str]:
    """Starts ``python -m serving``, yields the "host:port" of its gRPC, and stops it; its log goes to ``log``.

    It speaks plain text and asks for no API keys, whatever the environment says.

    Raises:
        PhizError: the server did not start; the message ends with the last line of the log.
    """
    command = [sys.executable, "-m", "serving", "--host", "127.0.0.1", "--grpc-port", "0", "--http-port", "0"]
    environment = {name: value for name, value in os.environ.items() if name not in _GUARDS}
    with log.open("wb") as log_stream:
        process = subprocess.Popen(  # noqa: S603 (ours)
            command, stdout=subprocess.PIPE, stderr=log_stream, text=True, env=environment
        )
    try:
        yield _wait_until_ready(process, log)
    finally:
        process.terminate()
        try:
            process.communicate(timeout=_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _wait_until_ready(process: "subprocess.Popen[str]", log: Path) -> str:
    assert process.stdout
    give_up = threading.Timer(_START_SECONDS, process.kill)
    give_up.start()
    line = process.stdout.readline()
    too_slow = give_up.finished.is_set()
    give_up.cancel()
    address = re.search(r"127\.0\.0\.1:\d+", line)
    if address is None:
        last = (log.read_text(errors="replace").strip().splitlines() or ["it said nothing"])[-1]
        how = f"was not ready within {_START_SECONDS:.0f} s" if too_slow else "did not start"
        message = f"the server {how}: {last.removeprefix('phiz serve: ')}"
        raise PhizError(grpc.StatusCode.UNAVAILABLE, "SERVER_NOT_STARTED", message)
    return address[0]
