from phiz.v1 import image_pb2 as _image_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class FaceOrder(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACE_ORDER_UNSPECIFIED: _ClassVar[FaceOrder]
    FACE_ORDER_LARGEST_FIRST: _ClassVar[FaceOrder]
    FACE_ORDER_LEFT_TO_RIGHT: _ClassVar[FaceOrder]
    FACE_ORDER_BEST_SCORE_FIRST: _ClassVar[FaceOrder]

class FaceTreatment(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FACE_TREATMENT_UNSPECIFIED: _ClassVar[FaceTreatment]
    FACE_TREATMENT_WITH_PHOTOGRAPH: _ClassVar[FaceTreatment]
    FACE_TREATMENT_EACH_AGAIN: _ClassVar[FaceTreatment]

class InversionPreset(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    INVERSION_PRESET_UNSPECIFIED: _ClassVar[InversionPreset]
    INVERSION_PRESET_FAST: _ClassVar[InversionPreset]
    INVERSION_PRESET_STANDARD: _ClassVar[InversionPreset]
    INVERSION_PRESET_BEST: _ClassVar[InversionPreset]
FACE_ORDER_UNSPECIFIED: FaceOrder
FACE_ORDER_LARGEST_FIRST: FaceOrder
FACE_ORDER_LEFT_TO_RIGHT: FaceOrder
FACE_ORDER_BEST_SCORE_FIRST: FaceOrder
FACE_TREATMENT_UNSPECIFIED: FaceTreatment
FACE_TREATMENT_WITH_PHOTOGRAPH: FaceTreatment
FACE_TREATMENT_EACH_AGAIN: FaceTreatment
INVERSION_PRESET_UNSPECIFIED: InversionPreset
INVERSION_PRESET_FAST: InversionPreset
INVERSION_PRESET_STANDARD: InversionPreset
INVERSION_PRESET_BEST: InversionPreset

class Point(_message.Message):
    __slots__ = ("x_px", "y_px")
    X_PX_FIELD_NUMBER: _ClassVar[int]
    Y_PX_FIELD_NUMBER: _ClassVar[int]
    x_px: float
    y_px: float
    def __init__(self, x_px: _Optional[float] = ..., y_px: _Optional[float] = ...) -> None: ...

class Box(_message.Message):
    __slots__ = ("x_px", "y_px", "width_px", "height_px")
    X_PX_FIELD_NUMBER: _ClassVar[int]
    Y_PX_FIELD_NUMBER: _ClassVar[int]
    WIDTH_PX_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_PX_FIELD_NUMBER: _ClassVar[int]
    x_px: float
    y_px: float
    width_px: float
    height_px: float
    def __init__(self, x_px: _Optional[float] = ..., y_px: _Optional[float] = ..., width_px: _Optional[float] = ..., height_px: _Optional[float] = ...) -> None: ...

class Landmarks(_message.Message):
    __slots__ = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
    LEFT_EYE_FIELD_NUMBER: _ClassVar[int]
    RIGHT_EYE_FIELD_NUMBER: _ClassVar[int]
    NOSE_FIELD_NUMBER: _ClassVar[int]
    MOUTH_LEFT_FIELD_NUMBER: _ClassVar[int]
    MOUTH_RIGHT_FIELD_NUMBER: _ClassVar[int]
    left_eye: Point
    right_eye: Point
    nose: Point
    mouth_left: Point
    mouth_right: Point
    def __init__(self, left_eye: _Optional[_Union[Point, _Mapping]] = ..., right_eye: _Optional[_Union[Point, _Mapping]] = ..., nose: _Optional[_Union[Point, _Mapping]] = ..., mouth_left: _Optional[_Union[Point, _Mapping]] = ..., mouth_right: _Optional[_Union[Point, _Mapping]] = ...) -> None: ...

class AffineTransform(_message.Message):
    __slots__ = ("a", "b", "c", "d", "e", "f")
    A_FIELD_NUMBER: _ClassVar[int]
    B_FIELD_NUMBER: _ClassVar[int]
    C_FIELD_NUMBER: _ClassVar[int]
    D_FIELD_NUMBER: _ClassVar[int]
    E_FIELD_NUMBER: _ClassVar[int]
    F_FIELD_NUMBER: _ClassVar[int]
    a: float
    b: float
    c: float
    d: float
    e: float
    f: float
    def __init__(self, a: _Optional[float] = ..., b: _Optional[float] = ..., c: _Optional[float] = ..., d: _Optional[float] = ..., e: _Optional[float] = ..., f: _Optional[float] = ...) -> None: ...

class Face(_message.Message):
    __slots__ = ("box", "landmarks", "score", "roll_degrees", "crop", "crop_to_photo", "cut_off")
    BOX_FIELD_NUMBER: _ClassVar[int]
    LANDMARKS_FIELD_NUMBER: _ClassVar[int]
    SCORE_FIELD_NUMBER: _ClassVar[int]
    ROLL_DEGREES_FIELD_NUMBER: _ClassVar[int]
    CROP_FIELD_NUMBER: _ClassVar[int]
    CROP_TO_PHOTO_FIELD_NUMBER: _ClassVar[int]
    CUT_OFF_FIELD_NUMBER: _ClassVar[int]
    box: Box
    landmarks: Landmarks
    score: float
    roll_degrees: float
    crop: _image_pb2.Image
    crop_to_photo: AffineTransform
    cut_off: bool
    def __init__(self, box: _Optional[_Union[Box, _Mapping]] = ..., landmarks: _Optional[_Union[Landmarks, _Mapping]] = ..., score: _Optional[float] = ..., roll_degrees: _Optional[float] = ..., crop: _Optional[_Union[_image_pb2.Image, _Mapping]] = ..., crop_to_photo: _Optional[_Union[AffineTransform, _Mapping]] = ..., cut_off: _Optional[bool] = ...) -> None: ...

class Latent(_message.Message):
    __slots__ = ("data", "shape", "model")
    DATA_FIELD_NUMBER: _ClassVar[int]
    SHAPE_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    data: bytes
    shape: _containers.RepeatedScalarFieldContainer[int]
    model: _image_pb2.ModelVersion
    def __init__(self, data: _Optional[bytes] = ..., shape: _Optional[_Iterable[int]] = ..., model: _Optional[_Union[_image_pb2.ModelVersion, _Mapping]] = ...) -> None: ...

class FaceSource(_message.Message):
    __slots__ = ("image", "latent", "seed", "truncation")
    IMAGE_FIELD_NUMBER: _ClassVar[int]
    LATENT_FIELD_NUMBER: _ClassVar[int]
    SEED_FIELD_NUMBER: _ClassVar[int]
    TRUNCATION_FIELD_NUMBER: _ClassVar[int]
    image: bytes
    latent: Latent
    seed: int
    truncation: float
    def __init__(self, image: _Optional[bytes] = ..., latent: _Optional[_Union[Latent, _Mapping]] = ..., seed: _Optional[int] = ..., truncation: _Optional[float] = ...) -> None: ...

class InversionQuality(_message.Message):
    __slots__ = ("loss", "psnr_db", "evaluations")
    LOSS_FIELD_NUMBER: _ClassVar[int]
    PSNR_DB_FIELD_NUMBER: _ClassVar[int]
    EVALUATIONS_FIELD_NUMBER: _ClassVar[int]
    loss: float
    psnr_db: float
    evaluations: int
    def __init__(self, loss: _Optional[float] = ..., psnr_db: _Optional[float] = ..., evaluations: _Optional[int] = ...) -> None: ...
