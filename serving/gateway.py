"""The gateway as one object: models loaded, gRPC and HTTP listening, health, reflection, and a graceful stop."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from phiz.v1 import phiz_pb2_grpc
from serving.admission import Admission
from serving.callers import Callers
from serving.content_credentials import UNCREDENTIALED, Credentials
from serving.engine.base import Engine
from serving.engine.choice import open_engine
from serving.errors import AddressUnavailable, ContentCredentialsNotInstalled, TracingNotInstalled
from serving.idempotency import Answers
from serving.interceptors import CallsInFlight, RequestInterceptor
from serving.metrics import SERVICE, Metrics
from serving.pipeline import Pipeline
from serving.probes import ProbeServer
from serving.reloaded import Reloaded
from serving.servicer import PhizServicer
from serving.settings import Settings
from serving.tls import Identity, server_credentials, server_identity
from serving.tracing import UNTRACED, Tracer

_log = logging.getLogger(__name__)

_LAST_BYTES_SECONDS: Final = 1.0
"""Time for answers that are made and not yet sent, once no request runs any more."""

_CERTIFICATE_SECONDS: Final = 10.0
"""Time between two looks at the certificate's file, so that its end is told truly even if nobody connects."""


class Gateway:
    """One server. Start and stop it on one event loop."""

    def __init__(self, settings: Settings, tell_readiness: Callable[[str], None] = lambda _: None) -> None:
        """``tell_readiness`` is called with why it is not ready, "" if it is, whenever that has been found out."""
        self.metrics = Metrics()
        self.target = ""
        self._settings = settings
        self._tell_readiness = tell_readiness
        self._calls = CallsInFlight()
        self._health = health.aio.HealthServicer()  # type: ignore[attr-defined] # the stubs forget it
        self._workers = ThreadPoolExecutor(settings.worker_threads, thread_name_prefix="worker")
        self._probes: ProbeServer | None = None
        self._engine: Engine | None = None
        self._server: grpc.aio.Server | None = None
        self._tracer: Tracer = UNTRACED
        self._tasks: list[asyncio.Task[None]] = []
        self._why_not_ready = "the models are being loaded"

    @property
    def http_port(self) -> int:
        """Port of /metrics and the probes.

        Raises:
            AssertionError: it was started without HTTP.
        """
        assert self._probes is not None
        return self._probes.port

    async def start(self, address: str | None = None, *, share_port: bool = False) -> None:
        """Opens the HTTP port, loads and warms the models or looks for Triton, then answers.

        Args:
            address: where to answer gRPC alone, without HTTP, as for ``unix:``; None for the settings' host and ports.
            share_port: whether other processes may listen there, too; each connection then goes to one of them.

        Raises:
            StartupError: the repository, a model, a file of credentials or an address will not do.
        """
        settings = self._settings
        callers = Callers(settings.api_keys) if settings.api_keys is not None else None
        credentials = None
        if settings.tls_cert is not None and settings.tls_key is not None:
            identity = server_identity(settings.tls_cert, settings.tls_key, settings.tls_client_ca)
            credentials = server_credentials(identity, ask_callers=settings.tls_client_ca is not None)
            self._tasks.append(asyncio.create_task(self._tell_expiry(settings.tls_cert, identity)))
        elif callers is not None:
            _log.warning("there are API keys and no TLS: whoever sees the network can read them")
        if settings.traces is not None:
            self._tracer = _otlp_tracer(settings.traces)
        if address is None:
            self._probes = ProbeServer(
                settings.probes_host, settings.http_port, self.metrics.registry, lambda: self._why_not_ready
            )
        self._engine = await open_engine(settings, self.metrics)
        admission = Admission(
            settings.max_requests_in_flight, settings.max_pixels_in_flight, settings.max_faces_in_flight, self.metrics
        )
        answers = Answers(settings.idempotency_bytes, settings.idempotency_seconds, self.metrics)
        pipeline = Pipeline(settings, self._engine, admission, self.metrics, self._workers, _credentials(settings))
        interceptor = RequestInterceptor(
            self.metrics, admission, self._calls, answers, settings.max_request_seconds, callers, self._tracer
        )
        self._server = grpc.aio.server(
            interceptors=[interceptor],
            options=[*_channel_options(settings), ("grpc.so_reuseport", int(share_port))],
        )
        phiz_pb2_grpc.add_PhizServicer_to_server(PhizServicer(pipeline), self._server)
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        if settings.reflection:
            names = (SERVICE.full_name, health.SERVICE_NAME, reflection.SERVICE_NAME)
            reflection.enable_server_reflection(names, self._server)
        self.target = _bind(self._server, address or f"{settings.host}:{settings.grpc_port}", credentials)
        await self._server.start()
        readiness = self._engine.readiness()
        await self._set_readiness(await anext(readiness))
        self._tasks.append(asyncio.create_task(self._follow(readiness)))

    async def stop(self) -> None:
        """Counts as not ready, lets running requests end for up to ``drain_seconds``, and stops."""
        for task in self._tasks:
            task.cancel()
        if self._server is not None:
            await self._set_readiness("the server is about to stop", logging.INFO)
            await self._calls.drain(self._settings.drain_seconds)
            await self._server.stop(_LAST_BYTES_SECONDS)
        if self._engine is not None:
            await self._engine.close()
        self._workers.shutdown()
        await asyncio.to_thread(self._tracer.close)
        if self._probes is not None:
            self._probes.close()

    async def _set_readiness(self, why_not: str, level: int = logging.WARNING) -> None:
        """Tells everybody; ``level`` is how the log tells of it if it is not ready."""
        self._why_not_ready = why_not
        status = health_pb2.HealthCheckResponse.NOT_SERVING if why_not else health_pb2.HealthCheckResponse.SERVING
        for name in ("", SERVICE.full_name):
            await self._health.set(name, status)
        self._tell_readiness(why_not)
        if why_not:
            _log.log(level, "not ready: %s", why_not)
        else:
            _log.info("ready")

    async def _follow(self, readiness: AsyncIterator[str]) -> None:
        async for why_not in readiness:
            await self._set_readiness(why_not)

    async def _tell_expiry(self, file: Path, identity: Reloaded[Identity]) -> None:
        gauge = self.metrics.tls_certificate_expiry.labels(str(file))
        while True:
            gauge.set(identity.get().expiry_timestamp_seconds)
            await asyncio.sleep(_CERTIFICATE_SECONDS)


def _otlp_tracer(endpoint: str) -> Tracer:
    """Raises:
    TracingNotInstalled: OpenTelemetry is not installed.
    """
    try:
        from serving.otlp import OtlpTracer  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise TracingNotInstalled(f"{error}: install 'phiz[tracing]' to send traces.") from error
    return OtlpTracer(endpoint)


def _credentials(settings: Settings) -> Credentials:
    """Raises:
    ContentCredentialsNotInstalled: they are wanted, and their library is not installed.
    CredentialsInvalid: a file will not do.
    """
    if settings.c2pa_cert is None and settings.c2pa_trust is None:
        return UNCREDENTIALED
    try:
        from serving.c2pa_toolkit import C2paCredentials  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise ContentCredentialsNotInstalled(f"{error}: install 'phiz[c2pa]' for Content Credentials.") from error
    return C2paCredentials(settings.c2pa_cert, settings.c2pa_key, settings.c2pa_trust)


def _channel_options(settings: Settings) -> list[tuple[str, int]]:
    options = [
        ("grpc.max_receive_message_length", settings.max_message_bytes),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_connection_age_grace_ms", int(1000 * settings.connection_grace_seconds)),
    ]
    if settings.max_connection_age_seconds:
        options.append(("grpc.max_connection_age_ms", max(1, int(1000 * settings.max_connection_age_seconds))))
    return options


def _bind(server: grpc.aio.Server, address: str, credentials: grpc.ServerCredentials | None) -> str:
    """Binds the server, without TLS where there are no credentials. Returns the address with the port that it got.

    Raises:
        AddressUnavailable: the address is taken or not this machine's.
    """
    try:
        if credentials is None:
            port = server.add_insecure_port(address)
        else:
            port = server.add_secure_port(address, credentials)
    except RuntimeError as error:
        raise AddressUnavailable(f"Cannot listen on {address} for gRPC.") from error
    return address if address.startswith("unix:") else f"{address.rpartition(':')[0]}:{port}"
