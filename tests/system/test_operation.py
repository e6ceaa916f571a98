"""What an operator sees: health, reflection, metrics, probes, request ids, limits on what is in flight."""

import re
import shutil
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc
from grpc_status import rpc_status
from prometheus_client.parser import text_string_to_metric_families

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.errors import AddressUnavailable, RepositoryInvalid
from serving.gateway import Gateway
from serving.local import gateway_thread, local_server
from serving.settings import Settings
from tests.system.answers import Refusal, refusal

Samples = Callable[..., float]


def read(gateway: Gateway, path: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{gateway.http_port}{path}") as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


@pytest.fixture
def sample(gateway: Gateway) -> Samples:
    """Reads one sample of /metrics, by name and labels; it must be there."""

    def value(name: str, **labels: str) -> float:
        _, text = read(gateway, "/metrics")
        families = text_string_to_metric_families(text)
        found = [
            each.value
            for family in families
            for each in family.samples
            if each.name == name and labels.items() <= each.labels.items()
        ]
        assert found, f"{name}{labels} is not shown"
        return float(sum(found))

    return value


def wait_until(reached: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 60
    while not reached():
        if time.monotonic() > give_up:
            raise TimeoutError


def generate(stub: PhizStub, count: int = 1) -> None:
    stub.Generate(phiz_pb2.GenerateRequest(count=count, seed=1))


@pytest.mark.parametrize("service", ["", "phiz.v1.Phiz"])
def test_health_is_serving(server: str, service: str) -> None:
    with grpc.insecure_channel(server) as channel:
        answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=service))
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_reflection_tells_the_contract(server: str) -> None:
    request = reflection_pb2.ServerReflectionRequest(file_containing_symbol="phiz.v1.Phiz")
    with grpc.insecure_channel(server) as channel:
        (answer,) = reflection_pb2_grpc.ServerReflectionStub(channel).ServerReflectionInfo(iter([request]))
    assert any(b"phiz/v1/phiz.proto" in file for file in answer.file_descriptor_response.file_descriptor_proto)


def test_the_probes_answer(gateway: Gateway) -> None:
    assert read(gateway, "/livez")[0] == 200
    assert read(gateway, "/readyz")[0] == 200
    assert read(gateway, "/")[0] == 404


class TestMetrics:
    def test_requests_are_counted_under_their_code(self, stub: PhizStub, sample: Samples) -> None:
        rpc = {"grpc_type": "unary", "grpc_service": "phiz.v1.Phiz", "grpc_method": "Generate"}
        codes = ("OK", "INVALID_ARGUMENT")
        before = [sample("grpc_server_handled_total", **rpc, grpc_code=code) for code in codes]
        generate(stub)
        with pytest.raises(grpc.RpcError):
            generate(stub, count=0)
        after = [sample("grpc_server_handled_total", **rpc, grpc_code=code) for code in codes]
        assert after == [before[0] + 1, before[1] + 1]
        handled = sample("grpc_server_handled_total", **rpc)
        assert sample("grpc_server_started_total", **rpc) == handled
        assert sample("grpc_server_handling_seconds_count", **rpc) == handled

    def test_stages_batches_and_queues_are_measured(self, stub: PhizStub, sample: Samples) -> None:
        infer = {"rpc": "Generate", "stage": "infer"}
        before = sample("phiz_stage_seconds_count", **infer), sample("phiz_batch_size_sum", model="generator")
        generate(stub, count=5)
        assert sample("phiz_stage_seconds_count", **infer) == before[0] + 1
        assert sample("phiz_batch_size_sum", model="generator") == before[1] + 5
        assert sample("phiz_queue_depth", model="generator") == 0
        assert sample("phiz_queue_seconds_count", model="generator") > 0

    def test_faces_and_inversions_are_measured(self, stub: PhizStub, sample: Samples, astronaut_jpeg: bytes) -> None:
        names = ("phiz_faces_per_image_sum", "phiz_inversion_loss_count", "phiz_inversion_evaluations_count")
        before = [sample(name) for name in names]
        stub.Invert(phiz_pb2.InvertRequest(image=astronaut_jpeg, preset=face_pb2.INVERSION_PRESET_FAST))
        assert [sample(name) for name in names] == [value + 1 for value in before]

    def test_a_caller_that_gives_up_is_counted_too(
        self, stub: PhizStub, sample: Samples, astronaut_jpeg: bytes
    ) -> None:
        def handled() -> float:
            return sample("grpc_server_handled_total", grpc_method="Invert")

        cancelled = sample("grpc_server_handled_total", grpc_method="Invert", grpc_code="CANCELLED")
        started = sample("grpc_server_started_total", grpc_method="Invert")
        call = stub.Invert.future(phiz_pb2.InvertRequest(image=astronaut_jpeg, preset=face_pb2.INVERSION_PRESET_BEST))
        wait_until(lambda: sample("grpc_server_started_total", grpc_method="Invert") == started + 1)
        call.cancel()  # type: ignore[no-untyped-call]
        wait_until(lambda: handled() == started + 1)
        assert sample("grpc_server_handled_total", grpc_method="Invert", grpc_code="CANCELLED") == cancelled + 1
        assert sample("phiz_queue_depth", model="inverter") == 0

    def test_at_rest_nothing_is_in_flight(self, stub: PhizStub, sample: Samples, astronaut_jpeg: bytes) -> None:
        stub.Align(phiz_pb2.AlignRequest(image=astronaut_jpeg))
        assert sample("phiz_requests_in_flight") == 0
        assert sample("phiz_pixels_in_flight") == 0

    def test_every_model_is_shown_as_ready(self, stub: PhizStub, sample: Samples) -> None:
        for model in stub.ListModels(phiz_pb2.ListModelsRequest()).models:
            assert sample("phiz_model_ready", model=model.name, version=str(model.version)) == 1

    @pytest.mark.parametrize("method", ["Generate", "Colorize", "Mix", "Invert", "Align", "ListModels"])
    def test_every_series_is_there_before_its_first_event(self, method: str) -> None:
        with gateway_thread(Settings(grpc_port=0, http_port=0)) as fresh:
            _, text = read(fresh, "/metrics")
        for code in ("OK", "INVALID_ARGUMENT", "RESOURCE_EXHAUSTED", "INTERNAL"):
            labels = f'grpc_code="{code}",grpc_method="{method}",grpc_service="phiz.v1.Phiz",grpc_type="unary"'
            assert f"grpc_server_handled_total{{{labels}}} 0.0" in text
        assert 'phiz_rejected_total{reason="QUEUE_FULL"} 0.0' in text


class TestRequestId:
    def call(self, stub: PhizStub, given: str | None) -> tuple[str, str]:
        metadata = (("x-request-id", given),) if given is not None else ()
        answer, call = stub.Generate.with_call(phiz_pb2.GenerateRequest(count=1), metadata=metadata)
        trailing = dict(call.trailing_metadata())
        return answer.metadata.request_id, str(trailing["x-request-id"])

    def test_the_callers_own_is_kept(self, stub: PhizStub) -> None:
        assert self.call(stub, "order-66.a:b_c") == ("order-66.a:b_c",) * 2

    @pytest.mark.parametrize("given", [None, "", "two words", "x" * 129, 'quote"', "{}"])
    def test_one_that_will_not_do_is_replaced(self, stub: PhizStub, given: str | None) -> None:
        inside, echoed = self.call(stub, given)
        assert inside == echoed != given
        assert inside.isalnum()

    def test_a_failure_tells_it_too(self, stub: PhizStub) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            stub.Generate(phiz_pb2.GenerateRequest(), metadata=(("x-request-id", "bad-one"),))
        status = rpc_status.from_call(caught.value)  # type: ignore[arg-type] # an RpcError of a call is the call
        info = error_details_pb2.ErrorInfo()
        assert status is not None
        assert status.details[0].Unpack(info)
        assert info.metadata["request_id"] == "bad-one"


class TestLimits:
    @pytest.fixture
    def small(self) -> Iterator[PhizStub]:
        """A gateway that takes two requests, and one photograph of 512 x 512 pixels, at a time."""
        settings = Settings(
            grpc_port=0,
            http_port=0,
            max_requests_in_flight=2,
            max_pixels_in_flight=512 * 512,
            max_image_pixels=512 * 512,
        )
        with gateway_thread(settings) as running, grpc.insecure_channel(running.target) as channel:
            yield PhizStub(channel)

    def test_more_than_the_server_takes_is_refused_and_may_come_again(
        self, small: PhizStub, astronaut_jpeg: bytes
    ) -> None:
        def align(_: int) -> grpc.StatusCode:
            try:
                small.Align(phiz_pb2.AlignRequest(image=astronaut_jpeg))
            except grpc.RpcError as error:
                code: grpc.StatusCode = error.code()
                return code
            return grpc.StatusCode.OK

        with ThreadPoolExecutor(12) as callers:
            codes = set(callers.map(align, range(36)))
        assert codes == {grpc.StatusCode.OK, grpc.StatusCode.RESOURCE_EXHAUSTED}
        assert align(0) == grpc.StatusCode.OK

    @pytest.mark.parametrize(("size_px", "fits"), [(128, True), (300, False)])
    def test_what_an_average_keeps_counts_too(self, small: PhizStub, size_px: int, fits: bool) -> None:
        faces = [face_pb2.FaceSource(seed=seed) for seed in (1, 2)]
        request = phiz_pb2.AverageRequest(faces=faces, output=image_pb2.ImageOptions(size_px=size_px))
        if fits:
            assert small.Average(request).image.width_px == size_px
        else:
            told = refusal(small, request)
            assert (told.code, told.reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_PIXELS")

    def test_a_full_queue_is_told_with_a_time_to_come_again(self, tmp_path: Path, astronaut_jpeg: bytes) -> None:
        """A queue of one, in which a request waits while another one runs for seconds."""
        repository = Path(shutil.copytree(Settings().model_repository, tmp_path / "models"))
        config = repository / "inverter" / "config.pbtxt"
        config.write_text(re.sub(r"max_queue_size: \d+", "max_queue_size: 1", config.read_text()))
        settings = Settings(model_repository=repository, grpc_port=0, http_port=0)
        slow = phiz_pb2.InvertRequest(image=astronaut_jpeg, preset=face_pb2.INVERSION_PRESET_BEST)
        with gateway_thread(settings) as running, grpc.insecure_channel(running.target) as channel:
            stub, registry = PhizStub(channel), running.metrics.registry
            calls = [stub.Invert.future(slow) for _ in range(2)]
            wait_until(lambda: registry.get_sample_value("phiz_queue_depth", {"model": "inverter"}) == 1)
            with pytest.raises(grpc.RpcError) as caught:
                stub.Invert(slow)
            for call in calls:
                call.cancel()  # type: ignore[no-untyped-call]
        status = rpc_status.from_call(caught.value)  # type: ignore[arg-type] # an RpcError of a call is the call
        info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
        assert status is not None
        assert caught.value.code() == grpc.StatusCode.RESOURCE_EXHAUSTED
        assert status.details[0].Unpack(info)
        assert status.details[1].Unpack(retry)
        assert (info.reason, info.metadata["model"]) == ("QUEUE_FULL", "inverter")
        assert retry.retry_delay.ToMilliseconds() > 0

    def test_a_caller_that_gives_up_frees_its_place(self, small: PhizStub, astronaut_jpeg: bytes) -> None:
        for _ in range(10):
            call = small.Invert.future(phiz_pb2.InvertRequest(image=astronaut_jpeg))
            call.cancel()  # type: ignore[no-untyped-call]
        done = threading.Event()
        while not done.is_set():
            try:
                small.Align(phiz_pb2.AlignRequest(image=astronaut_jpeg))
                done.set()
            except grpc.RpcError as error:
                assert error.code() == grpc.StatusCode.RESOURCE_EXHAUSTED  # noqa: PT017 - anything else is a bug

    def test_a_deadline_that_passes_ends_the_request(self, stub: PhizStub, astronaut_jpeg: bytes) -> None:
        with pytest.raises(grpc.RpcError) as caught:
            stub.Invert(phiz_pb2.InvertRequest(image=astronaut_jpeg), timeout=0.001)
        assert caught.value.code() == grpc.StatusCode.DEADLINE_EXCEEDED
        generate(stub)


class TestLocalServer:
    def test_it_answers_and_stops(self) -> None:
        with local_server() as target:
            assert target.startswith("unix:")
            with grpc.insecure_channel(target) as channel:
                generate(PhizStub(channel))
        with grpc.insecure_channel(target) as channel, pytest.raises(grpc.RpcError):
            generate(PhizStub(channel))

    def test_two_fit_into_one_process(self) -> None:
        with local_server() as one, local_server() as other:
            assert one != other
            for target in (one, other):
                with grpc.insecure_channel(target) as channel:
                    generate(PhizStub(channel))

    def test_without_the_face_models_it_does_all_that_needs_none(self, tmp_path: Path, astronaut_jpeg: bytes) -> None:
        without = shutil.ignore_patterns("face_*")
        repository = Path(shutil.copytree(Settings().model_repository, tmp_path / "models", ignore=without))
        with local_server(Settings(model_repository=repository)) as target, grpc.insecure_channel(target) as channel:
            stub = PhizStub(channel)
            generate(stub)
            stub.Colorize(phiz_pb2.ColorizeRequest(image=astronaut_jpeg, allow_colour=True))
            told = refusal(stub, phiz_pb2.AlignRequest(image=astronaut_jpeg))
        assert told == Refusal(grpc.StatusCode.NOT_FOUND, "MODEL_NOT_FOUND", "")
        assert told.metadata["model"] == "face_detector"

    def test_a_start_that_fails_tells_why(self, tmp_path: object) -> None:
        with pytest.raises(RepositoryInvalid), local_server(Settings(model_repository=tmp_path)):  # type: ignore[arg-type]
            pass


@pytest.mark.parametrize("port", ["grpc_port", "http_port"])
def test_a_port_that_is_taken_tells_so(gateway: Gateway, port: str) -> None:
    taken = {"grpc_port": int(gateway.target.rpartition(":")[2]), "http_port": gateway.http_port}[port]
    ports = {"grpc_port": 0, "http_port": 0} | {port: taken}
    with pytest.raises(AddressUnavailable, match=str(taken)), gateway_thread(Settings(**ports)):  # type: ignore[arg-type]
        pass
