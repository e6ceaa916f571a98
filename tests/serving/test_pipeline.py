"""A request's way through the stages, with an engine that adds 1 and can be held."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.admission import Admission
from serving.deadline import set_deadline
from serving.engine.base import Inference, Model, ModelVersion, Tensors, TensorSpec
from serving.errors import DeadlineExceeded, ModelNotFound, QueueFull, TooManyPixels
from serving.metrics import Metrics
from serving.pipeline import Pipeline, together
from serving.settings import Settings
from tests.serving.fixed_engine import FixedEngine

ADDER = Model(
    id=ModelVersion("adder", 3),
    max_batch_size=4,
    inputs={"x": TensorSpec("x", np.dtype(np.float32), (1,))},
    outputs={"y": TensorSpec("y", np.dtype(np.float32), (1,))},
    metadata={},
    ready=True,
)


class AddingEngine(FixedEngine):
    """Adds 1, batch by batch, the later ones sooner; refuses rows below 0."""

    def __init__(self) -> None:
        super().__init__(ADDER)
        self.waiting = 0
        self.most_waiting = 0
        self.calls = 0

    async def infer(self, model: ModelVersion, inputs: Tensors) -> Inference:
        self.calls += 1
        self.waiting += 1
        self.most_waiting = max(self.waiting, self.most_waiting)
        try:
            for _ in range(10 - self.calls % 7):
                await asyncio.sleep(0)
        finally:
            self.waiting -= 1
        if np.any(inputs["x"] < 0):
            raise QueueFull("full")
        return Inference({"y": inputs["x"] + 1}, model, 0.25, 0.5)


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


def pipeline(metrics: Metrics, max_pixels: int = 10**6) -> Pipeline:
    settings = Settings(max_image_pixels=max_pixels, max_pixels_in_flight=max_pixels)
    return Pipeline(settings, AddingEngine(), Admission(2, max_pixels, 10**6, metrics), metrics, ThreadPoolExecutor(2))


@given(count=st.integers(1, 50))
def test_any_number_of_rows_keeps_its_order(count: int) -> None:
    async def scenario() -> None:
        x = np.arange(count, dtype=np.float32)[:, None]
        pipe = pipeline(Metrics())
        with pipe.job("Generate") as job:
            outputs = await job.infer(ADDER, {"x": x})
        assert np.array_equal(outputs["y"], x + 1)
        assert job.models == [ADDER.id]
        assert isinstance(pipe.engine, AddingEngine)
        assert pipe.engine.most_waiting <= 4

    asyncio.run(scenario())


async def test_an_error_cancels_the_rest_of_the_request(metrics: Metrics) -> None:
    pipe = pipeline(metrics)
    with pipe.job("Generate") as job, pytest.raises(QueueFull):
        await job.infer(ADDER, {"x": np.full((100, 1), -1, np.float32)})
    assert isinstance(pipe.engine, AddingEngine)
    assert pipe.engine.waiting == 0
    assert pipe.engine.calls < 25


@pytest.mark.parametrize(("name", "takes", "gives"), [("x", "x", "y"), ("adder", "z", "y"), ("adder", "x", "z")])
def test_a_model_that_does_other_work_is_not_found(metrics: Metrics, name: str, takes: str, gives: str) -> None:
    with pipeline(metrics).job("Generate") as job, pytest.raises(ModelNotFound) as caught:
        job.model(name, takes=takes, gives=gives, field="model")
    assert caught.value.field == "model"


async def test_what_runs_side_by_side_is_counted_once(metrics: Metrics) -> None:
    with pipeline(metrics).job("Generate") as job:
        await job.infer(ADDER, {"x": np.zeros((16, 1), np.float32)})
        seconds = job.stage_seconds()
    assert seconds["infer"] == pytest.approx(0.5, abs=0.1)  # four calls of 0.5 s each, as the engine tells it
    assert seconds["queue"] == pytest.approx(0.25, abs=0.1)


async def test_pixels_count_while_the_photograph_is_held(metrics: Metrics, astronaut_jpeg: bytes) -> None:
    pipe = pipeline(metrics, max_pixels=512 * 512)
    with pipe.job("Align") as one, pipe.job("Align") as other:
        async with one.photo(astronaut_jpeg, field="image"):
            assert metrics.registry.get_sample_value("phiz_pixels_in_flight") == 512 * 512
            with pytest.raises(TooManyPixels):
                async with other.photo(astronaut_jpeg, field="image"):
                    pass
        assert metrics.registry.get_sample_value("phiz_pixels_in_flight") == 0
        async with other.photo(astronaut_jpeg, field="image") as photo:
            assert photo.shape == (512, 512, 3)


async def test_the_photographs_of_one_request_take_turns(metrics: Metrics, astronaut_jpeg: bytes) -> None:
    """The budget holds one of them, and yet the request is not refused."""
    with pipeline(metrics, max_pixels=512 * 512).job("Mix") as job:

        async def look() -> tuple[int, ...]:
            async with job.photo(astronaut_jpeg, field="image") as photo:
                return photo.shape

        assert await together([look() for _ in range(5)]) == [(512, 512, 3)] * 5


async def test_faces_count_until_the_request_ends(metrics: Metrics) -> None:
    pipe = pipeline(metrics)
    with pipe.job("Mix") as job:
        job.hold_faces(8)
        assert metrics.registry.get_sample_value("phiz_faces_in_flight") == 8
    assert metrics.registry.get_sample_value("phiz_faces_in_flight") == 0


async def test_no_stage_begins_after_the_deadline(metrics: Metrics) -> None:
    began: list[int] = []
    with pipeline(metrics).job("Align") as job:
        set_deadline(0.0)
        with pytest.raises(DeadlineExceeded):
            await job.blocking("decode", began.append, 1)
        with pytest.raises(DeadlineExceeded):
            await job.infer(ADDER, {"x": np.zeros((3, 1), np.float32)})
    assert not began


async def test_together_raises_the_first_error_once_the_others_have_stopped() -> None:
    stopped = []

    async def wait() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            stopped.append(True)

    async def fail() -> None:
        await asyncio.sleep(0)
        raise KeyError("the one")

    with pytest.raises(KeyError, match="the one"):
        await together([wait(), fail(), wait()])
    assert stopped == [True, True]
