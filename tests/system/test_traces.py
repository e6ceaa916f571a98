"""Traces, as a collector on a real port receives them."""

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2_grpc import (
    TraceServiceServicer,
    add_TraceServiceServicer_to_server,
)
from opentelemetry.proto.trace.v1.trace_pb2 import Span, Status
from tritonclient.grpc import service_pb2, service_pb2_grpc

from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.engine.base import ModelVersion
from serving.engine.repository import read_repository
from serving.engine.triton import TritonEngine
from serving.errors import ModelUnavailable
from serving.local import gateway_thread
from serving.metrics import Metrics
from serving.otlp import OtlpTracer
from serving.settings import Settings
from serving.tracing import current_trace
from tests.serving.adders import publish_adder, rows

TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"


@dataclass
class Collector(TraceServiceServicer):
    """Keeps all spans that it is sent."""

    endpoint: str = ""
    spans: list[Span] = field(default_factory=list)

    def Export(self, request: Any, context: Any) -> ExportTraceServiceResponse:  # noqa: N802 - gRPC's name
        for resource in request.resource_spans:
            for scope in resource.scope_spans:
                self.spans.extend(scope.spans)
        return ExportTraceServiceResponse()


@pytest.fixture
def collector() -> Iterator[Collector]:
    collector = Collector()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    add_TraceServiceServicer_to_server(collector, server)  # type: ignore[no-untyped-call]
    collector.endpoint = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield collector
    server.stop(None).wait()


def attributes(span: Span) -> dict[str, str | int]:
    return {each.key: each.value.string_value or each.value.int_value for each in span.attributes}


def test_a_request_is_a_span_of_the_callers_trace_and_its_stages_are_spans_in_it(
    collector: Collector, tmp_path: Path
) -> None:
    for model in ("mapping", "generator"):
        shutil.copytree(Settings().model_repository / model, tmp_path / model)
    metadata = (("traceparent", f"00-{TRACE_ID}-{PARENT_ID}-01"), ("x-request-id", "order-66"))
    settings = Settings(model_repository=tmp_path, grpc_port=0, http_port=0, traces=collector.endpoint)
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        PhizStub(channel).Generate(phiz_pb2.GenerateRequest(count=1, seed=1), metadata=metadata)
    requests = [span for span in collector.spans if span.kind == Span.SPAN_KIND_SERVER]
    stages = [span for span in collector.spans if span.kind == Span.SPAN_KIND_INTERNAL]
    assert [(span.name, span.parent_span_id.hex()) for span in requests] == [("phiz.v1.Phiz/Generate", PARENT_ID)]
    (request,) = requests
    assert attributes(request).items() >= {"phiz.request_id": "order-66", "rpc.method": "Generate"}.items()
    assert {span.trace_id.hex() for span in collector.spans} == {TRACE_ID}
    assert {span.parent_span_id for span in stages} == {request.span_id}
    assert {"queue", "infer", "encode"} <= {span.name for span in stages}
    for span in stages:
        assert span.start_time_unix_nano <= span.end_time_unix_nano <= request.end_time_unix_nano


class TellTale(service_pb2_grpc.GRPCInferenceServiceServicer):  # type: ignore[misc] # has no types
    """A Triton that has one model ready, and keeps what else than tensors it is sent."""

    def __init__(self) -> None:
        self.metadata: dict[str, str] = {}

    def RepositoryIndex(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        model = service_pb2.RepositoryIndexResponse.ModelIndex(name="adder", version="1", state="READY")
        return service_pb2.RepositoryIndexResponse(models=[model])

    def ModelInfer(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        self.metadata = dict(context.invocation_metadata())
        context.abort(grpc.StatusCode.UNAVAILABLE, "That is all.")


async def test_triton_is_told_of_the_trace(collector: Collector, tmp_path: Path) -> None:
    publish_adder(tmp_path, 1)
    tell_tale = TellTale()
    server = grpc.server(futures.ThreadPoolExecutor(1))
    service_pb2_grpc.add_GRPCInferenceServiceServicer_to_server(tell_tale, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    tracer = OtlpTracer(collector.endpoint)
    trace = tracer.begin("Generate", {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-01"})
    current_trace.set(trace)
    engine = await TritonEngine.open(address, read_repository(tmp_path), Metrics(), silence_seconds=60)
    with pytest.raises(ModelUnavailable):
        await engine.infer(ModelVersion("adder", 1), rows(1))
    trace.end(grpc.StatusCode.UNAVAILABLE, "-", "-")
    tracer.close()
    await engine.close()
    server.stop(None).wait()
    (span,) = collector.spans
    assert tell_tale.metadata["traceparent"] == f"00-{TRACE_ID}-{span.span_id.hex()}-01"
    assert span.status.code == Status.STATUS_CODE_ERROR


@pytest.mark.parametrize("api_key", ["ours", "another"])
def test_who_is_refused_is_traced_too_and_is_no_error_of_the_server(
    collector: Collector, one_model: Path, tmp_path: Path, api_key: str
) -> None:
    keys = tmp_path / "keys"
    keys.write_text(f"ann {hashlib.sha256(b'ours').hexdigest()}\n")
    settings = Settings(model_repository=one_model, grpc_port=0, http_port=0, api_keys=keys, traces=collector.endpoint)
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        metadata = (("authorization", f"Bearer {api_key}"),)
        with pytest.raises(grpc.RpcError) as caught:
            PhizStub(channel).Generate(phiz_pb2.GenerateRequest(count=1), metadata=metadata)
    (span,) = collector.spans
    assert attributes(span)["rpc.grpc.status_code"] == caught.value.code().value[0]
    assert attributes(span)["phiz.caller"] == {"ours": "ann", "another": "-"}[api_key]
    assert span.status.code == Status.STATUS_CODE_UNSET
    assert api_key not in str(span)


def test_a_collector_that_is_away_costs_no_request(one_model: Path) -> None:
    settings = Settings(model_repository=one_model, grpc_port=0, http_port=0, traces="http://127.0.0.1:1")
    with gateway_thread(settings) as gateway, grpc.insecure_channel(gateway.target) as channel:
        assert PhizStub(channel).ListModels(phiz_pb2.ListModelsRequest()).models


def test_without_the_extra_it_says_what_to_install() -> None:
    program = "import sys; sys.modules['opentelemetry'] = None; from serving.server import main; sys.exit(main({}))"
    command = [sys.executable, "-c", program.format(["--traces=http://127.0.0.1:1", "--grpc-port=0", "--http-port=0"])]
    failed = subprocess.run(command, capture_output=True, text=True, env=os.environ, check=False)
    assert failed.returncode == 1
    assert "phiz[tracing]" in failed.stderr
    assert "Traceback" not in failed.stderr
