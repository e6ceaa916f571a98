"""Messages of the contract to plain values and back."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Final, TypeVar

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from serving import latents
from serving.animation import MAX_FRAME_MILLISECONDS, MIN_FRAME_MILLISECONDS, Animation, AnimationFormat
from serving.engine.base import ModelVersion
from serving.errors import FieldsConflict, OutOfRange, RequestError
from serving.filtering import SentFilter
from serving.images import EncodedImage, Encoding, Format, Upscaling
from serving.latents import Latent, SentLatent
from serving.operations import average, mix
from serving.operations.align import AlignedFace, Order
from serving.operations.checks import in_range
from serving.operations.colorize import Strengths
from serving.operations.edit import Step
from serving.operations.face_source import FaceSource
from serving.operations.generate import GeneratedFace
from serving.operations.invert import Inversion, InversionArguments, InvertedFace, Preset, Progress
from serving.operations.morph import Easing, Frame
from serving.operations.region import Margins, Rectangle, Region
from serving.operations.translate import Source
from serving.pipeline import Job
from serving.provenance import Declaration, Provenance, SourceType

E = TypeVar("E", bound=int)
T = TypeVar("T")

MIN_OUTPUT_PX: Final = 16
DEFAULT_QUALITY: Final = 92
DEFAULT_FRAME_MILLISECONDS: Final = 60

_FORMATS: Final = {
    image_pb2.IMAGE_FORMAT_UNSPECIFIED: Format.PNG,
    image_pb2.IMAGE_FORMAT_PNG: Format.PNG,
    image_pb2.IMAGE_FORMAT_JPEG: Format.JPEG,
    image_pb2.IMAGE_FORMAT_WEBP: Format.WEBP,
}
_UPSCALINGS: Final = {
    image_pb2.UPSCALE_METHOD_UNSPECIFIED: None,
    image_pb2.UPSCALE_METHOD_MODEL: Upscaling.MODEL,
    image_pb2.UPSCALE_METHOD_BICUBIC: Upscaling.BICUBIC,
    image_pb2.UPSCALE_METHOD_LANCZOS: Upscaling.LANCZOS,
    image_pb2.UPSCALE_METHOD_EDGE_DIRECTED: Upscaling.EDGE_DIRECTED,
}
_PRESETS: Final = {
    face_pb2.INVERSION_PRESET_UNSPECIFIED: None,
    face_pb2.INVERSION_PRESET_FAST: Preset.FAST,
    face_pb2.INVERSION_PRESET_STANDARD: Preset.STANDARD,
    face_pb2.INVERSION_PRESET_BEST: Preset.BEST,
}
_MIX_METHODS: Final = {
    phiz_pb2.MIX_METHOD_UNSPECIFIED: mix.Method.LINEAR,
    phiz_pb2.MIX_METHOD_LINEAR: mix.Method.LINEAR,
    phiz_pb2.MIX_METHOD_SPHERICAL: mix.Method.SPHERICAL,
    phiz_pb2.MIX_METHOD_STYLES: mix.Method.STYLES,
}
_AVERAGE_METHODS: Final = {
    phiz_pb2.AVERAGE_METHOD_UNSPECIFIED: average.Method.PIXELS,
    phiz_pb2.AVERAGE_METHOD_PIXELS: average.Method.PIXELS,
    phiz_pb2.AVERAGE_METHOD_LATENT: average.Method.LATENT,
}
_EASINGS: Final = {
    phiz_pb2.EASING_UNSPECIFIED: Easing.IN_OUT,
    phiz_pb2.EASING_IN_OUT: Easing.IN_OUT,
    phiz_pb2.EASING_LINEAR: Easing.LINEAR,
}
_ANIMATION_FORMATS: Final = {
    phiz_pb2.ANIMATION_FORMAT_UNSPECIFIED: None,
    phiz_pb2.ANIMATION_FORMAT_WEBP: AnimationFormat.WEBP,
    phiz_pb2.ANIMATION_FORMAT_GIF: AnimationFormat.GIF,
}
_ORDERS: Final = {
    face_pb2.FACE_ORDER_UNSPECIFIED: Order.LARGEST_FIRST,
    face_pb2.FACE_ORDER_LARGEST_FIRST: Order.LARGEST_FIRST,
    face_pb2.FACE_ORDER_LEFT_TO_RIGHT: Order.LEFT_TO_RIGHT,
    face_pb2.FACE_ORDER_BEST_SCORE_FIRST: Order.BEST_SCORE_FIRST,
}
_EACH_FACE: Final = {
    face_pb2.FACE_TREATMENT_UNSPECIFIED: False,
    face_pb2.FACE_TREATMENT_WITH_PHOTOGRAPH: False,
    face_pb2.FACE_TREATMENT_EACH_AGAIN: True,
}
_SOURCE_TYPES: Final = {
    None: image_pb2.DIGITAL_SOURCE_TYPE_UNSPECIFIED,
    SourceType.GENERATED: image_pb2.DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA,
    SourceType.COMPOSITE: image_pb2.DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
    SourceType.ENHANCED: image_pb2.DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED,
}


@contextmanager
def inside(field: str) -> Iterator[None]:
    """Names the field at fault as the caller knows it, where the operation's own request stands in ``field``."""
    try:
        yield
    except RequestError as error:
        if error.field:
            error.field = f"{field}.{error.field}"
        raise


def encoding(options: image_pb2.ImageOptions, max_output_px: int) -> Encoding:
    """Reads ImageOptions.

    Raises:
        OutOfRange: an unknown format or upscaling, or a quality or size out of range.
    """
    file_format = _known("output.format", options.format, _FORMATS)
    in_range("output.quality", options.quality, 0, 100)
    if options.size_px:
        in_range("output.size_px", options.size_px, MIN_OUTPUT_PX, max_output_px)
    method = upscaling("output.upscaling", options.upscaling)
    return Encoding(file_format, options.quality or DEFAULT_QUALITY, options.size_px or None, method)


def upscaling(field: str, value: image_pb2.UpscaleMethod) -> Upscaling | None:
    """Reads an UpscaleMethod; None if it says nothing.

    Raises:
        OutOfRange: there is no such method.
    """
    return _known(field, value, _UPSCALINGS)


def preset(value: face_pb2.InversionPreset, default: Preset = Preset.STANDARD) -> Preset:
    """Reads an InversionPreset; ``default`` where it is not said.

    Raises:
        OutOfRange: there is no such preset.
    """
    return _known("preset", value, _PRESETS) or default


def mix_method(value: phiz_pb2.MixMethod) -> mix.Method:
    """Reads a MixMethod.

    Raises:
        OutOfRange: there is no such method.
    """
    return _known("method", value, _MIX_METHODS)


def average_method(value: phiz_pb2.AverageMethod) -> average.Method:
    """Reads an AverageMethod.

    Raises:
        OutOfRange: there is no such method.
    """
    return _known("method", value, _AVERAGE_METHODS)


def easing(value: phiz_pb2.Easing) -> Easing:
    """Reads an Easing.

    Raises:
        OutOfRange: there is no such easing.
    """
    return _known("easing", value, _EASINGS)


def animation(request: phiz_pb2.MorphRequest) -> Animation | None:
    """Reads how a morph is to be animated; None for frames one by one.

    Raises:
        OutOfRange: there is no such format, or the time of a frame is out of range.
        FieldsConflict: there is no animation, and a time of its frames.
    """
    file_format = _known("animation", request.animation, _ANIMATION_FORMATS)
    milliseconds = request.frame_milliseconds
    if file_format is None:
        if milliseconds:
            raise FieldsConflict("Only an animation has a time of frames.", field="frame_milliseconds")
        return None
    if milliseconds:
        in_range("frame_milliseconds", milliseconds, MIN_FRAME_MILLISECONDS, MAX_FRAME_MILLISECONDS)
    return Animation(file_format, milliseconds or DEFAULT_FRAME_MILLISECONDS)


def order(value: face_pb2.FaceOrder) -> Order:
    """Reads a FaceOrder.

    Raises:
        OutOfRange: there is no such order.
    """
    return _known("order", value, _ORDERS)


def each_face(value: face_pb2.FaceTreatment) -> bool:
    """Reads a FaceTreatment: whether each face is worked on once more by itself.

    Raises:
        OutOfRange: there is no such treatment.
    """
    return _known("faces", value, _EACH_FACE)


def face_source(source: face_pb2.FaceSource) -> FaceSource:
    """Reads a FaceSource."""
    truncation = source.truncation if source.HasField("truncation") else None
    match source.WhichOneof("source"):
        case "image" | "seed" as kind:
            return FaceSource(getattr(source, kind), truncation)
        case "latent":
            sent = source.latent
            model = ModelVersion(sent.model.name, sent.model.version)
            return FaceSource(SentLatent(sent.data, tuple(sent.shape), model), truncation)
        case _:
            return FaceSource(None, truncation)


def edit_step(step: phiz_pb2.EditStep) -> Step:
    """Reads an EditStep."""
    match step.WhichOneof("direction"):
        case "name":
            return Step(step.name, step.strength)
        case "component":
            return Step(step.component, step.strength)
        case _:
            return Step(None, step.strength)


def strengths(request: phiz_pb2.ColorizeRequest) -> Strengths:
    """Reads how strong the colours of a ColorizeRequest are."""
    return Strengths(
        saturation=request.saturation if request.HasField("saturation") else 1.0,
        strength=request.strength if request.HasField("strength") else 1.0,
    )


def source(request: phiz_pb2.TranslateRequest) -> Source | None:
    """Reads which picture a TranslateRequest brings; None if it brings none."""
    match request.WhichOneof("source"):
        case "photo":
            return Source(request.photo, is_photo=True)
        case "input":
            return Source(request.input, is_photo=False)
        case _:
            return None


def sent_filter(value: phiz_pb2.Filter) -> SentFilter:
    """Reads a Filter."""
    parameters = {name: getattr(value, name) for name in ("low", "high", "line_px") if value.HasField(name)}
    if value.levels:
        parameters["levels"] = list(value.levels)
    return SentFilter(value.name, parameters)


def region(request: phiz_pb2.TranslateRequest) -> Region | None:
    """Reads what a TranslateRequest wants made anew; None if it does not say."""
    match request.WhichOneof("region"):
        case "mask":
            return request.mask
        case "rectangle":
            part = request.rectangle
            return Rectangle(part.x_px, part.y_px, part.width_px, part.height_px)
        case "margins":
            beyond = request.margins
            return Margins(beyond.left_px, beyond.top_px, beyond.right_px, beyond.bottom_px)
        case _:
            return None


def model_version(model: ModelVersion) -> image_pb2.ModelVersion:
    """Writes a ModelVersion."""
    return image_pb2.ModelVersion(name=model.name, version=model.version)


def image(file: EncodedImage) -> image_pb2.Image:
    """Writes an Image."""
    return image_pb2.Image(
        data=file.data,
        mime_type=file.mime_type,
        width_px=file.width_px,
        height_px=file.height_px,
        provenance=provenance(file.provenance),
    )


def provenance(value: Provenance | Declaration) -> image_pb2.Provenance:
    """Writes a Provenance."""
    return image_pb2.Provenance(
        digital_source_type=_SOURCE_TYPES[value.source_type],
        models=[model_version(model) for model in value.models],
        seed=value.seed,
    )


def latent(value: Latent) -> face_pb2.Latent:
    """Writes a Latent."""
    return face_pb2.Latent(
        data=latents.to_bytes(value.w_plus), shape=value.w_plus.shape, model=model_version(value.model)
    )


def generated_face(face: GeneratedFace) -> phiz_pb2.GeneratedFace:
    """Writes a GeneratedFace."""
    return phiz_pb2.GeneratedFace(image=image(face.image), seed=face.seed, latent=latent(face.latent))


def morph_frame(frame: Frame) -> phiz_pb2.MorphFrame:
    """Writes a MorphFrame."""
    return phiz_pb2.MorphFrame(
        index=frame.index,
        position=frame.position,
        image=image(frame.image) if frame.image else None,
        latent=latent(frame.latent),
    )


def face(aligned: AlignedFace) -> face_pb2.Face:
    """Writes a Face."""
    points = [face_pb2.Point(x_px=x, y_px=y) for x, y in aligned.found.landmarks_px.tolist()]
    left_eye, right_eye, nose, mouth_left, mouth_right = points
    x, y, width, height = aligned.found.box_px
    a, b, c, d, e, f = aligned.crop_to_photo.ravel().tolist()
    return face_pb2.Face(
        box=face_pb2.Box(x_px=x, y_px=y, width_px=width, height_px=height),
        landmarks=face_pb2.Landmarks(
            left_eye=left_eye, right_eye=right_eye, nose=nose, mouth_left=mouth_left, mouth_right=mouth_right
        ),
        score=aligned.found.score,
        roll_degrees=aligned.found.roll_degrees,
        crop=image(aligned.crop),
        crop_to_photo=face_pb2.AffineTransform(a=a, b=b, c=c, d=d, e=e, f=f),
        cut_off=aligned.cut_off,
    )


def quality(inversion: Inversion) -> face_pb2.InversionQuality:
    """Writes an InversionQuality."""
    return face_pb2.InversionQuality(loss=inversion.loss, psnr_db=inversion.psnr_db, evaluations=inversion.evaluations)


def inversion(request: phiz_pb2.InvertRequest, max_output_px: int) -> InversionArguments:
    """Reads an InvertRequest.

    Raises:
        OutOfRange: an unknown preset, or as :func:`encoding` says.
    """
    return InversionArguments(
        image=request.image,
        preset=preset(request.preset),
        max_evaluations=request.max_evaluations if request.HasField("max_evaluations") else None,
        tolerance=request.tolerance if request.HasField("tolerance") else None,
        output=encoding(request.output, max_output_px),
    )


def inverted_face(inverted: InvertedFace, how: phiz_pb2.ResponseMetadata) -> phiz_pb2.InvertResponse:
    """Writes an InvertResponse."""
    return phiz_pb2.InvertResponse(
        latent=latent(inverted.latent),
        reconstruction=image(inverted.reconstruction),
        face=face(inverted.face),
        quality=quality(inverted.inversion),
        metadata=how,
    )


def progress(part: Progress) -> phiz_pb2.InversionProgress:
    """Writes an InversionProgress."""
    return phiz_pb2.InversionProgress(
        quality=quality(part.inversion),
        max_evaluations=part.max_evaluations,
        reconstruction=image(part.reconstruction),
    )


def metadata(job: Job, request_id: str) -> phiz_pb2.ResponseMetadata:
    """Writes how an answer was made."""
    return phiz_pb2.ResponseMetadata(
        request_id=request_id,
        models=[model_version(model) for model in job.models],
        stages=[phiz_pb2.StageTime(stage=stage, seconds=seconds) for stage, seconds in job.stage_seconds().items()],
    )


def _known(field: str, value: E, meanings: Mapping[E, T]) -> T:
    """What a number of an enum means; OutOfRange if it means nothing, as one of a later version of the contract."""
    if value not in meanings:
        raise OutOfRange(field, value, min(meanings), max(meanings))
    return meanings[value]
