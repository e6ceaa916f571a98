"""The calls that make and change faces."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from phiz.calls.base import Call, Face, Photo, read
from phiz.v1.face_pb2 import INVERSION_PRESET_UNSPECIFIED, FaceSource, InversionPreset, Latent
from phiz.v1.image_pb2 import ImageOptions
from phiz.v1.phiz_pb2 import (
    ANIMATION_FORMAT_UNSPECIFIED,
    AVERAGE_METHOD_UNSPECIFIED,
    EASING_UNSPECIFIED,
    MIX_METHOD_UNSPECIFIED,
    AnimationFormat,
    AverageMethod,
    AverageRequest,
    AverageResponse,
    Easing,
    EditRequest,
    EditResponse,
    EditStep,
    GenerateRequest,
    GenerateResponse,
    GenerateStreamRequest,
    GenerateStreamResponse,
    InvertRequest,
    InvertResponse,
    InvertStreamRequest,
    InvertStreamResponse,
    MixMethod,
    MixRequest,
    MixResponse,
    MorphRequest,
    MorphResponse,
)
from phiz.v1.phiz_pb2_grpc import PhizStub

if TYPE_CHECKING:
    from grpc import CallIterator


def generate(
    stub: PhizStub,
    count: int | None = None,
    *,
    seed: int | None = None,
    seeds: Sequence[int] = (),
    truncation: float | None = None,
    model: str = "",
    output: ImageOptions | None = None,
) -> Call[GenerateResponse]:
    """Makes new faces: ``count`` of them, of which the i-th one has ``seed + i``, or one of each of ``seeds``.

    Args:
        count: number of faces, 1 to the server's limit (64 unless set); 1 where neither it nor ``seeds`` is given.
        seed: seed of the first face, 0 to 2^64 - 1; the server draws one where it is None.
        seeds: the seed of each face, instead of ``count`` and ``seed``.
        truncation: how far faces stray from the average, 0 to 1.
        model: generator to use.
        output: format, quality and size of the pictures.
    """
    return Call(stub.Generate, _generate_request(count, seed, seeds, truncation, model, output))


def generate_stream(
    stub: PhizStub,
    count: int | None = None,
    *,
    seed: int | None = None,
    seeds: Sequence[int] = (),
    truncation: float | None = None,
    model: str = "",
    output: ImageOptions | None = None,
) -> Call["CallIterator[GenerateStreamResponse]"]:
    """As ``generate``, for up to 1000 faces unless set: each in a message of its own; the last one tells how."""
    request = _generate_request(count, seed, seeds, truncation, model, output)
    return Call(stub.GenerateStream, GenerateStreamRequest(request=request))


def mix(
    stub: PhizStub,
    faces: Sequence[Face],
    *,
    weights: Sequence[float] = (),
    method: MixMethod = MIX_METHOD_UNSPECIFIED,
    style_layers: int = 0,
    paste_back: bool = False,
    preset: InversionPreset = INVERSION_PRESET_UNSPECIFIED,
    output: ImageOptions | None = None,
) -> Call[MixResponse]:
    """Mixes two or more faces into one.

    Args:
        faces: 2 to 8 photographs, latents and seeds, in any combination.
        weights: one a face, not negative; equal where none is given.
        method: linear unless said; along the sphere for seeds, by layers ("styles") for two faces without weights.
        style_layers: by layers, how many come from the first face; half of them where it is 0.
        paste_back: whether to paste the mix into the photograph that the first face must be.
        preset: how much work goes into the faces that come as photographs.
        output: format, quality and size of the picture.
    """
    request = MixRequest(
        faces=map(_source, faces),
        weights=weights,
        method=method,
        style_layers=style_layers,
        paste_back=paste_back,
        preset=preset,
        output=output,
    )
    return Call(stub.Mix, request)


def morph(
    stub: PhizStub,
    faces: Sequence[Face],
    *,
    frames: int = 0,
    easing: Easing = EASING_UNSPECIFIED,
    loop: bool = False,
    animation: AnimationFormat = ANIMATION_FORMAT_UNSPECIFIED,
    frame_milliseconds: int = 0,
    preset: InversionPreset = INVERSION_PRESET_UNSPECIFIED,
    output: ImageOptions | None = None,
) -> Call["CallIterator[MorphResponse]"]:
    """Turns one face into another: each frame in a message of its own, then the animation, and last how.

    Args:
        faces: 2 to 8 photographs, latents and seeds, in their order.
        frames: number of frames, at least one a face; 24 where it is 0.
        easing: how to move; slow at each face unless said.
        loop: whether the way leads on from the last face to the first.
        animation: format of the animation; without one, each frame comes with its picture.
        frame_milliseconds: how long the animation shows a frame; 60 where it is 0.
        preset: how much work goes into the faces that come as photographs.
        output: format, quality and size of the pictures; of an animation, its quality and size.
    """
    request = MorphRequest(
        faces=map(_source, faces),
        frames=frames,
        easing=easing,
        loop=loop,
        animation=animation,
        frame_milliseconds=frame_milliseconds,
        preset=preset,
        output=output,
    )
    return Call(stub.Morph, request)


def average(
    stub: PhizStub,
    faces: Sequence[Face],
    *,
    method: AverageMethod = AVERAGE_METHOD_UNSPECIFIED,
    preset: InversionPreset = INVERSION_PRESET_UNSPECIFIED,
    output: ImageOptions | None = None,
) -> Call[AverageResponse]:
    """Averages many faces.

    Args:
        faces: photographs, latents and seeds, 2 to the server's limit (64 unless set).
        method: in pixels unless said.
        preset: with latents, how much work goes into the faces that come as photographs; fast unless said.
        output: format, quality and size of the picture, 256 px where it has none.
    """
    request = AverageRequest(faces=map(_source, faces), method=method, preset=preset, output=output)
    return Call(stub.Average, request)


def edit(
    stub: PhizStub,
    face: Face,
    steps: Sequence[tuple[str | int, float]],
    *,
    preset: InversionPreset = INVERSION_PRESET_UNSPECIFIED,
    paste_back: bool = False,
    output: ImageOptions | None = None,
) -> Call[EditResponse]:
    """Changes a face along directions of its latent.

    Args:
        face: a photograph, a latent or a seed.
        steps: 1 to 16 changes, which add up: the name of a direction, or the number of a component, and how far, -10 to
            10 standard deviations of new faces. ``list_models`` tells the names and how many numbers there are.
        preset: how much work goes into a face that comes as a photograph.
        paste_back: whether to change the face in the photograph that it must come from, whose finer detail stays.
        output: format, quality and size of the picture.
    """
    request = EditRequest(
        face=_source(face), steps=map(_step, steps), preset=preset, paste_back=paste_back, output=output
    )
    return Call(stub.Edit, request)


def invert(
    stub: PhizStub,
    photo: Photo,
    *,
    preset: InversionPreset = INVERSION_PRESET_UNSPECIFIED,
    max_evaluations: int | None = None,
    tolerance: float | None = None,
    output: ImageOptions | None = None,
) -> Call[InvertResponse]:
    """Finds the latent of the largest usable face of a photograph.

    Args:
        photo: a photograph with at least one face.
        preset: how much work to do.
        max_evaluations: most evaluations of the generator, 0 (the encoder alone) to the server's limit.
        tolerance: mean squared error, pixels in 0..1, at which to stop.
        output: format, quality and size of the pictures.
    """
    return Call(stub.Invert, _invert_request(photo, preset, max_evaluations, tolerance, output))


def invert_stream(
    stub: PhizStub,
    photo: Photo,
    *,
    preset: InversionPreset = INVERSION_PRESET_UNSPECIFIED,
    max_evaluations: int | None = None,
    tolerance: float | None = None,
    output: ImageOptions | None = None,
) -> Call["CallIterator[InvertStreamResponse]"]:
    """As ``invert``: how far it has come, in messages of their own, and last the result."""
    request = _invert_request(photo, preset, max_evaluations, tolerance, output)
    return Call(stub.InvertStream, InvertStreamRequest(request=request))


def _invert_request(
    photo: Photo,
    preset: InversionPreset,
    max_evaluations: int | None,
    tolerance: float | None,
    output: ImageOptions | None,
) -> InvertRequest:
    return InvertRequest(
        image=read(photo), preset=preset, max_evaluations=max_evaluations, tolerance=tolerance, output=output
    )


def _generate_request(
    count: int | None,
    seed: int | None,
    seeds: Sequence[int],
    truncation: float | None,
    model: str,
    output: ImageOptions | None,
) -> GenerateRequest:
    if count is None and not seeds:
        count = 1
    return GenerateRequest(count=count, seed=seed, seeds=seeds, truncation=truncation, model=model, output=output)


def _step(step: tuple[str | int, float]) -> EditStep:
    direction, strength = step
    if isinstance(direction, str):
        return EditStep(name=direction, strength=strength)
    return EditStep(component=direction, strength=strength)


def _source(face: Face) -> FaceSource:
    if isinstance(face, FaceSource):
        return face
    if isinstance(face, Latent):
        return FaceSource(latent=face)
    if isinstance(face, int):
        return FaceSource(seed=face)
    return FaceSource(image=read(face))
