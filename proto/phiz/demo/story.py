"""The calls of the demonstration, in order, and what is kept of each."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from phiz.client import Client
from phiz.errors import PhizError
from phiz.v1.face_pb2 import Face, InversionQuality
from phiz.v1.image_pb2 import Image, ImageOptions, ModelVersion
from phiz.v1.phiz_pb2 import Filter, Model, ResponseMetadata

COUNT = 16
FIRST_SEED = 7
MIXED_SEED = 8
"""The generated face that the photograph is mixed with, and that is edited."""

FRAMES = 8
FILTERS = ("rgb_thresholds", "colour_contours", "canny", "sketch")
"""What is left of the photograph, before translators make a photograph of it again."""

EDIT = (("smile", 2.0), ("turn", 1.0))

_OUTPUT = ImageOptions(size_px=128)
"""Of the faces that are made."""

_Answer = TypeVar("_Answer")


@dataclass(frozen=True)
class Step:
    """One call and its answer's facts."""

    rpc: str
    milliseconds: float
    models: Mapping[str, int]
    """Versions of the models that took part, by name."""
    stages: Mapping[str, float]
    """Milliseconds in the server, by stage."""
    pictures: Mapping[str, Image]
    """What came back, by file name."""
    faces: Sequence[Face] = ()
    quality: InversionQuality | None = None

    def report(self) -> dict[str, object]:
        """The step for report.json."""
        return {
            "rpc": self.rpc,
            "milliseconds": round(self.milliseconds, 1),
            "models": [{"name": name, "version": version} for name, version in self.models.items()],
            "stages": {stage: round(milliseconds, 2) for stage, milliseconds in self.stages.items()},
            "pictures": [
                {
                    "file": name,
                    "bytes": len(picture.data),
                    "width_px": picture.width_px,
                    "height_px": picture.height_px,
                }
                for name, picture in self.pictures.items()
            ],
        }


def tell(client: Client, photo: bytes, gray: bytes) -> Iterator[Step]:
    """Calls every RPC that is no stream of another one's answers: the steps, each as soon as it is done.

    Args:
        client: asks the server.
        photo: a photograph with a face, PNG.
        gray: the same without colour, PNG.

    Raises:
        PhizError: a call failed; the message begins with its name.
    """
    models, milliseconds = _timed("ListModels", client.list_models)
    yield Step("ListModels", milliseconds, _versions(models.models), {}, {})

    made, milliseconds = _timed("Generate", lambda: client.generate(COUNT, seed=FIRST_SEED, output=_OUTPUT))
    faces = {f"faces/face-{face.seed}.png": face.image for face in made.faces}
    yield _step("Generate", milliseconds, made.metadata, faces)

    coloured, milliseconds = _timed("Colorize", lambda: client.colorize(gray))
    yield _step("Colorize", milliseconds, coloured.metadata, {"colorized.png": coloured.image})

    yield _translate(client, photo, models.models)

    aligned, milliseconds = _timed("Align", lambda: client.align(photo))
    crops = {f"crop-{number}.png": face.crop for number, face in enumerate(aligned.faces, 1)}
    yield _step("Align", milliseconds, aligned.metadata, crops, faces=aligned.faces)

    inverted, milliseconds = _timed("Invert", lambda: client.invert(photo, output=_OUTPUT))
    pictures = {"reconstruction.png": inverted.reconstruction}
    yield _step("Invert", milliseconds, inverted.metadata, pictures, faces=[inverted.face], quality=inverted.quality)

    mixed, milliseconds = _timed("Mix", lambda: client.mix([photo, MIXED_SEED], output=_OUTPUT))
    yield _step("Mix", milliseconds, mixed.metadata, {"mix.png": mixed.image})

    ends = made.faces[0].latent, made.faces[-1].latent
    parts, milliseconds = _timed("Morph", lambda: list(client.morph(ends, frames=FRAMES, output=_OUTPUT)))
    frames = {f"morph/frame-{part.frame.index}.png": part.frame.image for part in parts if part.HasField("frame")}
    yield _step("Morph", milliseconds, parts[-1].metadata, frames)

    latents = [face.latent for face in made.faces]
    averaged, milliseconds = _timed("Average", lambda: client.average(latents))
    yield _step("Average", milliseconds, averaged.metadata, {"average.png": averaged.image})

    edited, milliseconds = _timed("Edit", lambda: client.edit(MIXED_SEED, EDIT, output=_OUTPUT))
    yield _step("Edit", milliseconds, edited.metadata, {"edit.png": edited.image})

    upscaled, milliseconds = _timed("Upscale", lambda: client.upscale(edited.image.data, scale=4))
    yield _step("Upscale", milliseconds, upscaled.metadata, {"upscaled.png": upscaled.image})

    inspected, milliseconds = _timed("Inspect", lambda: client.inspect(upscaled.image.data))
    yield Step("Inspect", milliseconds, _versions(inspected.provenance.models), {}, {})


def _translate(client: Client, photo: bytes, models: Iterable[Model]) -> Step:
    """The photograph through each filter, and what the translator of the filter makes of that, where there is one."""
    task_of = {model.translation.filter: model.translation.task for model in models}
    pictures: dict[str, Image] = {}
    versions: dict[str, int] = {}
    stages: dict[str, float] = {}
    total = 0.0
    for name in FILTERS:
        task, by_name = task_of.get(name, ""), Filter(name=name)
        call = partial(client.translate, photo, task, filter=by_name, include_input=True)
        answer, milliseconds = _timed("Translate", call)
        pictures[f"translate/{name}.png"] = answer.input if task else answer.image
        if task:
            pictures[translated(name)] = answer.image
        total += milliseconds
        versions |= _versions(answer.metadata.models)
        for stage in answer.metadata.stages:
            stages[stage.stage] = stages.get(stage.stage, 0.0) + 1e3 * stage.seconds
    return Step("Translate", total, versions, stages, pictures)


def translated(name: str) -> str:
    """The file of what a translator makes of the filter's picture."""
    return f"translate/{name}-translated.png"


def _timed(rpc: str, call: Callable[[], _Answer]) -> tuple[_Answer, float]:
    started = time.perf_counter()
    try:
        answer = call()
    except PhizError as error:
        raise PhizError(error.code, error.reason, f"{rpc}: {error.message}") from error
    return answer, 1e3 * (time.perf_counter() - started)


def _step(
    rpc: str,
    milliseconds: float,
    metadata: ResponseMetadata,
    pictures: Mapping[str, Image],
    *,
    faces: Sequence[Face] = (),
    quality: InversionQuality | None = None,
) -> Step:
    stages = {stage.stage: 1e3 * stage.seconds for stage in metadata.stages}
    return Step(rpc, milliseconds, _versions(metadata.models), stages, pictures, faces, quality)


def _versions(models: Iterable[ModelVersion | Model]) -> dict[str, int]:
    return {model.name: model.version for model in models}
