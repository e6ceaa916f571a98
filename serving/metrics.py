"""Every metric, label and bucket that the gateway shows at /metrics."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version as package_version
from typing import Literal

import grpc
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from phiz.v1 import phiz_pb2
from serving import errors
from serving.request_account import HANDLED, STARTED, RequestAccount

SERVICE = phiz_pb2.DESCRIPTOR.services_by_name["Phiz"]
STAGES = ("decode", "align", "queue", "infer", "compose", "encode")

REQUEST_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
STAGE_BUCKETS_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 30)
BATCH_BUCKETS = (1, 2, 4, 8, 16, 32, 64)
FACES_BUCKETS = (0, 1, 2, 4, 8, 16, 32, 64)
LOSS_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.2)
EVALUATIONS_BUCKETS = (0, 5, 10, 20, 40, 60, 100, 200, 300, 400)

GaugeMode = Literal["livesum", "livemin", "livemax"]

_RPC = ("grpc_type", "grpc_service", "grpc_method")


@dataclass(frozen=True)
class RpcMetrics:
    """What is counted of one method, found once: a look for labels costs as much as ten counts.

    Attributes:
        handled: by code.
        stage_seconds: by stage.
    """

    started: Counter
    handled: Mapping[grpc.StatusCode, Counter]
    messages_received: Counter
    messages_sent: Counter
    handling_seconds: Histogram
    stage_seconds: Mapping[str, Histogram]


class Metrics:
    """The metrics of one gateway, in a registry of their own, so that several gateways fit into one process.

    Where the gateway is one of several processes, prometheus_client adds up what they count; of gauges it takes what is
    said here.

    Attributes:
        rpcs: what is counted of each method.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(name, text, labels, registry=self.registry)

        def gauge(name: str, text: str, *labels: str, of_workers: GaugeMode = "livesum") -> Gauge:
            return Gauge(name, text, labels, registry=self.registry, multiprocess_mode=of_workers)

        def histogram(name: str, text: str, buckets: Iterable[float], *labels: str) -> Histogram:
            return Histogram(name, text, labels, registry=self.registry, buckets=tuple(buckets))

        self.started = Counter(STARTED, "Requests begun.", _RPC, registry=None)
        self.handled = Counter(HANDLED, "Requests ended, whatever the result.", (*_RPC, "grpc_code"), registry=None)
        self.registry.register(RequestAccount(self.handled.collect, self.started.collect))
        self.messages_received = counter("grpc_server_msg_received_total", "Messages received.", *_RPC)
        self.messages_sent = counter("grpc_server_msg_sent_total", "Messages sent.", *_RPC)
        self.handling_seconds = histogram(
            "grpc_server_handling_seconds", "Time from a request's start to its end.", REQUEST_BUCKETS_SECONDS, *_RPC
        )

        self.pixels_in_flight = gauge("phiz_pixels_in_flight", "Pixels of the photographs of requests in flight.")
        self.faces_in_flight = gauge("phiz_faces_in_flight", "Faces that requests in flight ask for.")
        self.max_requests_in_flight = gauge("phiz_max_requests_in_flight", "Requests that may be in flight.")
        self.max_pixels_in_flight = gauge("phiz_max_pixels_in_flight", "Pixels that may be in flight.")
        self.max_faces_in_flight = gauge("phiz_max_faces_in_flight", "Faces that may be in flight.")
        self.rejected = counter("phiz_rejected_total", "Requests refused for lack of room, by reason.", "reason")
        self.requests_repeated = counter(
            "phiz_requests_repeated_total", "Requests given an earlier one's answer, by how far that was.", "earlier"
        )
        self.answers_kept_bytes = gauge("phiz_answers_kept_bytes", "Size of the answers kept for repeated requests.")
        self.stage_seconds = histogram(
            "phiz_stage_seconds", "Wall-clock time of a request's stage.", STAGE_BUCKETS_SECONDS, "rpc", "stage"
        )

        self.model_ready = gauge(
            "phiz_model_ready", "Whether a model is loaded and warm.", "model", "version", of_workers="livemin"
        )
        self.triton_up = gauge(
            "phiz_triton_up", "Whether the Triton that runs the models answers.", "address", of_workers="livemin"
        )
        self.queue_depth = gauge("phiz_queue_depth", "Requests that wait for a model.", "model")
        self.queue_seconds = histogram(
            "phiz_queue_seconds", "Time that a request waits for a model.", STAGE_BUCKETS_SECONDS, "model"
        )
        self.batch_size = histogram("phiz_batch_size", "Rows of one inference.", BATCH_BUCKETS, "model")

        self.faces_per_image = histogram("phiz_faces_per_image", "Faces found in a photograph.", FACES_BUCKETS)
        self.inversion_loss = histogram("phiz_inversion_loss", "Mean squared error, pixels in 0..1.", LOSS_BUCKETS)
        self.inversion_evaluations = histogram(
            "phiz_inversion_evaluations", "Evaluations of the generator in one inversion.", EVALUATIONS_BUCKETS
        )
        self.tls_certificate_expiry = gauge(
            "phiz_tls_certificate_expiry_timestamp_seconds",
            "When the certificate in use, or one between it and the root, ceases to be valid.",
            "file",
            of_workers="livemin",
        )
        self.build_info = gauge(
            "phiz_build_info", "Always 1; the labels tell the build.", "version", of_workers="livemax"
        )
        ProcessCollector(registry=self.registry)  # not shown where the gateway is one of several processes
        self.rpcs = {method.name: self._rpc(method.name) for method in SERVICE.methods}
        self._initialise()

    def _rpc(self, method: str) -> RpcMetrics:
        kind = "server_stream" if SERVICE.methods_by_name[method].server_streaming else "unary"
        rpc = (kind, SERVICE.full_name, method)
        stages = STAGES if method != "ListModels" else ()
        return RpcMetrics(
            started=self.started.labels(*rpc),
            handled={code: self.handled.labels(*rpc, code.name) for code in grpc.StatusCode},
            messages_received=self.messages_received.labels(*rpc),
            messages_sent=self.messages_sent.labels(*rpc),
            handling_seconds=self.handling_seconds.labels(*rpc),
            stage_seconds={stage: self.stage_seconds.labels(method, stage) for stage in stages},
        )

    def _initialise(self) -> None:
        """Shows every label set from the start: a rate over a series that is not yet there misses its first event."""
        for error in errors.STATUS:
            if issubclass(error, errors.Overloaded | errors.Draining):
                self.rejected.labels(error.reason)
        for earlier in ("running", "answered"):
            self.requests_repeated.labels(earlier)
        self.build_info.labels(package_version("phiz")).set(1)

    def add_model(self, name: str, version: int) -> None:
        """Begins to show a model; it counts as not ready."""
        self.model_ready.labels(name, str(version)).set(0)
        self.queue_depth.labels(name)
        self.queue_seconds.labels(name)
        self.batch_size.labels(name)
