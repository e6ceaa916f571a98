from phiz.v1 import face_pb2 as _face_pb2
from phiz.v1 import image_pb2 as _image_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

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
    __slots__ = ("count", "seed", "truncation", "model", "output")
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TRUNCATION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    count: int
    seed: int
    truncation: float
    model: str
    output: _image_pb2.ImageOptions
    def __init__(self, count: _Optional[int] = ..., seed: _Optional[int] = ..., truncation: _Optional[float] = ..., model: _Optional[str] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

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

class ColorizeRequest(_message.Message):
    __slots__ = ("image", "saturation", "model", "output", "faces")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    SATURATION_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    saturation: float
    model: str
    output: _image_pb2.ImageOptions
    faces: _face_pb2.FaceTreatment
    def __init__(self, image: _Optional[bytes] = ..., saturation: _Optional[float] = ..., model: _Optional[str] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ..., faces: _Optional[_Union[_face_pb2.FaceTreatment, str]] = ...) -> None: ...

class ColorizeResponse(_message.Message):
    __slots__ = ("image", "metadata", "faces")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    METADATA_FIELD_NUMBER: _ClassVar[int]
    FACES_FIELD_NUMBER: _ClassVar[int]
    image: _image_pb2.Image
    metadata: ResponseMetadata
    faces: int
    def __init__(self, image: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., metadata: _Optional[_Union[ResponseMetadata, _Mapping]] = ..., faces: _Optional[int] = ...) -> None: ...

class MixRequest(_message.Message):
    __slots__ = ("faces", "weights", "preset", "output")
    FACES_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_FIELD_NUMBER: _ClassVar[int]
    PRESET_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    faces: _containers.RepeatedCompositeFieldContainer[_face_pb2.FaceSource]
    weights: _containers.RepeatedScalarFieldContainer[float]
    preset: _face_pb2.InversionPreset
    output: _image_pb2.ImageOptions
    def __init__(self, faces: _Optional[_Iterable[_Union[_face_pb2.FaceSource, _Mapping]]] = ..., weights: _Optional[_Iterable[float]] = ..., preset: _Optional[_Union[_face_pb2.InversionPreset, str]] = ..., output: _Optional[_Union[_image_pb2.ImageOptions, _Mapping]] = ...) -> None: ...

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

class ListModelsRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class Model(_message.Message):
    __slots__ = ("name", "version", "ready", "recipe", "dataset_digest", "metrics")
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
    name: str
    version: int
    ready: bool
    recipe: str
    dataset_digest: str
    metrics: _containers.ScalarMap[str, float]
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ..., ready: _Optional[bool] = ..., recipe: _Optional[str] = ..., dataset_digest: _Optional[str] = ..., metrics: _Optional[_Mapping[str, float]] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[Model]
    def __init__(self, models: _Optional[_Iterable[_Union[Model, _Mapping]]] = ...) -> None: ...
