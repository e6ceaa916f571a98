from phiz.v1 import face_pb2 as _face_pb2
from phiz.v1 import image_pb2 as _image_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class MixMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    MIX_METHOD_UNSPECIFIED: _ClassVar[MixMethod]
    MIX_METHOD_LINEAR: _ClassVar[MixMethod]
    MIX_METHOD_SPHERICAL: _ClassVar[MixMethod]
    MIX_METHOD_STYLES: _ClassVar[MixMethod]

class Easing(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EASING_UNSPECIFIED: _ClassVar[Easing]
    EASING_IN_OUT: _ClassVar[Easing]
    EASING_LINEAR: _ClassVar[Easing]

class AnimationFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ANIMATION_FORMAT_UNSPECIFIED: _ClassVar[AnimationFormat]
    ANIMATION_FORMAT_WEBP: _ClassVar[AnimationFormat]
    ANIMATION_FORMAT_GIF: _ClassVar[AnimationFormat]

class AverageMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    AVERAGE_METHOD_UNSPECIFIED: _ClassVar[AverageMethod]
    AVERAGE_METHOD_PIXELS: _ClassVar[AverageMethod]
    AVERAGE_METHOD_LATENT: _ClassVar[AverageMethod]

class Evidence(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    EVIDENCE_UNSPECIFIED: _ClassVar[Evidence]
    EVIDENCE_NOTHING_FOUND: _ClassVar[Evidence]
    EVIDENCE_DECLARED: _ClassVar[Evidence]
    EVIDENCE_UNREADABLE: _ClassVar[Evidence]

class Verification(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    VERIFICATION_UNSPECIFIED: _ClassVar[Verification]
    VERIFICATION_NOT_VERIFIED: _ClassVar[Verification]
    VERIFICATION_INVALID: _ClassVar[Verification]
    VERIFICATION_SIGNED: _ClassVar[Verification]
    VERIFICATION_TRUSTED: _ClassVar[Verification]
MIX_METHOD_UNSPECIFIED: MixMethod
MIX_METHOD_LINEAR: MixMethod
MIX_METHOD_SPHERICAL: MixMethod
MIX_METHOD_STYLES: MixMethod
EASING_UNSPECIFIED: Easing
EASING_IN_OUT: Easing
EASING_LINEAR: Easing
ANIMATION_FORMAT_UNSPECIFIED: AnimationFormat
ANIMATION_FORMAT_WEBP: AnimationFormat
ANIMATION_FORMAT_GIF: AnimationFormat
AVERAGE_METHOD_UNSPECIFIED: AverageMethod
AVERAGE_METHOD_PIXELS: AverageMethod
AVERAGE_METHOD_LATENT: AverageMethod
EVIDENCE_UNSPECIFIED: Evidence
EVIDENCE_NOTHING_FOUND: Evidence
EVIDENCE_DECLARED: Evidence
EVIDENCE_UNREADABLE: Evidence
VERIFICATION_UNSPECIFIED: Verification
VERIFICATION_NOT_VERIFIED: Verification
VERIFICATION_INVALID: Verification
VERIFICATION_SIGNED: Verification
VERIFICATION_TRUSTED: Verification

class StageTime(_message.Message):
    __slots__ = ("stage", "seconds")
    STAGE_FIELD_NUMBER: _ClassVar[int]
    SECONDS_FIELD_NUMBER: _ClassVar[int]
    stage: str
    seconds: float
    def __init__(self, stage: _Optional[str] = ..., seconds: _Optional[float] = ...) -> None: ...

class ResponseMetadata(_message.Message):
    __slots__ = ("request_id", "models", "stages")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    STAGES_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    models: _containers.RepeatedCompositeFieldContainer[_image_pb2.ModelVersion]
    stages: _containers.RepeatedCompositeFieldContainer[StageTime]
    def __init__(self, request_id: _Optional[str] = ..., models: _Optional[_Iterable[_Union[_image_pb2.ModelVersion, _Mapping]]] = ..., stages: _Optional[_Iterable[_Union[StageTime, _Mapping]]] = ...) -> None: ...

class GenerateRequest(_message.Message):
    __slots__ = ("count", "seed", "truncation", "model", "output", "seeds")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TRUNCATION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    SEEDS_FIELD_NUMBER: _ClassVar[int]
    count: int
    seed: int
    truncation: float
    model: str
    output: _image_pb2.ImageOptions
    seeds: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, count: _Optional[int] = ..., seed: _Optional[int] = ..., truncation: _Optional[float] = ..., model: _Optional[str] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ..., seeds: _Optional[_Iterable[int]] = ...) -> None: ...

class GeneratedFace(_message.Message):
    __slots__ = ("image", "seed", "latent")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    LATENT_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    seed: int
    latent: _face_pb2.Latent
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., seed: _Optional[int] = ..., latent: _Optional[_Union[_face_pb2.Latent, _Mapping]] = ...) -> None: ...

class GenerateResponse(_message.Message):
    __slots__ = ("faces", "metadata")
    FACES_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[GeneratedFace]
    metadata: ResponseMetadata
    def __init__(self, faces: _Optional[_Iterable[_Union[GeneratedFace, _Mapping]]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class GenerateStreamRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: GenerateRequest
    def __init__(self, request: _Optional[_Union[GenerateRequest, _Mapping]] = ...) -> None: ...

class GenerateStreamResponse(_message.Message):
    __slots__ = ("face", "metadata")
    FACE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    face: GeneratedFace
    metadata: ResponseMetadata
    def __init__(self, face: _Optional[_Union[GeneratedFace, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class ColorizeRequest(_message.Message):
    __slots__ = ("image", "saturation", "model", "output", "faces", "strength", "allow_colour")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SATURATION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    ALLOW_COLOUR_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    saturation: float
    model: str
    output: _image_pb2.ImageOptions
    faces: _face_pb2.FaceTreatment
    strength: float
    allow_colour: bool
    def __init__(self, image: _Optional[bytes] = ..., saturation: _Optional[float] = ..., model: _Optional[str] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ..., faces: _Optional[_Union[_face_pb2.FaceTreatment, str]] = ..., strength: _Optional[float] = ..., allow_colour: _Optional[bool] = ...) -> None: ...

class ColorizeResponse(_message.Message):
    __slots__ = ("image", "metadata", "faces")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    metadata: ResponseMetadata
    faces: int
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ..., faces: _Optional[int] = ...) -> None: ...

class Filter(_message.Message):
    __slots__ = ("name", "levels", "low", "high", "line_px")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LEVELS_FIELD_NUMBER: _ClassVar[int]
    LOW_FIELD_NUMBER: _ClassVar[int]
    HIGH_FIELD_NUMBER: _ClassVar[int]
    LINE_PX_FIELD_NUMBER: _ClassVar[int]
    name: str
    levels: _containers.RepeatedScalarFieldContainer[int]
    low: float
    high: float
    line_px: float
    def __init__(self, name: _Optional[str] = ..., levels: _Optional[_Iterable[int]] = ..., low: _Optional[float] = ..., high: _Optional[float] = ..., line_px: _Optional[float] = ...) -> None: ...

class Rectangle(_message.Message):
    __slots__ = ("x_px", "y_px", "width_px", "height_px")
    X_PX_FIELD_NUMBER: _ClassVar[int]
    Y_PX_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    x_px: int
    y_px: int
    width_px: int
    height_px: int
    def __init__(self, x_px: _Optional[int] = ..., y_px: _Optional[int] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...

class Margins(_message.Message):
    __slots__ = ("left_px", "top_px", "right_px", "bottom_px")
    LEFT_PX_FIELD_NUMBER: _ClassVar[int]
    TOP_PX_FIELD_NUMBER: _ClassVar[int]
    RIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    BOTTOM_PX_FIELD_NUMBER: _ClassVar[int]
    left_px: int
    top_px: int
    right_px: int
    bottom_px: int
    def __init__(self, left_px: _Optional[int] = ..., top_px: _Optional[int] = ..., right_px: _Optional[int] = ..., bottom_px: _Optional[int] = ...) -> None: ...

class TranslateRequest(_message.Message):
    __slots__ = ("task", "photo", "input", "filter", "mask", "rectangle", "margins", "include_input", "output")
    TASK_FIELD_NUMBER: _ClassVar[int]
    PHOTO_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    MASK_FIELD_NUMBER: _ClassVar[int]
    RECTANGLE_FIELD_NUMBER: _ClassVar[int]
    MARGINS_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_INPUT_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    task: str
    photo: bytes
    input: bytes
    filter: Filter
    mask: bytes
    rectangle: Rectangle
    margins: Margins
    include_input: bool
    output: _image_pb2.ImageOptions
    def __init__(self, task: _Optional[str] = ..., photo: _Optional[bytes] = ..., input: _Optional[bytes] = ..., filter: _Optional[_Union[Filter, _Mapping]] = ..., mask: _Optional[bytes] = ..., rectangle: _Optional[_Union[Rectangle, _Mapping]] = ..., margins: _Optional[_Union[Margins, _Mapping]] = ..., include_input: _Optional[bool] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

class TranslateResponse(_message.Message):
    __slots__ = ("image", "input", "metadata")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    INPUT_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    input: _image_pb2.Image
    metadata: ResponseMetadata
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., input: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class MixRequest(_message.Message):
    __slots__ = ("faces", "weights", "preset", "output", "method", "style_layers", "paste_back")
    FACES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    STYLE_LAYERS_FIELD_NUMBER: _ClassVar[int]
    PASTE_BACK_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[_face_pb2.FaceSource]
    weights: _containers.RepeatedScalarFieldContainer[float]
    preset: _face_pb2.InversionPreset
    output: _image_pb2.ImageOptions
    method: MixMethod
    style_layers: int
    paste_back: bool
    def __init__(self, faces: _Optional[_Iterable[_Union[_face_pb2.FaceSource, _Mapping]]] = ..., weights: _Optional[_Iterable[float]] = ..., preset: _Optional[_Union[_face_pb2.InversionPreset, str]] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ..., method: _Optional[_Union[MixMethod, str]] = ..., style_layers: _Optional[int] = ..., paste_back: _Optional[bool] = ...) -> None: ...

class MixResponse(_message.Message):
    __slots__ = ("image", "latent", "sources", "metadata")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LATENT_FIELD_NUMBER: _ClassVar[int]
    SOURCES_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    latent: _face_pb2.Latent
    sources: _containers.RepeatedCompositeFieldContainer[_face_pb2.Latent]
    metadata: ResponseMetadata
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., latent: _Optional[_Union[_face_pb2.Latent, _Mapping]] = ..., sources: _Optional[_Iterable[_Union[_face_pb2.Latent, _Mapping]]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class InvertRequest(_message.Message):
    __slots__ = ("image", "preset", "max_evaluations", "tolerance", "output")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    MAX_EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    TOLERANCE_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    preset: _face_pb2.InversionPreset
    max_evaluations: int
    tolerance: float
    output: _image_pb2.ImageOptions
    def __init__(self, image: _Optional[bytes] = ..., preset: _Optional[_Union[_face_pb2.InversionPreset, str]] = ..., max_evaluations: _Optional[int] = ..., tolerance: _Optional[float] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

class InvertResponse(_message.Message):
    __slots__ = ("latent", "reconstruction", "face", "quality", "metadata")
    LATENT_FIELD_NUMBER: _ClassVar[int]
    RECONSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    FACE_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    latent: _face_pb2.Latent
    reconstruction: _image_pb2.Image
    face: _face_pb2.Face
    quality: _face_pb2.InversionQuality
    metadata: ResponseMetadata
    def __init__(self, latent: _Optional[_Union[_face_pb2.Latent, _Mapping]] = ..., reconstruction: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., face: _Optional[_Union[_face_pb2.Face, _Mapping]] = ..., quality: _Optional[_Union[_face_pb2.InversionQuality, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class InvertStreamRequest(_message.Message):
    __slots__ = ("request",)
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    request: InvertRequest
    def __init__(self, request: _Optional[_Union[InvertRequest, _Mapping]] = ...) -> None: ...

class InversionProgress(_message.Message):
    __slots__ = ("quality", "max_evaluations", "reconstruction")
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    MAX_EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    RECONSTRUCTION_FIELD_NUMBER: _ClassVar[int]
    quality: _face_pb2.InversionQuality
    max_evaluations: int
    reconstruction: _image_pb2.Image
    def __init__(self, quality: _Optional[_Union[_face_pb2.InversionQuality, _Mapping]] = ..., max_evaluations: _Optional[int] = ..., reconstruction: _Optional[_Union[_image_pb2.Image, _Mapping]] = ...) -> None: ...

class InvertStreamResponse(_message.Message):
    __slots__ = ("progress", "result")
    PROGRESS_FIELD_NUMBER: _ClassVar[int]
    RESULT_FIELD_NUMBER: _ClassVar[int]
    progress: InversionProgress
    result: InvertResponse
    def __init__(self, progress: _Optional[_Union[InversionProgress, _Mapping]] = ..., result: _Optional[_Union[InvertResponse, _Mapping]] = ...) -> None: ...

class MorphRequest(_message.Message):
    __slots__ = ("faces", "frames", "easing", "loop", "animation", "frame_milliseconds", "preset", "output")
    FACES_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    EASING_FIELD_NUMBER: _ClassVar[int]
    LOOP_FIELD_NUMBER: _ClassVar[int]
    ANIMATION_FIELD_NUMBER: _ClassVar[int]
    FRAME_MILLISECONDS_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[_face_pb2.FaceSource]
    frames: int
    easing: Easing
    loop: bool
    animation: AnimationFormat
    frame_milliseconds: int
    preset: _face_pb2.InversionPreset
    output: _image_pb2.ImageOptions
    def __init__(self, faces: _Optional[_Iterable[_Union[_face_pb2.FaceSource, _Mapping]]] = ..., frames: _Optional[int] = ..., easing: _Optional[_Union[Easing, str]] = ..., loop: _Optional[bool] = ..., animation: _Optional[_Union[AnimationFormat, str]] = ..., frame_milliseconds: _Optional[int] = ..., preset: _Optional[_Union[_face_pb2.InversionPreset, str]] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

class MorphFrame(_message.Message):
    __slots__ = ("index", "position", "image", "latent")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    POSITION_FIELD_NUMBER: _ClassVar[int]
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LATENT_FIELD_NUMBER: _ClassVar[int]
    index: int
    position: float
    image: _image_pb2.Image
    latent: _face_pb2.Latent
    def __init__(self, index: _Optional[int] = ..., position: _Optional[float] = ..., image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., latent: _Optional[_Union[_face_pb2.Latent, _Mapping]] = ...) -> None: ...

class MorphResponse(_message.Message):
    __slots__ = ("frame", "animation", "metadata")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    ANIMATION_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    frame: MorphFrame
    animation: _image_pb2.Image
    metadata: ResponseMetadata
    def __init__(self, frame: _Optional[_Union[MorphFrame, _Mapping]] = ..., animation: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class AverageRequest(_message.Message):
    __slots__ = ("faces", "method", "preset", "output")
    FACES_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[_face_pb2.FaceSource]
    method: AverageMethod
    preset: _face_pb2.InversionPreset
    output: _image_pb2.ImageOptions
    def __init__(self, faces: _Optional[_Iterable[_Union[_face_pb2.FaceSource, _Mapping]]] = ..., method: _Optional[_Union[AverageMethod, str]] = ..., preset: _Optional[_Union[_face_pb2.InversionPreset, str]] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

class AverageResponse(_message.Message):
    __slots__ = ("image", "latent", "metadata")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LATENT_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    latent: _face_pb2.Latent
    metadata: ResponseMetadata
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., latent: _Optional[_Union[_face_pb2.Latent, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class EditStep(_message.Message):
    __slots__ = ("name", "component", "strength")
    NAME_FIELD_NUMBER: _ClassVar[int]
    COMPONENT_FIELD_NUMBER: _ClassVar[int]
    STRENGTH_FIELD_NUMBER: _ClassVar[int]
    name: str
    component: int
    strength: float
    def __init__(self, name: _Optional[str] = ..., component: _Optional[int] = ..., strength: _Optional[float] = ...) -> None: ...

class EditRequest(_message.Message):
    __slots__ = ("face", "steps", "preset", "paste_back", "output")
    FACE_FIELD_NUMBER: _ClassVar[int]
    STEPS_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    PASTE_BACK_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    face: _face_pb2.FaceSource
    steps: _containers.RepeatedCompositeFieldContainer[EditStep]
    preset: _face_pb2.InversionPreset
    paste_back: bool
    output: _image_pb2.ImageOptions
    def __init__(self, face: _Optional[_Union[_face_pb2.FaceSource, _Mapping]] = ..., steps: _Optional[_Iterable[_Union[EditStep, _Mapping]]] = ..., preset: _Optional[_Union[_face_pb2.InversionPreset, str]] = ..., paste_back: _Optional[bool] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

class EditResponse(_message.Message):
    __slots__ = ("image", "latent", "source", "metadata")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LATENT_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    latent: _face_pb2.Latent
    source: _face_pb2.Latent
    metadata: ResponseMetadata
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., latent: _Optional[_Union[_face_pb2.Latent, _Mapping]] = ..., source: _Optional[_Union[_face_pb2.Latent, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class UpscaleRequest(_message.Message):
    __slots__ = ("image", "scale", "method", "output")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    METHOD_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    scale: int
    method: _image_pb2.UpscaleMethod
    output: _image_pb2.ImageOptions
    def __init__(self, image: _Optional[bytes] = ..., scale: _Optional[int] = ..., method: _Optional[_Union[_image_pb2.UpscaleMethod, str]] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

class UpscaleResponse(_message.Message):
    __slots__ = ("image", "metadata")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    metadata: ResponseMetadata
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class AlignRequest(_message.Message):
    __slots__ = ("image", "max_faces", "output", "order", "min_size_px", "include_cut_off")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    MAX_FACES_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    MIN_SIZE_PX_FIELD_NUMBER: _ClassVar[int]
    INCLUDE_CUT_OFF_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    max_faces: int
    output: _image_pb2.ImageOptions
    order: _face_pb2.FaceOrder
    min_size_px: int
    include_cut_off: bool
    def __init__(self, image: _Optional[bytes] = ..., max_faces: _Optional[int] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ..., order: _Optional[_Union[_face_pb2.FaceOrder, str]] = ..., min_size_px: _Optional[int] = ..., include_cut_off: _Optional[bool] = ...) -> None: ...

class AlignResponse(_message.Message):
    __slots__ = ("faces", "metadata")
    FACES_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[_face_pb2.Face]
    metadata: ResponseMetadata
    def __init__(self, faces: _Optional[_Iterable[_Union[_face_pb2.Face, _Mapping]]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class InspectRequest(_message.Message):
    __slots__ = ("image",)
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    def __init__(self, image: _Optional[bytes] = ...) -> None: ...

class ContentCredentials(_message.Message):
    __slots__ = ("verification", "signer", "claim_generator", "digital_source_type_uri", "failures")
    VERIFICATION_FIELD_NUMBER: _ClassVar[int]
    SIGNER_FIELD_NUMBER: _ClassVar[int]
    CLAIM_GENERATOR_FIELD_NUMBER: _ClassVar[int]
    DIGITAL_SOURCE_TYPE_URI_FIELD_NUMBER: _ClassVar[int]
    FAILURES_FIELD_NUMBER: _ClassVar[int]
    verification: Verification
    signer: str
    claim_generator: str
    digital_source_type_uri: str
    failures: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, verification: _Optional[_Union[Verification, str]] = ..., signer: _Optional[str] = ..., claim_generator: _Optional[str] = ..., digital_source_type_uri: _Optional[str] = ..., failures: _Optional[_Iterable[str]] = ...) -> None: ...

class InspectResponse(_message.Message):
    __slots__ = ("evidence", "digital_source_type_uri", "provenance", "creator_tool", "content_credentials", "metadata")
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    DIGITAL_SOURCE_TYPE_URI_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    CREATOR_TOOL_FIELD_NUMBER: _ClassVar[int]
    CONTENT_CREDENTIALS_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    evidence: Evidence
    digital_source_type_uri: str
    provenance: _image_pb2.Provenance
    creator_tool: str
    content_credentials: ContentCredentials
    metadata: ResponseMetadata
    def __init__(self, evidence: _Optional[_Union[Evidence, str]] = ..., digital_source_type_uri: _Optional[str] = ..., provenance: _Optional[_Union[_image_pb2.Provenance, _Mapping]] = ..., creator_tool: _Optional[str] = ..., content_credentials: _Optional[_Union[ContentCredentials, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Model(_message.Message):
    __slots__ = ("name", "version", "ready", "recipe", "dataset_digest", "metrics", "directions", "components", "translation")
    class MetricsEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: float
        def __init__(self, key: _Optional[str] = ..., value: _Optional[float] = ...) -> None: ...
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    READY_FIELD_NUMBER: _ClassVar[int]
    RECIPE_FIELD_NUMBER: _ClassVar[int]
    DATASET_DIGEST_FIELD_NUMBER: _ClassVar[int]
    METRICS_FIELD_NUMBER: _ClassVar[int]
    DIRECTIONS_FIELD_NUMBER: _ClassVar[int]
    COMPONENTS_FIELD_NUMBER: _ClassVar[int]
    TRANSLATION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    ready: bool
    recipe: str
    dataset_digest: str
    metrics: _containers.ScalarMap[str, float]
    directions: _containers.RepeatedCompositeFieldContainer[Direction]
    components: int
    translation: Translation
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., ready: _Optional[bool] = ..., recipe: _Optional[str] = ..., dataset_digest: _Optional[str] = ..., metrics: _Optional[_Mapping[str, float]] = ..., directions: _Optional[_Iterable[_Union[Direction, _Mapping]]] = ..., components: _Optional[int] = ..., translation: _Optional[_Union[Translation, _Mapping]] = ...) -> None: ...

class Translation(_message.Message):
    __slots__ = ("task", "filter", "fills_holes", "width_px", "height_px")
    TASK_FIELD_NUMBER: _ClassVar[int]
    FILTER_FIELD_NUMBER: _ClassVar[int]
    FILLS_HOLES_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    task: str
    filter: str
    fills_holes: bool
    width_px: int
    height_px: int
    def __init__(self, task: _Optional[str] = ..., filter: _Optional[str] = ..., fills_holes: _Optional[bool] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ...) -> None: ...

class Direction(_message.Message):
    __slots__ = ("name", "description")
    NAME_FIELD_NUMBER: _ClassVar[int]
    DESCRIPTION_FIELD_NUMBER: _ClassVar[int]
    name: str
    description: str
    def __init__(self, name: _Optional[str] = ..., description: _Optional[str] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...
