"""Several faces at once: what does not go together is refused, and the field at fault is named."""

from collections.abc import Callable
from functools import partial

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message

from phiz.v1.face_pb2 import FaceSource
from phiz.v1.image_pb2 import ImageOptions
from phiz.v1.phiz_pb2 import (
    ANIMATION_FORMAT_GIF,
    ANIMATION_FORMAT_WEBP,
    AVERAGE_METHOD_LATENT,
    MIX_METHOD_SPHERICAL,
    MIX_METHOD_STYLES,
    AverageRequest,
    GenerateRequest,
    MixRequest,
    MorphRequest,
)
from phiz.v1.phiz_pb2_grpc import PhizStub
from tests.system.answers import INVALID, Refusal, png, refusal

Ask = Callable[[FaceSource], Refusal]

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
    "a time of frames without an animation": (
        MorphRequest(faces=[SEED] * 2, frame_milliseconds=60),
        "frame_milliseconds",
    ),
    "truncation of a photograph in an average": (
        AverageRequest(faces=[SEED, FaceSource(image=b"not looked at", truncation=0.5)]),
        "faces[1].truncation",
    ),
}

OUT_OF_RANGE: dict[str, tuple[Message, str]] = {
    "all layers": (MixRequest(faces=[SEED] * 2, method=MIX_METHOD_STYLES, style_layers=9), "style_layers"),
    "truncation above 1": (MixRequest(faces=[SEED, FaceSource(seed=1, truncation=1.1)]), "faces[1].truncation"),
    "one face to morph": (MorphRequest(faces=[SEED]), "faces"),
    "too many faces to morph": (MorphRequest(faces=[SEED] * 9), "faces"),
    "fewer frames than faces": (MorphRequest(faces=[SEED] * 3, frames=2), "frames"),
    "too many frames": (MorphRequest(faces=[SEED] * 2, frames=241), "frames"),
    "a frame shown too short": (
        MorphRequest(faces=[SEED] * 2, animation=ANIMATION_FORMAT_GIF, frame_milliseconds=9),
        "frame_milliseconds",
    ),
    "a frame shown too long": (
        MorphRequest(faces=[SEED] * 2, animation=ANIMATION_FORMAT_GIF, frame_milliseconds=10_001),
        "frame_milliseconds",
    ),
    "an animation of too many pixels": (
        MorphRequest(faces=[SEED] * 2, frames=24, animation=ANIMATION_FORMAT_WEBP, output=ImageOptions(size_px=1001)),
        "output.size_px",
    ),
    "a frame that is too large": (MorphRequest(faces=[SEED] * 2, output=ImageOptions(size_px=2049)), "output.size_px"),
    "easing": (MorphRequest(faces=[SEED] * 2, easing=9), "easing"),  # type: ignore[arg-type]
    "animation": (MorphRequest(faces=[SEED] * 2, animation=9), "animation"),  # type: ignore[arg-type]
    "one face to average": (AverageRequest(faces=[SEED]), "faces"),
    "too many faces to average": (AverageRequest(faces=[SEED] * 65), "faces"),
    "average method": (AverageRequest(faces=[SEED] * 2, method=9), "method"),  # type: ignore[arg-type]
    "preset": (AverageRequest(faces=[SEED] * 2, preset=9), "preset"),  # type: ignore[arg-type]
    "truncation in an average": (AverageRequest(faces=[SEED, FaceSource(seed=1, truncation=2)]), "faces[1].truncation"),
    "mix method": (MixRequest(faces=[SEED] * 2, method=9), "method"),  # type: ignore[arg-type] # that is the point
}


@pytest.mark.parametrize(("request_", "field"), CONFLICTS.values(), ids=CONFLICTS)
def test_what_does_not_go_together(stub: PhizStub, request_: Message, field: str) -> None:
    assert refusal(stub, request_) == Refusal(INVALID, "FIELDS_CONFLICT", field)


@pytest.mark.parametrize(("request_", "field"), OUT_OF_RANGE.values(), ids=OUT_OF_RANGE)
def test_a_number_out_of_range(stub: PhizStub, request_: Message, field: str) -> None:
    assert refusal(stub, request_) == Refusal(INVALID, "OUT_OF_RANGE", field)


NO_FACE = png(np.full((64, 64, 3), 200, np.uint8))

REQUESTS: dict[str, Callable[..., Message]] = {
    "Mix": MixRequest,
    "Morph": MorphRequest,
    "Average": AverageRequest,
    "Average of latents": partial(AverageRequest, method=AVERAGE_METHOD_LATENT),
}


@pytest.fixture(params=REQUESTS)
def ask(request: pytest.FixtureRequest, stub: PhizStub) -> Ask:
    """Sends two good faces, and one that is not, with each call that takes several."""
    return lambda face: refusal(stub, REQUESTS[request.param](faces=[SEED, SEED, face]))


class TestTheFaceAtFaultIsNamed:
    @pytest.mark.parametrize(
        ("picture", "reason"),
        [
            (NO_FACE, "NO_FACE_FOUND"),
            (NO_FACE[:60], "IMAGE_TRUNCATED"),
            (b"", "IMAGE_MISSING"),
            (b"?", "IMAGE_UNREADABLE"),
        ],
    )
    def test_a_photograph_that_will_not_do(self, ask: Ask, picture: bytes, reason: str) -> None:
        assert ask(FaceSource(image=picture)) == Refusal(INVALID, reason, "faces[2].image")

    def test_a_face_that_says_nothing(self, ask: Ask) -> None:
        assert ask(FaceSource()) == Refusal(INVALID, "FIELD_MISSING", "faces[2]")

    def test_a_latent_of_another_version(self, ask: Ask, stub: PhizStub) -> None:
        latent = stub.Generate(GenerateRequest(count=1, seed=1)).faces[0].latent
        latent.model.version += 1
        expected = Refusal(grpc.StatusCode.FAILED_PRECONDITION, "LATENT_VERSION_MISMATCH", "faces[2].latent")
        assert ask(FaceSource(latent=latent)) == expected

    @pytest.mark.parametrize("damage", ["short", "nan"])
    def test_a_latent_that_is_damaged(self, ask: Ask, stub: PhizStub, damage: str) -> None:
        latent = stub.Generate(GenerateRequest(count=1, seed=1)).faces[0].latent
        count = len(latent.data) // 4
        latent.data = latent.data[:-4] if damage == "short" else np.full(count, np.nan, "<f4").tobytes()
        assert ask(FaceSource(latent=latent)) == Refusal(INVALID, "LATENT_INVALID", "faces[2].latent")
