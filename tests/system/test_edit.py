"""Edit, against a running gateway with the repository's models."""

import math

import grpc
import numpy as np
import pytest
from google.protobuf.message import Message

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2 import EditRequest, EditResponse, EditStep
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core import geometry
from phiz_core.geometry import ImageArray, Points
from tests.system.answers import INVALID, Refusal, landmarks, names, pixels, png, refusal

FACE = face_pb2.FaceSource(seed=3)
SIZE = image_pb2.ImageOptions(size_px=256)


def edit(stub: PhizStub, *steps: EditStep, face: face_pb2.FaceSource = FACE, **options: object) -> EditResponse:
    return stub.Edit(EditRequest(face=face, steps=steps, **options))  # type: ignore[arg-type]


def step(direction: str | int, strength: float) -> EditStep:
    if isinstance(direction, str):
        return EditStep(name=direction, strength=strength)
    return EditStep(component=direction, strength=strength)


def w_plus(latent: face_pb2.Latent) -> np.ndarray:
    return np.frombuffer(latent.data, "<f4").reshape(latent.shape)


@pytest.fixture(scope="module")
def editor(stub: PhizStub) -> phiz_pb2.Model:
    return next(model for model in stub.ListModels(phiz_pb2.ListModelsRequest()).models if model.name == "editor")


def test_the_models_tell_what_can_be_edited(stub: PhizStub, editor: phiz_pb2.Model) -> None:
    assert {"turn", "smile", "brightness"} <= {direction.name for direction in editor.directions}
    assert all(direction.description.endswith(".") for direction in editor.directions)
    assert editor.components >= 16
    others = (model for model in stub.ListModels(phiz_pb2.ListModelsRequest()).models if model.name != "editor")
    assert not any(model.directions or model.components for model in others)


class TestWhatADirectionDoes:
    """Each is measured on the picture that it makes, not on the latent."""

    def points(self, stub: PhizStub, name: str, strength: float) -> Points:
        picture = edit(stub, step(name, strength), output=SIZE).image.data
        (face,) = stub.Align(phiz_pb2.AlignRequest(image=picture)).faces
        return landmarks(face)

    def test_turn_moves_the_nose_to_the_right(self, stub: PhizStub) -> None:
        def nose(strength: float) -> float:
            points = self.points(stub, "turn", strength)
            return float(points[geometry.NOSE, 0] - points[:, 0].mean())

        assert nose(-2) < nose(0) - 2 < nose(2) - 4

    def test_smile_widens_the_mouth(self, stub: PhizStub) -> None:
        def width(strength: float) -> float:
            points = self.points(stub, "smile", strength)
            return float(points[geometry.MOUTH_RIGHT, 0] - points[geometry.MOUTH_LEFT, 0])

        assert width(-1) < width(1) < width(2)

    def test_brightness_brightens(self, stub: PhizStub) -> None:
        dark, bright = (pixels(edit(stub, step("brightness", s)).image)[20:56, 20:44].mean() for s in (-2, 2))
        assert dark < bright - 20


def test_the_latents_before_and_after_are_told(stub: PhizStub) -> None:
    answer = edit(stub, step("smile", 1))
    (face,) = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=3)).faces
    assert answer.source == face.latent
    assert answer.latent.model == answer.source.model
    assert not np.allclose(w_plus(answer.latent), w_plus(answer.source))


def test_what_is_done_can_be_undone(stub: PhizStub) -> None:
    there = edit(stub, step("smile", 2), step(3, -1.5))
    back = edit(stub, step("smile", -2), step(3, 1.5), face=face_pb2.FaceSource(latent=there.latent))
    np.testing.assert_allclose(w_plus(back.latent), w_plus(there.source), atol=1e-4)


def test_steps_along_one_direction_add_up(stub: PhizStub) -> None:
    twice, once = edit(stub, step("turn", 1), step("turn", 0.5)), edit(stub, step("turn", 1.5))
    assert twice.image == once.image


def test_each_number_is_a_direction_of_its_own(stub: PhizStub, editor: phiz_pb2.Model) -> None:
    changes = [edit(stub, step(number, 1)) for number in range(editor.components)]
    vectors = np.stack([(w_plus(each.latent) - w_plus(each.source))[0] for each in changes])
    lengths = np.linalg.norm(vectors, axis=1)
    np.testing.assert_allclose(vectors @ vectors.T / np.outer(lengths, lengths), np.eye(len(vectors)), atol=1e-3)
    assert np.all(np.diff(lengths) < 1e-4), "the strongest comes first"


def test_all_models_that_took_part_are_told(stub: PhizStub) -> None:
    answer = edit(stub, step("smile", 1))
    assert names(answer.metadata.models) == ["mapping", "editor", "generator"]
    assert names(answer.image.provenance.models) == ["mapping", "editor", "generator"]
    generated = image_pb2.DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA
    assert answer.image.provenance.digital_source_type == generated


class TestPasteBack:
    @pytest.fixture
    def photo(self, astronaut: ImageArray) -> face_pb2.FaceSource:
        return face_pb2.FaceSource(image=png(astronaut))

    def test_only_the_face_changes(self, stub: PhizStub, photo: face_pb2.FaceSource, astronaut: ImageArray) -> None:
        answer = edit(stub, step("smile", 2), face=photo, paste_back=True, preset=face_pb2.INVERSION_PRESET_FAST)
        changed = np.abs(pixels(answer.image).astype(int) - astronaut).max(axis=2) > 2
        (face,) = stub.Align(phiz_pb2.AlignRequest(image=photo.image)).faces
        x, y, side = face.box.x_px, face.box.y_px, face.box.width_px
        rows, columns = np.nonzero(changed)
        assert changed.sum() > 0.2 * side**2
        assert x - side / 2 < columns.min() < columns.max() < x + 1.5 * side
        assert y - side / 2 < rows.min() < rows.max() < y + 1.5 * side
        composite = image_pb2.DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA
        assert answer.image.provenance.digital_source_type == composite

    def test_another_brightness_stays(self, stub: PhizStub, photo: face_pb2.FaceSource) -> None:
        """The pasted face is not matched to the light that it was told to leave."""
        (face,) = stub.Align(phiz_pb2.AlignRequest(image=photo.image)).faces
        x, y = round(face.landmarks.nose.x_px), round(face.landmarks.nose.y_px)

        def brightness(strength: float) -> float:
            fast = face_pb2.INVERSION_PRESET_FAST
            answer = edit(stub, step("brightness", strength), face=photo, paste_back=True, preset=fast)
            return float(pixels(answer.image)[y - 15 : y + 15, x - 15 : x + 15].mean())

        assert brightness(-1) < brightness(1) - 10


SMILE = EditStep(name="smile", strength=1)


@pytest.mark.parametrize(
    ("request_", "reason", "field"),
    [
        (EditRequest(steps=[SMILE]), "FIELD_MISSING", "face"),
        (EditRequest(face=FACE), "OUT_OF_RANGE", "steps"),
        (EditRequest(face=FACE, steps=[SMILE] * 17), "OUT_OF_RANGE", "steps"),
        (EditRequest(face=FACE, steps=[SMILE, EditStep(strength=1)]), "FIELD_MISSING", "steps[1]"),
        (EditRequest(face=FACE, steps=[EditStep(name="wings", strength=1)]), "DIRECTION_UNKNOWN", "steps[0].name"),
        (EditRequest(face=FACE, steps=[EditStep(name="", strength=1)]), "DIRECTION_UNKNOWN", "steps[0].name"),
        (EditRequest(face=FACE, steps=[EditStep(component=2**32 - 1)]), "OUT_OF_RANGE", "steps[0].component"),
        (EditRequest(face=FACE, steps=[EditStep(name="smile", strength=10.1)]), "OUT_OF_RANGE", "steps[0].strength"),
        (EditRequest(face=FACE, steps=[EditStep(component=0, strength=-11)]), "OUT_OF_RANGE", "steps[0].strength"),
        (EditRequest(face=FACE, steps=[EditStep(component=0, strength=math.nan)]), "OUT_OF_RANGE", "steps[0].strength"),
        (EditRequest(face=FACE, steps=[SMILE], paste_back=True), "FIELDS_CONFLICT", "paste_back"),
        (EditRequest(face=FACE, steps=[SMILE], preset=9), "OUT_OF_RANGE", "preset"),  # type: ignore[arg-type]
        (EditRequest(face=face_pb2.FaceSource(image=b"?"), steps=[SMILE]), "IMAGE_UNREADABLE", "face.image"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_cannot_be_edited_is_refused(stub: PhizStub, request_: Message, reason: str, field: str) -> None:
    assert refusal(stub, request_) == Refusal(INVALID, reason, field)


def test_who_names_an_unknown_direction_learns_the_known_ones(stub: PhizStub, editor: phiz_pb2.Model) -> None:
    told = refusal(stub, EditRequest(face=FACE, steps=[EditStep(name="wings", strength=1)]))
    assert told.metadata["directions"].split(",") == [direction.name for direction in editor.directions]


def test_the_first_number_that_is_none_is_refused(stub: PhizStub, editor: phiz_pb2.Model) -> None:
    edit(stub, step(editor.components - 1, 1))
    told = refusal(stub, EditRequest(face=FACE, steps=[step(editor.components, 1)]))
    assert told == Refusal(INVALID, "OUT_OF_RANGE", "steps[0].component")


def test_a_latent_of_another_generator_is_refused(stub: PhizStub) -> None:
    latent = edit(stub, SMILE).latent
    latent.model.version += 1
    told = refusal(stub, EditRequest(face=face_pb2.FaceSource(latent=latent), steps=[SMILE]))
    assert told == Refusal(grpc.StatusCode.FAILED_PRECONDITION, "LATENT_VERSION_MISMATCH", "face.latent")
