"""What the operations are made of: the stages decode, align, infer, compose and encode, each timed and counted."""

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any, ParamSpec, TypeVar

import numpy as np

from phiz_core.geometry import ImageArray
from serving import deadline, images, upscaling
from serving.admission import Admission, holder
from serving.content_credentials import UNCREDENTIALED, Credentials
from serving.engine.base import Engine, Model, ModelVersion, Tensors
from serving.errors import ModelNotFound
from serving.metrics import Metrics
from serving.provenance import Provenance
from serving.settings import Settings
from serving.tracing import current_trace

P = ParamSpec("P")
T = TypeVar("T")

_PIXELS_AT_A_TIME = 1 << 24
"""Pixels of pictures that one request makes larger and encodes side by side."""

_CALLS_IN_QUEUE = 4
"""Calls that one request keeps in a model's queue, so that a large request neither fills it nor starves the others."""


@dataclass(frozen=True)
class Pipeline:
    """What all requests share."""

    settings: Settings
    engine: Engine
    admission: Admission
    metrics: Metrics
    workers: Executor
    credentials: Credentials = UNCREDENTIALED

    @contextmanager
    def job(self, rpc: str) -> Iterator["Job"]:
        """One request's way through the stages, which are counted at its end."""
        with self.engine.hold() as models:
            job = Job(self, rpc, models)
            try:
                yield job
            finally:
                job.finish()


class Job:
    """One request: runs its stages, and keeps the models that took part, in the order of their work.

    Attributes:
        loaded: all models, by name; they stay the same until the request ends.
        credentials: signs pictures that leave, and verifies those that come.
    """

    def __init__(self, pipeline: Pipeline, rpc: str, loaded: Mapping[str, Model]) -> None:
        self.settings = pipeline.settings
        self.metrics = pipeline.metrics
        self.loaded = loaded
        self.credentials = pipeline.credentials
        self.models: list[ModelVersion] = []
        self._pipeline = pipeline
        self._rpc = rpc
        self._one_photo = asyncio.Lock()
        self._holder = holder.get()
        self._pixels = 0
        self._faces = ExitStack()
        self._spans: dict[str, list[tuple[float, float]]] = defaultdict(list)

    def model(self, name: str, *, takes: str, gives: str, field: str = "") -> Model:
        """The model ``name``, if it takes and gives the tensors of these names.

        Raises:
            ModelNotFound: there is none, or it does other work.
        """
        model = self.loaded.get(name)
        if model is None or takes not in model.inputs or gives not in model.outputs:
            raise ModelNotFound(f'There is no model "{name}" that makes {gives} of {takes}.', field=field, model=name)
        return model

    @asynccontextmanager
    async def photo(self, data: bytes, *, field: str) -> AsyncIterator[ImageArray]:
        """A photograph's pixels, RGB [H, W, 3] uint8; they count against the pixel budget while the context is open.

        A request holds one photograph at a time: were it to hold all of its own, some could never fit the budget.

        Raises:
            InvalidField: the file is missing, damaged, too large or of another format.
            TooManyPixels, CallerOverShare: the budget does not hold them, or not for this caller.
        """
        header = await self.header(data, field=field)
        async with self.room(header.pixels):
            yield await self.blocking("decode", images.decode, data, header, field=field)

    async def header(self, data: bytes, *, field: str) -> images.Header:
        """What a photograph's file says of itself.

        Raises:
            InvalidField: as ``photo``.
        """
        settings = self.settings
        limits = {"max_bytes": settings.max_image_bytes, "max_pixels": settings.max_image_pixels}
        return await self.blocking("decode", images.read_header, data, **limits, field=field)

    @asynccontextmanager
    async def room(self, pixels: int) -> AsyncIterator[None]:
        """Counts pixels against the pixel budget while the context is open, one of them at a time.

        Raises:
            TooManyPixels, CallerOverShare: the budget does not hold them, or not for this caller.
        """
        async with self._one_photo:
            with self.kept(pixels):
                yield

    @contextmanager
    def kept(self, pixels: int) -> Iterator[None]:
        """Counts what a request keeps beside its photographs against the pixel budget while the context is open.

        Raises:
            TooManyPixels, CallerOverShare: the budget does not hold them, or not for this caller.
        """
        with self._pipeline.admission.pixels(self._holder, pixels, own=self._pixels):
            self._pixels += pixels
            try:
                yield
            finally:
                self._pixels -= pixels

    def hold_faces(self, count: int) -> None:
        """Counts faces that are asked for against their budget until the request ends.

        Raises:
            TooManyFaces: the budget does not hold them.
            CallerOverShare: the caller's other requests hold as many as one caller may.
        """
        self._faces.enter_context(self._pipeline.admission.faces(self._holder, count))

    async def infer(self, model: Model, inputs: Tensors) -> Tensors:
        """Runs any number of rows, in batches that the model takes; rows keep their order.

        Raises:
            QueueFull: too much work waits for the model.
            ModelUnavailable: the model does not answer for now.
            DeadlineExceeded: there is no time left for it.
        """
        if model.id not in self.models:
            self.models.append(model.id)
        room = asyncio.Semaphore(_CALLS_IN_QUEUE)

        async def call(first: int) -> Tensors:
            rows = slice(first, first + model.max_batch_size)
            async with room:
                deadline.check()
                began = time.perf_counter()
                answer = await self._pipeline.engine.infer(
                    model.id, {name: array[rows] for name, array in inputs.items()}
                )
                ran = began + answer.queue_seconds
                self._spans["queue"].append((began, ran))
                self._spans["infer"].append((ran, ran + answer.infer_seconds))
            return answer.outputs

        count = len(next(iter(inputs.values())))
        parts = await together([call(first) for first in range(0, count, model.max_batch_size)])
        return {name: np.concatenate([part[name] for part in parts]) for name in model.outputs}

    async def encode(self, rgb: ImageArray, encoding: images.Encoding, provenance: Provenance) -> images.EncodedImage:
        """A picture file of RGB [H, W, 3] uint8, brought to the size that is asked for."""
        (file,) = await self.encode_all(rgb[None], encoding, [provenance])
        return file

    async def encode_all(
        self, pictures: ImageArray, encoding: images.Encoding, provenances: Sequence[Provenance]
    ) -> list[images.EncodedImage]:
        """Picture files of [N, H, W, C] uint8, RGB or RGBA, brought to the size that is asked for.

        Raises:
            ModelNotFound: the trained upscalers were asked for and are not loaded.
            UnsupportedFormat: the format holds no picture of this size.
        """
        longest_px = encoding.size_px or max(pictures.shape[1:3])
        some = max(1, _PIXELS_AT_A_TIME // longest_px**2)
        files = []
        for first in range(0, len(pictures), some):
            sized, upscalers = await upscaling.resize(
                self, pictures[first : first + some], longest_px, encoding.upscaling, field="output.upscaling"
            )
            files += await together(
                [
                    self.file(images.encode, picture, encoding, provenance.and_by(upscalers))
                    for picture, provenance in zip(sized, provenances[first : first + some], strict=True)
                ]
            )
        return files

    async def file(
        self, encode: Callable[P, images.EncodedImage], *args: P.args, **kwargs: P.kwargs
    ) -> images.EncodedImage:
        """Runs a function that makes a picture's file in a worker thread, and signs the file where the server does."""
        return await self.blocking("encode", lambda: self.credentials.sign(encode(*args, **kwargs)))

    async def blocking(self, stage: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a blocking function in a worker thread, as part of ``stage``.

        Raises:
            DeadlineExceeded: there is no time left for it.
        """

        def timed() -> T:
            began = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self._spans[stage].append((began, time.perf_counter()))

        deadline.check()
        return await asyncio.get_running_loop().run_in_executor(self._pipeline.workers, timed)

    def stage_seconds(self) -> Mapping[str, float]:
        """Wall-clock seconds by stage, in the order in which the stages began."""
        return {stage: _covered(spans) for stage, spans in self._spans.items()}

    def finish(self) -> None:
        """Counts the stages, tells the request's trace of them, and lets go of what the request holds."""
        self._faces.close()
        trace = current_trace.get()
        for stage, spans in self._spans.items():
            for began, ended in spans:
                trace.stage(stage, began, ended)
        for stage, seconds in self.stage_seconds().items():
            self.metrics.rpcs[self._rpc].stage_seconds[stage].observe(seconds)


async def together(work: Sequence[Coroutine[Any, Any, T]]) -> list[T]:
    """Awaits all at once. The first error is raised as it is, once the others have been cancelled."""
    if len(work) == 1:  # as most often, and then a task would be for nothing
        return [await work[0]]
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _covered(spans: Sequence[tuple[float, float]]) -> float:
    """Length of the union of the time spans: what ran side by side counts once."""
    covered, until = 0.0, float("-inf")
    for began, ended in sorted(spans):
        covered += max(0.0, ended - max(began, until))
        until = max(until, ended)
    return covered
