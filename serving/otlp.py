"""Traces for OpenTelemetry, sent by OTLP over gRPC. Needs what ``pip install 'phiz[tracing]'`` installs.

What else OpenTelemetry lets one set, it reads from the environment by itself, for example OTEL_TRACES_SAMPLER.
"""

import time
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any, Final

import grpc
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import Span, SpanKind, StatusCode, Tracer, set_span_in_context
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from serving.metrics import SERVICE
from serving.tracing import Trace

_EXPORT_SECONDS: Final = 5
"""Time that the collector has to take a batch of spans."""

_FAULTS: Final = frozenset(
    (
        grpc.StatusCode.UNKNOWN,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.UNIMPLEMENTED,
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.UNAVAILABLE,
        grpc.StatusCode.DATA_LOSS,
    )
)
"""What counts as an error of the server, by OpenTelemetry's semantic conventions for gRPC."""

_W3C: Final = TraceContextTextMapPropagator()


class OtlpTracer:
    """Sends spans to a collector, from a thread of its own; those that it cannot send are lost. See Tracer."""

    def __init__(self, endpoint: str) -> None:
        """``endpoint`` is ``http://host:port``, or ``https://`` for TLS."""
        resource = Resource.create({"service.name": "phiz", "service.version": version("phiz")})
        self._provider = TracerProvider(resource=resource)
        self._provider.add_span_processor(
            BatchSpanProcessor(OTLPSpanExporter(endpoint=endpoint, timeout=_EXPORT_SECONDS))
        )
        self._tracer = self._provider.get_tracer("phiz")

    def begin(self, rpc: str, metadata: Mapping[str, Any]) -> Trace:
        """See Tracer; the metadata's ``traceparent`` is that of the W3C."""
        attributes = {"rpc.system": "grpc", "rpc.service": SERVICE.full_name, "rpc.method": rpc}
        span = self._tracer.start_span(
            f"{SERVICE.full_name}/{rpc}", _W3C.extract(metadata), SpanKind.SERVER, attributes=attributes
        )
        return _OtlpTrace(self._tracer, span)

    def close(self) -> None:
        """See Tracer."""
        self._provider.shutdown()


class _OtlpTrace:
    def __init__(self, tracer: Tracer, span: Span) -> None:
        self._tracer = tracer
        self._span = span
        self._context = set_span_in_context(span)
        self._epoch_ns = time.time_ns() - time.perf_counter_ns()

    def stage(self, name: str, began: float, ended: float) -> None:
        span = self._tracer.start_span(name, self._context, start_time=self._ns(began))
        span.end(self._ns(ended))

    def headers(self) -> dict[str, str]:
        headers: dict[str, str] = {}
        _W3C.inject(headers, self._context)
        return headers

    def end(self, code: grpc.StatusCode, request_id: str, caller: str) -> None:
        self._span.set_attributes(
            {"rpc.grpc.status_code": code.value[0], "phiz.request_id": request_id, "phiz.caller": caller}
        )
        if code in _FAULTS:
            self._span.set_status(StatusCode.ERROR)
        self._span.end()

    def _ns(self, perf_counter: float) -> int:
        return self._epoch_ns + int(perf_counter * 1e9)
