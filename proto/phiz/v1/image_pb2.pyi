from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ImageFormat(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    IMAGE_FORMAT_UNSPECIFIED: _ClassVar[ImageFormat]
    IMAGE_FORMAT_PNG: _ClassVar[ImageFormat]
    IMAGE_FORMAT_JPEG: _ClassVar[ImageFormat]
    IMAGE_FORMAT_WEBP: _ClassVar[ImageFormat]

class UpscaleMethod(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    UPSCALE_METHOD_UNSPECIFIED: _ClassVar[UpscaleMethod]
    UPSCALE_METHOD_MODEL: _ClassVar[UpscaleMethod]
    UPSCALE_METHOD_BICUBIC: _ClassVar[UpscaleMethod]
    UPSCALE_METHOD_LANCZOS: _ClassVar[UpscaleMethod]
    UPSCALE_METHOD_EDGE_DIRECTED: _ClassVar[UpscaleMethod]

class DigitalSourceType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    DIGITAL_SOURCE_TYPE_UNSPECIFIED: _ClassVar[DigitalSourceType]
    DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA: _ClassVar[DigitalSourceType]
    DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA: _ClassVar[DigitalSourceType]
    DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED: _ClassVar[DigitalSourceType]
IMAGE_FORMAT_UNSPECIFIED: ImageFormat
IMAGE_FORMAT_PNG: ImageFormat
IMAGE_FORMAT_JPEG: ImageFormat
IMAGE_FORMAT_WEBP: ImageFormat
UPSCALE_METHOD_UNSPECIFIED: UpscaleMethod
UPSCALE_METHOD_MODEL: UpscaleMethod
UPSCALE_METHOD_BICUBIC: UpscaleMethod
UPSCALE_METHOD_LANCZOS: UpscaleMethod
UPSCALE_METHOD_EDGE_DIRECTED: UpscaleMethod
DIGITAL_SOURCE_TYPE_UNSPECIFIED: DigitalSourceType
DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA: DigitalSourceType
DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA: DigitalSourceType
DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED: DigitalSourceType

class ImageOptions(_message.Message):
    __slots__ = ("format", "quality", "size_px", "upscaling")
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    SIZE_PX_FIELD_NUMBER: _ClassVar[int]
    UPSCALING_FIELD_NUMBER: _ClassVar[int]
    format: ImageFormat
    quality: int
    size_px: int
    upscaling: UpscaleMethod
    def __init__(self, format: _Optional[_Union[ImageFormat, str]] = ..., quality: _Optional[int] = ..., size_px: _Optional[int] = ..., upscaling: _Optional[_Union[UpscaleMethod, str]] = ...) -> None: ...

class Provenance(_message.Message):
    __slots__ = ("digital_source_type", "models", "seed")
    DIGITAL_SOURCE_TYPE_FIELD_NUMBER: _ClassVar[int]
    MODELS_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    digital_source_type: DigitalSourceType
    models: _containers.RepeatedCompositeFieldContainer[ModelVersion]
    seed: int
    def __init__(self, digital_source_type: _Optional[_Union[DigitalSourceType, str]] = ..., models: _Optional[_Iterable[_Union[ModelVersion, _Mapping]]] = ..., seed: _Optional[int] = ...) -> None: ...

class ModelVersion(_message.Message):
    __slots__ = ("name", "version")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    name: str
    version: int
    def __init__(self, name: _Optional[str] = ..., version: _Optional[int] = ...) -> None: ...

class Image(_message.Message):
    __slots__ = ("data", "mime_type", "width_px", "height_px", "provenance")
    DATA_FIELD_NUMBER: _ClassVar[int]
    MIME_TYPE_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    PROVENANCE_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    mime_type: str
    width_px: int
    height_px: int
    provenance: Provenance
    def __init__(self, data: _Optional[bytes] = ..., mime_type: _Optional[str] = ..., width_px: _Optional[int] = ..., height_px: _Optional[int] = ..., provenance: _Optional[_Union[Provenance, _Mapping]] = ...) -> None: ...
