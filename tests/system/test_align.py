"""Align, against a running gateway with the repository's models."""

import cv2
import numpy as np
import pytest
from PIL import Image

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core import colour, geometry
from phiz_core.geometry import ImageArray
from tests.system.answers import INVALID, Refusal, jpeg, landmarks, names, pixels, png, refusal

PUPILS = np.array([[205.4, 101.0], [246.0, 103.0]])
"""Of the astronaut, read off the picture."""

EYE_ERROR = 0.06
"""Over the distance between the eyes."""


def align(stub: PhizStub, photo: ImageArray, **options: object) -> list[face_pb2.Face]:
    return list(stub.Align(phiz_pb2.AlignRequest(image=png(photo), **options)).faces)  # type: ignore[arg-type]


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 6.0])
@pytest.mark.parametrize("gray", [False, True])
def test_the_astronauts_face_is_found_once_at_any_size(
    stub: PhizStub, astronaut: ImageArray, scale: float, gray: bool
) -> None:
    photo = colour.luminance(astronaut) if gray else astronaut
    resized = np.asarray(cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    (face,) = stub.Align(phiz_pb2.AlignRequest(image=jpeg(resized))).faces
    errors = np.linalg.norm(landmarks(face)[:2] / scale - PUPILS, axis=1)
    assert errors.max() < EYE_ERROR * geometry.interocular_px(PUPILS)
    assert 0.5 < face.score <= 1
    assert abs(face.roll_degrees) < 8
    assert not face.cut_off


def test_the_landmarks_are_a_face_inside_its_box(stub: PhizStub, astronaut: ImageArray) -> None:
    (face,) = align(stub, astronaut)
    points, box = landmarks(face), face.box
    assert np.all((points > [box.x_px, box.y_px]) & (points < [box.x_px + box.width_px, box.y_px + box.height_px]))
    left_eye, right_eye, nose, mouth_left, mouth_right = points
    assert left_eye[0] < nose[0] < right_eye[0]
    assert mouth_left[0] < nose[0] < mouth_right[0]
    assert max(left_eye[1], right_eye[1]) < nose[1] < min(mouth_left[1], mouth_right[1])


@pytest.mark.parametrize("degrees", [-45, -30, 30, 45])
def test_a_head_that_leans_is_found_and_cut_out_upright(stub: PhizStub, astronaut: ImageArray, degrees: int) -> None:
    (straight,) = align(stub, astronaut)
    turn = cv2.getRotationMatrix2D((226.0, 120.0), -degrees, 1.0)
    leaning = np.asarray(cv2.warpAffine(astronaut, turn, (512, 512), borderMode=cv2.BORDER_REPLICATE), np.uint8)
    (face,) = align(stub, leaning)
    assert face.roll_degrees - straight.roll_degrees == pytest.approx(degrees, abs=4)
    middle = slice(64, 192)
    one, other = (pixels(each.crop)[middle, middle].astype(float) for each in (straight, face))
    assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.9


@pytest.mark.parametrize(("quarters", "roll_degrees"), [(1, -90), (2, 180), (3, 90)])
def test_a_photograph_on_its_side_or_its_head_shows_the_same_face(
    stub: PhizStub, astronaut: ImageArray, quarters: int, roll_degrees: int
) -> None:
    wide = astronaut[:384]
    (upright,), (face,) = (align(stub, np.ascontiguousarray(np.rot90(wide, turn))) for turn in (0, quarters))
    assert (face.roll_degrees - upright.roll_degrees - roll_degrees + 180) % 360 == pytest.approx(180, abs=1)
    assert np.abs(pixels(face.crop).astype(int) - pixels(upright.crop)).mean() < 2
    assert face.score == pytest.approx(upright.score, abs=0.01)


@pytest.mark.parametrize("degrees", range(0, 360, 45))
def test_a_made_face_is_found_at_any_angle(stub: PhizStub, degrees: int) -> None:
    output = image_pb2.ImageOptions(size_px=200)
    made = pixels(stub.Generate(phiz_pb2.GenerateRequest(seeds=[7], output=output)).faces[0].image)
    turned = np.asarray(Image.fromarray(made).rotate(-degrees, Image.Resampling.BICUBIC, fillcolor=(128, 128, 128)))
    (face,) = align(stub, turned)
    assert (face.roll_degrees - degrees + 180) % 360 == pytest.approx(180, abs=10)


def test_the_crop_is_the_photograph_where_the_transform_says(stub: PhizStub, astronaut: ImageArray) -> None:
    (face,) = align(stub, astronaut)
    m = face.crop_to_photo
    transform = np.array([[m.a, m.b, m.c], [m.d, m.e, m.f]])
    crop = pixels(face.crop)
    assert crop.shape == (256, 256, 3)
    expected = geometry.crop(astronaut, transform, 256, 256)
    assert np.abs(crop.astype(int) - expected).mean() < 1
    assert face.crop.provenance.digital_source_type == image_pb2.DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED
    assert names(face.crop.provenance.models) == ["face_detector", "face_landmarks"]


class TestTwoFaces:
    @pytest.fixture
    def photo(self, astronaut: ImageArray) -> ImageArray:
        """A smaller face at the left, a larger one at the right."""
        small = np.full_like(astronaut, 128)
        small[:384, :384] = np.asarray(Image.fromarray(astronaut).resize((384, 384)))
        return np.hstack([small, astronaut])

    def test_the_largest_comes_first(self, stub: PhizStub, photo: ImageArray) -> None:
        both = align(stub, photo)
        assert len(both) == 2
        assert both[0].box.width_px > both[1].box.width_px
        assert both[0].box.x_px > 512 > both[1].box.x_px

    def test_no_more_come_than_asked_for(self, stub: PhizStub, photo: ImageArray) -> None:
        (largest,) = align(stub, photo, max_faces=1)
        assert largest == align(stub, photo)[0]

    def test_they_come_from_left_to_right_where_that_is_asked_for(self, stub: PhizStub, photo: ImageArray) -> None:
        left, right = align(stub, photo, order=face_pb2.FACE_ORDER_LEFT_TO_RIGHT)
        assert left.box.x_px < 512 < right.box.x_px

    def test_they_come_by_score_where_that_is_asked_for(self, stub: PhizStub, photo: ImageArray) -> None:
        scores = [face.score for face in align(stub, photo, order=face_pb2.FACE_ORDER_BEST_SCORE_FIRST)]
        assert scores == sorted(scores, reverse=True)

    def test_small_ones_are_left_out_where_that_is_asked_for(self, stub: PhizStub, photo: ImageArray) -> None:
        large, small = align(stub, photo)
        between = round((large.box.width_px + small.box.width_px) / 2)
        assert align(stub, photo, min_size_px=between) == [large]


@pytest.mark.parametrize("request_type", [phiz_pb2.InvertRequest, phiz_pb2.AlignRequest])
class TestWhyNoFaceWillDo:
    def test_there_is_none(self, stub: PhizStub, request_type: type) -> None:
        blank = np.full((64, 64, 3), 128, np.uint8)
        assert refusal(stub, request_type(image=png(blank))) == Refusal(INVALID, "NO_FACE_FOUND", "image")

    def test_the_photograph_is_too_dark(self, stub: PhizStub, request_type: type) -> None:
        black = np.zeros((64, 64, 3), np.uint8)
        told = refusal(stub, request_type(image=png(black)))
        assert told == Refusal(INVALID, "TOO_DARK", "image")
        assert told.metadata["brightness"] == "0"

    def test_the_face_is_cut_off(self, stub: PhizStub, astronaut: ImageArray, request_type: type) -> None:
        """The left edge of the photograph lies between an eye and the nose."""
        told = refusal(stub, request_type(image=png(astronaut[:, 212:])))
        assert told == Refusal(INVALID, "FACE_CUT_OFF", "image")
        assert float(told.metadata["size_px"]) > 80


def test_a_face_that_is_cut_off_is_answered_with_where_that_is_asked_for(stub: PhizStub, astronaut: ImageArray) -> None:
    (face,) = align(stub, astronaut[:, 212:], include_cut_off=True)
    assert face.cut_off
    assert face.landmarks.left_eye.x_px < 0 < face.landmarks.right_eye.x_px
    assert pixels(face.crop).shape == (256, 256, 3)


def test_a_face_that_is_too_small_is_told_with_its_size(stub: PhizStub, astronaut: ImageArray) -> None:
    (face,) = align(stub, astronaut)
    told = refusal(stub, phiz_pb2.AlignRequest(image=png(astronaut), min_size_px=300))
    assert told == Refusal(INVALID, "FACE_TOO_SMALL", "image")
    assert told.metadata["min_size_px"] == "300"
    assert float(told.metadata["size_px"]) == pytest.approx(face.box.width_px, abs=0.1)


def test_a_photograph_of_a_mix_without_a_face_is_named_by_its_place(stub: PhizStub) -> None:
    blank = png(np.full((64, 64, 3), 128, np.uint8))
    request = phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(seed=1), face_pb2.FaceSource(image=blank)])
    assert refusal(stub, request) == Refusal(INVALID, "NO_FACE_FOUND", "faces[1].image")
