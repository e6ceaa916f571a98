"""What the engine of a Triton server passes on: refusals, cancellation, deadlines, versions."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import grpc
import numpy as np
import pytest
from tritonclient.grpc import service_pb2, service_pb2_grpc
from tritonclient.utils import InferenceServerException

from serving.deadline import set_deadline
from serving.engine.base import ModelVersion, Tensors
from serving.engine.repository import read_repository
from serving.engine.triton import TritonEngine
from serving.errors import DeadlineExceeded, ModelNotFound, QueueFull
from serving.metrics import Metrics
from tests.serving.adders import publish_adder, rows
from tests.serving.counters import write_counter
from tests.serving.waiting import until
from tests.system.tritonserver import ROOT, Triton, triton_server

COUNTER = ModelVersion("counter", 1)
PICKY = ModelVersion("picky", 1)
PICKY_INPUT = 'name: "x" data_type: TYPE_FP32 dims: [ -1 ]'
QUEUE_SIZE = 3
LONG = 100_000
"""Turns that keep the counter busy for a good part of a second."""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A slow model, and one that gets new versions."""
    folder = tmp_path_factory.mktemp("triton") / "models"
    write_counter(folder, QUEUE_SIZE)
    publish_adder(folder, 1)
    publish_adder(folder, 1, PICKY.name)
    config = folder / PICKY.name / "config.pbtxt"
    config.write_text(config.read_text().replace('name: "x" data_type: TYPE_FP32 dims: [ 1 ]', PICKY_INPUT))
    return folder


@pytest.fixture(scope="module")
def triton(models: Path) -> Iterator[Triton]:
    with triton_server(models, models.parent) as running:
        yield running


@pytest.fixture
async def engine(triton: Triton, models: Path) -> AsyncIterator[TritonEngine]:
    opened = await TritonEngine.open(triton.address, read_repository(models), Metrics(), silence_seconds=60)
    await until(lambda: all(model.ready for model in opened.models.values()))
    yield opened
    await opened.close()


def turns(count: int) -> Tensors:
    return {"x": np.array([[count]], np.int64)}


async def count(engine: TritonEngine, to: int, within_seconds: float | None = None) -> int:
    set_deadline(within_seconds)
    return int((await engine.infer(COUNTER, turns(to))).outputs["y"][0, 0])


def inferences(triton: Triton) -> int:
    """How often Triton has run the counter."""
    with grpc.insecure_channel(triton.address) as channel:
        request = service_pb2.ModelStatisticsRequest(name="counter")
        statistics = service_pb2_grpc.GRPCInferenceServiceStub(channel).ModelStatistics(request)
    return int(statistics.model_stats[0].inference_count)


async def test_a_full_queue_is_told_as_the_embedded_engine_does(engine: TritonEngine) -> None:
    asked = [asyncio.create_task(count(engine, LONG)) for _ in range(QUEUE_SIZE + 5)]
    results = await asyncio.gather(*asked, return_exceptions=True)
    assert {result if isinstance(result, int) else type(result) for result in results} == {LONG, QueueFull}
    assert results.count(LONG) >= QUEUE_SIZE


async def test_what_nobody_waits_for_any_more_is_not_run(engine: TritonEngine, triton: Triton) -> None:
    """Neither what was cancelled nor what could not come in time."""
    before = inferences(triton)
    long = asyncio.create_task(count(engine, 20 * LONG))
    await asyncio.sleep(1.0)  # until it runs, even on a busy machine, for whatever comes first is run first
    given_up = asyncio.create_task(count(engine, 1))
    late = asyncio.create_task(count(engine, 2, within_seconds=0.05))
    with pytest.raises(DeadlineExceeded):
        await late
    given_up.cancel()
    with pytest.raises(asyncio.CancelledError):
        await given_up
    assert await long == 20 * LONG
    assert await count(engine, 3) == 3
    await until(lambda: inferences(triton) >= before + 2)  # it counts a little later than it answers
    await asyncio.sleep(0.2)
    assert inferences(triton) == before + 2


async def test_what_is_not_known_is_not_found(engine: TritonEngine) -> None:
    with pytest.raises(ModelNotFound):
        await engine.infer(ModelVersion("counter", 2), turns(1))


async def test_inputs_that_do_not_fit_are_an_error_of_the_program(engine: TritonEngine) -> None:
    with pytest.raises(ValueError, match="x has"):
        await engine.infer(COUNTER, {"x": np.zeros((1, 2), np.int64)})


async def test_an_inference_that_fails_is_a_fault_and_its_model_stays_ready(engine: TritonEngine) -> None:
    """The config of this model promises more than it takes."""
    with pytest.raises(InferenceServerException, match="ONNX Runtime"):
        await engine.infer(PICKY, {"x": np.zeros((1, 2), np.float32)})
    for _ in range(50):  # while it is examined
        assert engine.models[PICKY.name].ready
        await asyncio.sleep(0.05)
    answer = await engine.infer(PICKY, rows(10))
    assert answer.outputs["y"][0, 0] == 11


def test_the_script_that_starts_triton_says_what_is_missing() -> None:
    command = [sys.executable, str(ROOT / "deploy" / "triton" / "serve.py")]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "nvidia-pytriton" in ended.stderr


async def test_a_new_version_is_taken_once_triton_has_it_and_no_request_fails(
    engine: TritonEngine, models: Path
) -> None:
    async def request() -> None:
        with engine.hold() as held:
            adder = held["adder"].id
            answers = await asyncio.gather(*(engine.infer(adder, rows(10)) for _ in range(3)))
        assert [float(answer.outputs["y"][0, 0]) for answer in answers] == [10 + adder.version] * 3

    async def keep_asking() -> None:
        while True:
            await request()

    engine.follow(models, 0.05)
    callers = [asyncio.create_task(keep_asking()) for _ in range(4)]
    with engine.hold() as early:
        publish_adder(models, 2)
        await until(lambda: engine.models["adder"].id.version == 2)
        assert engine.models["adder"].ready
        answer = await engine.infer(early["adder"].id, rows(10))
        assert answer.outputs["y"][0, 0] == 11
    await asyncio.gather(*(request() for _ in range(4)))
    for caller in callers:
        assert not caller.done()
        caller.cancel()
