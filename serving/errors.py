"""Everything that can go wrong, as one tree, and the gRPC code of each leaf.

PhizError
├── RequestError              one request fails; the caller is told reason, field and metadata
│   ├── InvalidField          the caller's field is wrong
│   │   ├── FieldMissing
│   │   ├── OutOfRange
│   │   ├── FieldsConflict
│   │   ├── ScaleUnsupported
│   │   ├── WeightsInvalid
│   │   ├── LatentInvalid
│   │   ├── DirectionUnknown
│   │   ├── FilterInvalid
│   │   ├── MaskInvalid
│   │   ├── AlreadyInColour
│   │   ├── ImageMissing
│   │   ├── ImageUnreadable
│   │   ├── ImageTruncated
│   │   ├── UnsupportedFormat
│   │   ├── ImageTooLarge
│   │   └── NoUsableFace      the photograph shows no face to work on
│   │       ├── NoFaceFound
│   │       ├── TooDark
│   │       ├── FaceTooSmall
│   │       └── FaceCutOff
│   ├── MessageInvalid
│   ├── ModelNotFound
│   ├── TaskNotFound
│   ├── LatentVersionMismatch
│   ├── RequestIdReused
│   ├── Overloaded            come back in retry_seconds
│   │   ├── QueueFull
│   │   ├── TooManyRequests
│   │   ├── TooManyPixels
│   │   ├── TooManyFaces
│   │   └── CallerOverShare
│   ├── ModelUnavailable      come back in retry_seconds
│   ├── Draining
│   ├── DeadlineExceeded
│   ├── Unauthenticated
│   ├── MethodForbidden
│   └── InternalError
└── StartupError              the gateway does not start
    ├── RepositoryInvalid
    ├── ModelInvalid
    ├── CredentialsInvalid
    ├── ContentCredentialsNotInstalled
    ├── TracingNotInstalled
    └── AddressUnavailable
"""

from collections.abc import Mapping
from typing import ClassVar

import grpc

DOMAIN = "phiz"
"""The domain of every ErrorInfo."""


class PhizError(Exception):
    """Root of the tree."""


class RequestError(PhizError):
    """One request failed.

    Attributes:
        reason: UPPER_SNAKE word that programs may test for.
        message: one sentence for people, fit for the caller's eyes.
        field: path of the request's field at fault, for example ``faces[1].image``; empty if none is.
        metadata: facts by name, as strings.
        retry_seconds: after how long the same request may be sent again; None where nothing is said of it.
    """

    reason: ClassVar[str]
    retry_seconds: ClassVar[float | None] = None

    def __init__(self, message: str, *, field: str = "", **metadata: object) -> None:
        super().__init__(message)
        self.message = message
        self.field = field
        self.metadata = {name: str(value) for name, value in metadata.items()}


class InvalidField(RequestError):
    """The caller's field is wrong; sending it again gives the same answer."""


class FieldMissing(InvalidField):
    """A required field was not set."""

    reason = "FIELD_MISSING"


class OutOfRange(InvalidField):
    """A number lies outside its range."""

    reason = "OUT_OF_RANGE"

    def __init__(self, field: str, value: float, low: float, high: float) -> None:
        message = f"{field} is {value}; it must be from {low} to {high}."
        super().__init__(message, field=field, value=value, min=low, max=high)


class FieldsConflict(InvalidField):
    """A field does not go with another one, or with how a face was sent."""

    reason = "FIELDS_CONFLICT"


class ScaleUnsupported(InvalidField):
    """Pictures are not made larger by this factor."""

    reason = "SCALE_UNSUPPORTED"


class WeightsInvalid(InvalidField):
    """Weights are negative, not finite, all zero, or not as many as there are faces."""

    reason = "WEIGHTS_INVALID"


class LatentInvalid(InvalidField):
    """A latent's bytes, shape or numbers make no latent."""

    reason = "LATENT_INVALID"


class DirectionUnknown(InvalidField):
    """The editor knows no direction of this name."""

    reason = "DIRECTION_UNKNOWN"


class FilterInvalid(InvalidField):
    """There is no filter of this name, or its parameters are not as it takes them."""

    reason = "FILTER_INVALID"


class MaskInvalid(InvalidField):
    """A mask is not of the picture's size, a rectangle leaves it, or what they name is nothing or all of it."""

    reason = "MASK_INVALID"


class AlreadyInColour(InvalidField):
    """The photograph has colours of its own."""

    reason = "ALREADY_IN_COLOUR"


class ImageMissing(InvalidField):
    """A picture is required and none was sent."""

    reason = "IMAGE_MISSING"


class ImageUnreadable(InvalidField):
    """The bytes are no picture, or a damaged one."""

    reason = "IMAGE_UNREADABLE"


class ImageTruncated(InvalidField):
    """The picture's file ends too early."""

    reason = "IMAGE_TRUNCATED"


class UnsupportedFormat(InvalidField):
    """The bytes are a picture of a format that is not taken, or the answer does not fit the format asked for."""

    reason = "UNSUPPORTED_FORMAT"


class ImageTooLarge(InvalidField):
    """The picture has too many bytes or pixels."""

    reason = "IMAGE_TOO_LARGE"


class NoUsableFace(InvalidField):
    """The photograph shows no face to work on."""


class NoFaceFound(NoUsableFace):
    """It shows none that the detector finds."""

    reason = "NO_FACE_FOUND"


class TooDark(NoUsableFace):
    """It shows none that the detector finds, and is nearly black."""

    reason = "TOO_DARK"


class FaceTooSmall(NoUsableFace):
    """The largest face in it is too small."""

    reason = "FACE_TOO_SMALL"


class FaceCutOff(NoUsableFace):
    """The largest face in it reaches over the edge with an eye or the mouth, and no other one is usable."""

    reason = "FACE_CUT_OFF"


class MessageInvalid(RequestError):
    """The bytes that came are not the message that the method takes."""

    reason = "MESSAGE_INVALID"


class ModelNotFound(RequestError):
    """The repository has no such model, or the model does other work."""

    reason = "MODEL_NOT_FOUND"


class TaskNotFound(RequestError):
    """The repository has no translator for this task."""

    reason = "TASK_NOT_FOUND"


class LatentVersionMismatch(RequestError):
    """The latent belongs to another generator or another version of it."""

    reason = "LATENT_VERSION_MISMATCH"


class RequestIdReused(RequestError):
    """Another request has, or lately had, the same request id."""

    reason = "REQUEST_ID_REUSED"


class Overloaded(RequestError):
    """The server has as much work as it takes; the request was not begun."""

    retry_seconds = 1.0


class QueueFull(Overloaded):
    """A model's queue is full."""

    reason = "QUEUE_FULL"


class TooManyRequests(Overloaded):
    """As many requests are in flight as the server takes."""

    reason = "TOO_MANY_REQUESTS"


class TooManyPixels(Overloaded):
    """The photographs in flight use up the pixel budget."""

    reason = "TOO_MANY_PIXELS"


class TooManyFaces(Overloaded):
    """The requests in flight ask for as many faces as the server takes."""

    reason = "TOO_MANY_FACES"


class CallerOverShare(Overloaded):
    """The caller's other requests have their share of what the server takes."""

    reason = "CALLER_OVER_SHARE"


class ModelUnavailable(RequestError):
    """A model does not answer for now: its server is away, or starts, stops or has lost it."""

    reason = "MODEL_UNAVAILABLE"
    retry_seconds = 1.0


class Draining(RequestError):
    """The server is about to stop; another one may answer."""

    reason = "DRAINING"


class DeadlineExceeded(RequestError):
    """The caller's deadline has passed."""

    reason = "DEADLINE_EXCEEDED"


class Unauthenticated(RequestError):
    """The caller has sent no API key, or one that the server does not know."""

    reason = "UNAUTHENTICATED"


class MethodForbidden(RequestError):
    """The caller may call other methods, but not this one."""

    reason = "METHOD_FORBIDDEN"


class InternalError(RequestError):
    """A fault of the server; its details stand in the log only."""

    reason = "INTERNAL"


class StartupError(PhizError):
    """The gateway cannot start."""


class RepositoryInvalid(StartupError):
    """The model repository, or a config.pbtxt in it, is not as it must be."""


class ModelInvalid(StartupError):
    """A model file does not load, does not fit its config.pbtxt, or does not belong to the others."""


class CredentialsInvalid(StartupError):
    """A certificate, a private key or the file of API keys cannot be used."""


class ContentCredentialsNotInstalled(StartupError):
    """Content Credentials are wanted, and what signs and verifies them is not installed."""


class TracingNotInstalled(StartupError):
    """Traces are wanted, and what sends them is not installed."""


class AddressUnavailable(StartupError):
    """An address to listen on is taken or not this machine's."""


STATUS: Mapping[type[RequestError], grpc.StatusCode] = {
    FieldMissing: grpc.StatusCode.INVALID_ARGUMENT,
    OutOfRange: grpc.StatusCode.INVALID_ARGUMENT,
    FieldsConflict: grpc.StatusCode.INVALID_ARGUMENT,
    ScaleUnsupported: grpc.StatusCode.INVALID_ARGUMENT,
    WeightsInvalid: grpc.StatusCode.INVALID_ARGUMENT,
    LatentInvalid: grpc.StatusCode.INVALID_ARGUMENT,
    DirectionUnknown: grpc.StatusCode.INVALID_ARGUMENT,
    FilterInvalid: grpc.StatusCode.INVALID_ARGUMENT,
    MaskInvalid: grpc.StatusCode.INVALID_ARGUMENT,
    AlreadyInColour: grpc.StatusCode.INVALID_ARGUMENT,
    ImageMissing: grpc.StatusCode.INVALID_ARGUMENT,
    ImageUnreadable: grpc.StatusCode.INVALID_ARGUMENT,
    ImageTruncated: grpc.StatusCode.INVALID_ARGUMENT,
    UnsupportedFormat: grpc.StatusCode.INVALID_ARGUMENT,
    ImageTooLarge: grpc.StatusCode.INVALID_ARGUMENT,
    NoFaceFound: grpc.StatusCode.INVALID_ARGUMENT,
    TooDark: grpc.StatusCode.INVALID_ARGUMENT,
    FaceTooSmall: grpc.StatusCode.INVALID_ARGUMENT,
    FaceCutOff: grpc.StatusCode.INVALID_ARGUMENT,
    MessageInvalid: grpc.StatusCode.INVALID_ARGUMENT,
    ModelNotFound: grpc.StatusCode.NOT_FOUND,
    TaskNotFound: grpc.StatusCode.NOT_FOUND,
    LatentVersionMismatch: grpc.StatusCode.FAILED_PRECONDITION,
    RequestIdReused: grpc.StatusCode.FAILED_PRECONDITION,
    QueueFull: grpc.StatusCode.RESOURCE_EXHAUSTED,
    TooManyRequests: grpc.StatusCode.RESOURCE_EXHAUSTED,
    TooManyPixels: grpc.StatusCode.RESOURCE_EXHAUSTED,
    TooManyFaces: grpc.StatusCode.RESOURCE_EXHAUSTED,
    CallerOverShare: grpc.StatusCode.RESOURCE_EXHAUSTED,
    ModelUnavailable: grpc.StatusCode.UNAVAILABLE,
    Draining: grpc.StatusCode.UNAVAILABLE,
    DeadlineExceeded: grpc.StatusCode.DEADLINE_EXCEEDED,
    Unauthenticated: grpc.StatusCode.UNAUTHENTICATED,
    MethodForbidden: grpc.StatusCode.PERMISSION_DENIED,
    InternalError: grpc.StatusCode.INTERNAL,
}
"""The gRPC code of every leaf of RequestError."""
