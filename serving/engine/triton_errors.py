"""What Triton's errors mean: to a caller of the gateway, and to who operates it.

Triton 2.51 says UNAVAILABLE of a full queue, NOT_FOUND of every model while it stops, and INTERNAL both of a model's
process that has died and of an inference that failed.
"""

from typing import Final, NamedTuple

import grpc
from tritonclient.utils import InferenceServerException

from serving.engine.base import ModelVersion
from serving.errors import DeadlineExceeded, ModelUnavailable, QueueFull

_OVERLOADED: Final = ("exceeds maximum queue size", "request timeout expired")
_PROCESS_DIED: Final = "stub process"
_AWAY: Final = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.NOT_FOUND, grpc.StatusCode.CANCELLED)


def to_request_error(error: InferenceServerException, model: ModelVersion) -> Exception:
    """What a caller is told of a failed inference; ``error`` itself if it is a fault."""
    fault: Exception = error
    text = str(error.message()).lower()
    if _is(error, grpc.StatusCode.DEADLINE_EXCEEDED):
        return DeadlineExceeded("The deadline has passed.")
    if any(words in text for words in _OVERLOADED):
        return QueueFull(f'The queue of model "{model.name}" is full.', model=model.name)
    if any(_is(error, code) for code in _AWAY) or (may_be_broken(error) and _PROCESS_DIED in text):
        return ModelUnavailable(f'The model "{model.name}" does not answer for now.', model=model.name)
    return fault


class Failure(NamedTuple):
    """Triton cannot be asked what it has ready.

    Attributes:
        kind: the same for failures that need not be told anew.
        state: what it does, as the end of a sentence.
    """

    kind: str
    state: str


def failure_of(error: InferenceServerException) -> Failure:
    """What it means that Triton did not tell what it has ready."""
    said = " ".join(str(error.message()).split())
    if _is(error, grpc.StatusCode.UNIMPLEMENTED):
        return Failure(str(error.status()), f"does not speak KServe v2 with the extension model_repository: {said}")
    return Failure(str(error.status()), f"does not answer: {said}")


def may_be_broken(error: InferenceServerException) -> bool:
    """Whether the model itself may have failed, and not only this inference."""
    return _is(error, grpc.StatusCode.INTERNAL)


def _is(error: InferenceServerException, code: grpc.StatusCode) -> bool:
    return bool(error.status() == str(code))
