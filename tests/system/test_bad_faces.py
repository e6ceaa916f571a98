"""Several faces at once: what does not go together is refused, and the field at fault is named."""

import pytest
from google.protobuf.message import Message

from phiz.v1.face_pb2 import FaceSource
from phiz.v1.phiz_pb2 import MIX_METHOD_SPHERICAL, MIX_METHOD_STYLES, MixRequest
from phiz.v1.phiz_pb2_grpc import PhizStub
from tests.system.answers import INVALID, Refusal, refusal

SEED = FaceSource(seed=1)
PHOTO = FaceSource(image=b"not looked at")

CONFLICTS: dict[str, tuple[Message, str]] = {
    "styles of three": (MixRequest(faces=[SEED] * 3, method=MIX_METHOD_STYLES), "faces"),
    "styles with weights": (MixRequest(faces=[SEED] * 2, method=MIX_METHOD_STYLES, weights=[1, 1]), "weights"),
    "layers without styles": (MixRequest(faces=[SEED] * 2, style_layers=1), "style_layers"),
    "a photograph on the sphere": (MixRequest(faces=[SEED, PHOTO], method=MIX_METHOD_SPHERICAL), "faces[1]"),
    "a seed to be pasted back": (MixRequest(faces=[SEED, PHOTO], paste_back=True), "paste_back"),
    "truncation of a photograph": (
        MixRequest(faces=[SEED, FaceSource(image=b"not looked at", truncation=0.5)]),
        "faces[1].truncation",
    ),
}

OUT_OF_RANGE: dict[str, tuple[Message, str]] = {
    "all layers": (MixRequest(faces=[SEED] * 2, method=MIX_METHOD_STYLES, style_layers=9), "style_layers"),
    "truncation above 1": (MixRequest(faces=[SEED, FaceSource(seed=1, truncation=1.1)]), "faces[1].truncation"),
    "mix method": (MixRequest(faces=[SEED] * 2, method=9), "method"),  # type: ignore[arg-type] # that is the point
}


@pytest.mark.parametrize(("request_", "field"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_does_not_go_together(stub: PhizStub, request_: Message, field: str) -> None:
    assert refusal(stub, request_) == Refusal(INVALID, "FIELDS_CONFLICT", field)


@pytest.mark.parametrize(("request_", "field"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_a_number_out_of_range(stub: PhizStub, request_: Message, field: str) -> None:
    assert refusal(stub, request_) == Refusal(INVALID, "OUT_OF_RANGE", field)
