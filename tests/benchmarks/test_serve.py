"""``python -m benchmarks serve``: the floor does the service's work, and what is measured of a load is so."""

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from google.protobuf import json_format
from PIL import Image

from benchmarks.serve import k6, processes, report
from benchmarks.serve.calls import Call, Calls, Rpc, photograph, request
from benchmarks.serve.floor import Floor
from benchmarks.serve.measure import WARM_SECONDS, Figures, measure
from benchmarks.serve.systems import System
from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.settings import Settings
from tests.tools import ops_tool


def pixels(file: bytes) -> bytes:
    with Image.open(io.BytesIO(file)) as image:
        return image.tobytes()


def test_the_floor_makes_the_pictures_of_the_service(stub: PhizStub) -> None:
    floor = Floor(Settings().model_repository)
    generated = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=5)).faces[0].image.data
    assert pixels(floor.generate(5)) == pixels(generated)
    coloured = stub.Colorize(json_format.Parse(request(Rpc.COLORIZE), phiz_pb2.ColorizeRequest())).image.data
    assert pixels(floor.colorize(photograph("L"))) == pixels(coloured)
    mixed = stub.Mix(json_format.Parse(request(Rpc.MIX), phiz_pb2.MixRequest())).image.data
    assert pixels(floor.mix(photograph("RGB"), 1)) == pixels(mixed)


def test_k6_calls_at_the_rate_that_it_is_told(server: str) -> None:
    ops_tool("k6")
    calls = k6.call(server, Rpc.GENERATE, requests_per_second=5, seconds=2, callers=10)
    assert len(calls.ended) + calls.unsent in (10, 11)
    assert all(call.answered and call.seconds > 0 for call in calls.ended)


def test_what_counts_are_the_answers_once_it_is_warm() -> None:
    """Of 100 calls, one each 0.1 s, those of the last 7 s; every fourth one is refused, which has no latency."""
    calls = [Call(1000 + 0.1 * i, 0.02 if i < 90 else 0.05, answered=i % 4 != 0) for i in range(100)]
    system = System("all at once", (os.getpid(),), lambda rpc, rate, seconds: Calls(calls))
    figures = measure(system, Rpc.MIX, 10.0, 10.0 - WARM_SECONDS)
    counted = [i for i in range(30, 100) if i % 4 != 0]
    assert figures.goodput == len(counted) / 7
    assert figures.refused == pytest.approx(1 - len(counted) / 70)
    assert (figures.p50_ms, figures.p99_ms) == pytest.approx((20, 50))
    assert figures.mebibytes > 10


def test_processes_count_with_those_that_they_have_started() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        assert {os.getpid(), child.pid} <= set(processes.tree(os.getpid()))
        assert processes.memory_mebibytes(os.getpid()) > processes.memory_mebibytes(child.pid) > 1
        child.communicate(b"\n")


def test_the_report_has_a_row_a_system_and_load(tmp_path: Path) -> None:
    figures = Figures(10, 9.5, 0.05, 12.345, 123.4, 5.5, 300, 0.25, 0)
    rows = [
        report.Row(Rpc.GENERATE, system, load, figures) for system in ("floor", "Phiz, Triton") for load in (0.5, 1)
    ]
    report.write(rows, tmp_path)
    lines = (tmp_path / "serve.md").read_text().splitlines()
    assert lines[2] == "| Generate | 50% | floor | 10.0 | 9.5 | 5% | 12.3 | 123 | 5.50 | 300 | 0.25 |"
    assert len(lines) == 2 + len(rows)
    assert [each["goodput"] for each in json.loads((tmp_path / "serve.json").read_text())] == [9.5] * 4
    with Image.open(tmp_path / "serve.png") as plot:
        assert plot.width > 300
