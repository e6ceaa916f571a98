"""The plain HTTP port: /metrics for Prometheus, /livez and /readyz for an orchestrator."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from serving.errors import AddressUnavailable


class ProbeServer:
    """Answers in threads of its own, so that a busy event loop cannot make the probes fail."""

    def __init__(self, host: str, port: int, registry: CollectorRegistry, why_not_ready: Callable[[], str]) -> None:
        """Starts to listen. ``why_not_ready`` says why it is not ready, "" if it is.

        Raises:
            AddressUnavailable: the address is taken or not this machine's.
        """
        handler = partial(_Handler, registry, why_not_ready)
        try:
            self._server = ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            raise AddressUnavailable(f"Cannot listen on {host}:{port} for HTTP: {error.strerror}.") from error
        self._server.daemon_threads = True
        self._thread = Thread(target=self._server.serve_forever, name="probes", daemon=True)
        self._thread.start()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._server.server_address[1])

    def close(self) -> None:
        """Stops."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    timeout = 10

    def __init__(self, registry: CollectorRegistry, why_not_ready: Callable[[], str], *connection: Any) -> None:
        self._registry = registry
        self._why_not_ready = why_not_ready
        super().__init__(*connection)

    def do_GET(self) -> None:
        """Answers one request."""
        match self.path.partition("?")[0]:
            case "/metrics":
                self._answer(HTTPStatus.OK, generate_latest(self._registry), CONTENT_TYPE_LATEST)
            case "/livez":
                self._answer(HTTPStatus.OK, b"ok\n")
            case "/readyz" if why_not := self._why_not_ready():
                self._answer(HTTPStatus.SERVICE_UNAVAILABLE, f"not ready: {why_not}\n".encode())
            case "/readyz":
                self._answer(HTTPStatus.OK, b"ok\n")
            case _:
                self._answer(HTTPStatus.NOT_FOUND, b"not found\n")

    def _answer(self, status: HTTPStatus, body: bytes, content_type: str = "text/plain; charset=utf-8") -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # who asked has gone: a scraper that could wait no longer, say
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class names it so
        """Keeps probes out of the log."""
