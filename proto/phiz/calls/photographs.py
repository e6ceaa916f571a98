"""The calls that work on photographs and other pictures."""

from phiz.calls.base import Call, Photo, Region, read
from phiz.v1.face_pb2 import FACE_ORDER_UNSPECIFIED, FACE_TREATMENT_UNSPECIFIED, FaceOrder, FaceTreatment
from phiz.v1.image_pb2 import UPSCALE_METHOD_UNSPECIFIED, ImageOptions, UpscaleMethod
from phiz.v1.phiz_pb2 import (
    AlignRequest,
    AlignResponse,
    ColorizeRequest,
    ColorizeResponse,
    Filter,
    InspectRequest,
    InspectResponse,
    Margins,
    Rectangle,
    TranslateRequest,
    TranslateResponse,
    UpscaleRequest,
    UpscaleResponse,
)
from phiz.v1.phiz_pb2_grpc import PhizStub


def colorize(
    stub: PhizStub,
    photo: Photo,
    *,
    saturation: float | None = None,
    strength: float | None = None,
    allow_colour: bool = False,
    faces: FaceTreatment = FACE_TREATMENT_UNSPECIFIED,
    model: str = "",
    output: ImageOptions | None = None,
) -> Call[ColorizeResponse]:
    """Colours a photograph, at its own resolution and with its own luminance.

    Args:
        photo: the photograph.
        saturation: factor on the strength of the colours, 0 (gray) to 1.5 (loud).
        strength: how much of the coloured photograph is mixed into the gray one, 0 (gray) to 1.
        allow_colour: whether to take a photograph that is in colour already, instead of ALREADY_IN_COLOUR.
        faces: whether faces are coloured with the photograph only, or small ones each once more by itself.
        model: colorizer to use.
        output: format, quality and size of the picture.
    """
    request = ColorizeRequest(
        image=read(photo),
        saturation=saturation,
        strength=strength,
        allow_colour=allow_colour,
        faces=faces,
        model=model,
        output=output,
    )
    return Call(stub.Colorize, request)


def translate(
    stub: PhizStub,
    picture: Photo,
    task: str = "",
    *,
    as_input: bool = False,
    filter: Filter | None = None,  # noqa: A002 (the contract's name)
    region: Region | None = None,
    include_input: bool = False,
    output: ImageOptions | None = None,
) -> Call[TranslateResponse]:
    """Translates a picture into another, or filters it.

    Args:
        picture: a photograph, of which the task's filter makes its input.
        task: what to do, for example "sketch"; ``list_models`` tells the tasks. Without one, it is only filtered.
        as_input: whether the picture is the task's input as it is, and no photograph.
        filter: the filter, and what of it is not as by default; it needs a name where there is no task.
        region: what is to be made anew, for tasks that fill holes.
        include_input: whether to answer with the input that the translator saw, too.
        output: format, quality and size of the pictures.
    """
    data = read(picture)
    request = TranslateRequest(task=task, filter=filter, include_input=include_input, output=output)
    if as_input:
        request.input = data
    else:
        request.photo = data
    if isinstance(region, Rectangle):
        request.rectangle.CopyFrom(region)
    elif isinstance(region, Margins):
        request.margins.CopyFrom(region)
    elif region is not None:
        request.mask = read(region)
    return Call(stub.Translate, request)


def upscale(
    stub: PhizStub,
    photo: Photo,
    scale: int = 0,
    *,
    method: UpscaleMethod = UPSCALE_METHOD_UNSPECIFIED,
    output: ImageOptions | None = None,
) -> Call[UpscaleResponse]:
    """Makes a picture larger, transparency included.

    Args:
        photo: the picture.
        scale: 2 or 4; 0 for 2, or for what the size of ``output`` needs.
        method: how; the server's best where it is not said.
        output: format, quality and size of the picture.
    """
    request = UpscaleRequest(image=read(photo), scale=scale, method=method, output=output)
    return Call(stub.Upscale, request)


def align(
    stub: PhizStub,
    photo: Photo,
    *,
    max_faces: int = 0,
    min_size_px: int = 0,
    order: FaceOrder = FACE_ORDER_UNSPECIFIED,
    include_cut_off: bool = False,
    output: ImageOptions | None = None,
) -> Call[AlignResponse]:
    """Finds the usable faces of a photograph, at any angle, and cuts them out upright.

    Args:
        photo: the photograph.
        max_faces: most faces to answer with, the first ones by ``order``; 0 for the server's limit, 64 unless set.
        min_size_px: smallest side of a face's box; 0 for the server's, 16 unless set.
        order: which faces come first; the largest unless said.
        include_cut_off: whether faces with eyes or mouth beyond the photograph's edge are answered with, too.
        output: format, quality and side of the crops.
    """
    request = AlignRequest(
        image=read(photo),
        max_faces=max_faces,
        min_size_px=min_size_px,
        order=order,
        include_cut_off=include_cut_off,
        output=output,
    )
    return Call(stub.Align, request)


def inspect(stub: PhizStub, picture: Photo) -> Call[InspectResponse]:
    """Tells what a picture's file, a GIF too, declares of where it comes from; that proves nothing."""
    return Call(stub.Inspect, InspectRequest(image=read(picture)))
