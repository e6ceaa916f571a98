"""The whole, run: what is shown of real gateways and a real Triton, and what is told when something breaks."""

import math
import re
import shutil
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import pytest

from deploy.monitoring.dashboards.__main__ import DASHBOARDS
from deploy.monitoring.dashboards.grafana import to_json
from phiz.v1 import face_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.local import gateway_thread
from serving.settings import Settings
from tests.certificates import authority
from tests.monitoring.drawing import draw
from tests.monitoring.known import TRITON, shown_at
from tests.monitoring.live import Monitoring, monitoring, quickened, until
from tests.system.tritonserver import Triton, free_port, triton_server
from tests.tools import ROOT
from training.engine.report import Report

pytestmark = pytest.mark.ops

PICTURES: Final = ROOT / "out" / "dashboards"
SMALL: Final = ("mapping", "generator")
GPU: Final = """
nv_gpu_utilization{{namespace="triton",gpu_uuid="GPU-0"}} 0.4
nv_gpu_memory_used_bytes{{namespace="triton",gpu_uuid="GPU-0"}} {used}
nv_gpu_memory_total_bytes{{namespace="triton",gpu_uuid="GPU-0"}} 8e10
nv_gpu_power_usage{{namespace="triton",gpu_uuid="GPU-0"}} 210
"""
"""There is no GPU here: the figures of one, as Triton's documentation has it."""


@dataclass(frozen=True)
class Scene:
    """All that runs."""

    began: float
    watch: Monitoring
    triton: Triton
    triton_metrics_port: int
    alone: PhizStub
    through_triton: PhizStub
    crowded: PhizStub
    files: Path


@pytest.fixture(scope="module")
def small_models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small") / "models"
    for name in SMALL:
        shutil.copytree(Settings().model_repository / name, folder / name)
    return folder


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory, small_models: Path, astronaut_gray_jpeg: bytes) -> Iterator[Scene]:
    """Four gateways (one with all models, one through Triton, one that takes one request at a time, one with a
    certificate of a day), a training, and callers of the first two."""
    folder = tmp_path_factory.mktemp("monitoring")
    files = folder / "files"
    (files / "gpu").mkdir(parents=True)
    write_gpu(files, used_share=0.6)
    metrics_port = free_port()
    with ExitStack() as stack:
        identity = authority(folder).issue("server")
        triton = stack.enter_context(
            triton_server(
                small_models,
                folder,
                "--allow-metrics=true",
                "--metrics-address=127.0.0.1",
                f"--metrics-port={metrics_port}",
            )
        )

        def gateway(**settings: Any) -> tuple[int, PhizStub]:
            running = stack.enter_context(gateway_thread(Settings(grpc_port=0, http_port=0, **settings)))
            channel = stack.enter_context(grpc.insecure_channel(running.target))
            return running.http_port, PhizStub(channel)

        alone_port, alone = gateway(intra_op_threads=1)  # for much to do to be too much on any machine
        through_port, through = gateway(model_repository=small_models, triton=triton.address)
        crowded_port, crowded = gateway(model_repository=small_models, max_requests_in_flight=1)
        tls_port, _ = gateway(model_repository=small_models, tls_cert=identity.certificate, tls_key=identity.key)
        targets = [("alone", alone_port), ("triton", through_port), ("triton", metrics_port)]
        targets += [("crowded", crowded_port), ("tls", tls_port)]
        watch = stack.enter_context(monitoring(folder, targets, f"{files}/*"))
        usual = [lambda: ordinary(alone, astronaut_gray_jpeg), lambda: generate(through)]
        stack.enter_context(asking(usual, pause_seconds=1.0))
        stack.enter_context(training(files))
        yield Scene(time.time(), watch, triton, metrics_port, alone, through, crowded, files)


def write_gpu(files: Path, used_share: float) -> None:
    text = GPU.format(used=used_share * 8e10)
    (files / "gpu" / "new").write_text(text)
    (files / "gpu" / "new").replace(files / "gpu" / "gpu.prom")


@contextmanager
def asking(calls: Sequence[Callable[[], None]], callers: int = 1, pause_seconds: float = 0.2) -> Iterator[None]:
    """Has each of ``calls`` made again and again, by so many callers, while the context is open."""
    stop = threading.Event()

    def keep_asking(call: Callable[[], None]) -> None:
        while not stop.wait(pause_seconds):
            with suppress(grpc.RpcError):
                call()

    with ThreadPoolExecutor(len(calls) * callers) as pool:
        for call in calls:
            for _ in range(callers):
                pool.submit(keep_asking, call)
        try:
            yield
        finally:
            stop.set()


def generate(stub: PhizStub, count: int = 1) -> None:
    stub.Generate(phiz_pb2.GenerateRequest(count=count))


def ordinary(stub: PhizStub, photo: bytes) -> None:
    """One request of many kinds, one of them wrong."""
    faces = [face_pb2.FaceSource(seed=1), face_pb2.FaceSource(seed=2)]
    stub.ListModels(phiz_pb2.ListModelsRequest())
    generate(stub, 2)
    stub.Align(phiz_pb2.AlignRequest(image=photo))
    stub.Colorize(phiz_pb2.ColorizeRequest(image=photo))
    stub.Mix(phiz_pb2.MixRequest(faces=faces))
    stub.Invert(phiz_pb2.InvertRequest(image=photo, max_evaluations=5))
    list(stub.Morph(phiz_pb2.MorphRequest(faces=faces, frames=4)))
    stub.Invert(phiz_pb2.InvertRequest(image=b"no picture"))


@contextmanager
def training(files: Path) -> Iterator[None]:
    """A run that reports each second."""
    (files / "colorizer").mkdir()
    report = Report(files / "colorizer", 0, 0.0, 20_000, "colorizer")
    stop = threading.Event()

    def go_on() -> None:
        step = 0
        while not stop.wait(1.0):
            step += 1
            report.step(16, {"generator": 1 + 1 / step, "discriminator": 1 - 0.5 / step})
            report.record(16 * step, float(step))

    thread = threading.Thread(target=go_on)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
        report.close()


def test_when_all_is_well_nothing_fires_but_what_the_scene_is_made_for(scene: Scene) -> None:
    until(lambda: bool(scene.watch.ask('phiz:rpc_requests:rate5m{namespace="triton",grpc_code="OK"} > 0')), "no load")
    until(lambda: scene.watch.inbox.has("PhizCertificateExpiresSoon", severity="page"), "no alert came")
    # On a slow machine, requests may well take longer than their objectives.
    assert scene.watch.firing() <= {"PhizCertificateExpiresSoon", "PhizLatencyHigh"}
    assert not scene.watch.inbox.has("PhizCertificateExpiresSoon", severity="ticket"), "the page says it all"


def test_a_triton_shows_what_rules_and_dashboards_use(scene: Scene) -> None:
    assert shown_at(scene.triton_metrics_port) >= TRITON


def test_more_requests_than_the_models_compute_are_told(scene: Scene) -> None:
    with asking([lambda: generate(scene.alone, 64)], callers=20):
        for alert in ("PhizQueueSaturated", "PhizLatencyHigh"):
            until(lambda alert=alert: scene.watch.inbox.has(alert, namespace="alone"), f"{alert} did not come")  # type: ignore[misc]


def test_refusals_are_told(scene: Scene) -> None:
    """One request takes the only place, as long as it runs."""
    request = phiz_pb2.GenerateStreamRequest(request=phiz_pb2.GenerateRequest(count=1000))

    def hold() -> None:
        for _ in scene.crowded.GenerateStream(request):
            time.sleep(0.05)

    with asking([hold, lambda: generate(scene.crowded)], callers=2):
        for alert in ("PhizRequestsRejected", "PhizAdmissionNearlyFull"):
            until(lambda alert=alert: scene.watch.inbox.has(alert, namespace="crowded"), f"{alert} did not come")  # type: ignore[misc]


def test_a_full_gpu_is_told(scene: Scene) -> None:
    write_gpu(scene.files, used_share=0.95)
    until(lambda: scene.watch.inbox.has("PhizGpuMemoryHigh", gpu_uuid="GPU-0"), "no alert came")


def test_a_dead_triton_is_told_once_and_so_is_its_return(scene: Scene) -> None:
    scene.triton.stop()
    inbox = scene.watch.inbox
    until(lambda: inbox.has("PhizTritonDown", address=scene.triton.address), "Triton's end was not told")
    until(lambda: inbox.has("PhizErrorBudgetBurn", severity="page", namespace="triton"), "failures were not told")
    until(lambda: "PhizModelNotReady" in scene.watch.inhibited(), "its models count as ready")
    assert not inbox.has("PhizModelNotReady"), "Triton's alert says it all"
    scene.triton.start()
    until(lambda: inbox.has("PhizTritonDown", "resolved"), "its return was not told")


@pytest.mark.parametrize("dashboard", DASHBOARDS, ids=lambda dashboard: dashboard.uid)
def test_every_panel_shows_something(scene: Scene, dashboard: Any) -> None:
    """And is drawn, to be looked at."""
    page = to_json(dashboard)
    for variable in page["templating"]["list"][1:]:
        for panel in page["panels"]:
            for target in panel.get("targets", ()):
                target["expr"] = quickened(target["expr"].replace(f"${variable['name']}", ".*"))
    end = time.time()

    def then(expr: str) -> list[dict[str, Any]]:
        return scene.watch.ask_range(expr, scene.began, end, 1.0)

    for panel in page["panels"]:
        for target in panel.get("targets", ()):
            found = then(target["expr"])
            assert found, panel["title"]
            assert any(math.isfinite(float(value)) for series in found for _, value in series["values"]), panel["title"]
            for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
                assert all(series["metric"].get(label) for series in found), f"{panel['title']}: {label}"
    PICTURES.mkdir(parents=True, exist_ok=True)
    draw(page, dashboard.title, scene.watch.ask, then).savefig(PICTURES / f"{dashboard.uid}.png")


def test_the_end_of_the_last_gateway_is_told(tmp_path: Path, small_models: Path) -> None:
    settings = Settings(grpc_port=0, http_port=0, model_repository=small_models)
    with ExitStack() as stack:
        gateway = stack.enter_context(gateway_thread(settings))
        with monitoring(tmp_path, [("default", gateway.http_port)], str(tmp_path)) as watch:
            until(lambda: bool(watch.ask("phiz_build_info")), "it is not scraped")
            until(lambda: not watch.firing(), "it is well")
            stack.close()
            until(lambda: watch.inbox.has("PhizGatewayDown", severity="page"), "no alert came")
