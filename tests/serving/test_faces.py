"""Which faces of a photograph are usable and in which order they come, with networks that find what they are told."""

import io
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from phiz_core import detection, geometry
from phiz_core.geometry import ImageArray, Points
from serving.admission import Admission
from serving.engine.base import Inference, Model, ModelVersion, Tensors, TensorSpec
from serving.errors import FaceCutOff, FaceTooSmall, ModelNotFound, NoFaceFound, NoUsableFace, TooDark
from serving.faces import DARK, find_faces
from serving.images import Encoding
from serving.metrics import Metrics
from serving.operations.align import AlignedFace, Order, align
from serving.pipeline import Pipeline
from serving.settings import Settings
from tests.serving.fixed_engine import FixedEngine

UPRIGHT = np.array([[-0.5, -0.5], [0.5, -0.5], [0.0, 0.1], [-0.4, 0.5], [0.4, 0.5]])
"""A face whose size, in the sense of detection.face_frame, is 1, around (0, 0)."""

BOX = 2.6
"""Side of a box over the size of its face."""

SURE = 0.99
"""The score of a face whose middle is black."""

PHOTO = np.full((400, 600, 3), 200, np.uint8)


def face_at(x: float, y: float, size: float, degrees: float = 0.0) -> Points:
    """Landmarks [5, 2]."""
    angle = np.radians(degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(size * UPRIGHT @ turn.T + [x, y])


def network(name: str, max_batch_size: int) -> Model:
    any_picture = {"luminance": TensorSpec("luminance", np.dtype(np.uint8), (-1, -1, 1))}
    outputs = {
        "score": TensorSpec("score", np.dtype(np.float32), (-1,)),
        "landmarks": TensorSpec("landmarks", np.dtype(np.float32), (-1, 5, 2)),
    }
    return Model(ModelVersion(name, 7), max_batch_size, any_picture, outputs, {}, ready=True)


class FaceEngine(FixedEngine):
    """Its detector sees the faces that it was told of, unless the photograph was shrunk for it; its landmark network
    finds each where the cut expects it.

    It is sure of every face, and the surer the brighter its middle is.
    """

    def __init__(self, faces: Sequence[Points]) -> None:
        super().__init__(network(detection.DETECTOR, 1), network(detection.LANDMARKER, 8))
        self._landmarks = np.array(faces, np.float32).reshape(1, -1, 5, 2)

    async def infer(self, model: ModelVersion, inputs: Tensors) -> Inference:
        rows = len(inputs["luminance"])
        assert rows <= self.models[model.name].max_batch_size
        if model.name == detection.DETECTOR:
            whole = inputs["luminance"].shape[2] >= PHOTO.shape[1]
            score = np.full((1, self._landmarks.shape[1]), whole, np.float32)
            outputs: Tensors = {"score": score, "landmarks": self._landmarks}
        else:
            expected = geometry.apply(geometry.invert(detection.landmark_cut(UPRIGHT)), UPRIGHT)
            middle = inputs["luminance"][:, detection.CROP_PX // 2, detection.CROP_PX // 2]
            outputs = {
                "score": SURE + (1 - SURE) * middle.astype(np.float32) / 255,
                "landmarks": np.repeat(expected[None], rows, axis=0),
            }
        return Inference(outputs, model, 0.0, 0.0)


def pipeline(engine: FaceEngine) -> Pipeline:
    metrics = Metrics()
    settings = Settings(max_faces=20)
    return Pipeline(settings, engine, Admission(1, 10**8, 1, metrics), metrics, ThreadPoolExecutor(2))


async def found(faces: Sequence[Points], photo: ImageArray = PHOTO, min_size_px: int | None = None) -> list[Points]:
    """The landmarks of the usable ones."""
    with pipeline(FaceEngine(faces)).job("Align") as job:
        usable = await find_faces(job, photo, field="image", min_size_px=min_size_px)
        return [face.landmarks_px for face in usable]


async def aligned(
    faces: Sequence[Points],
    photo: ImageArray = PHOTO,
    *,
    max_faces: int = 0,
    min_size_px: int = 0,
    order: Order = Order.LARGEST_FIRST,
    include_cut_off: bool = False,
) -> list[AlignedFace]:
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, "PNG")
    with pipeline(FaceEngine(faces)).job("Align") as job:
        return await align(
            job,
            image=stream.getvalue(),
            max_faces=max_faces,
            min_size_px=min_size_px,
            order=order,
            include_cut_off=include_cut_off,
            output=Encoding(size_px=32),
        )


async def test_faces_come_largest_first_at_any_angle() -> None:
    faces = [face_at(100, 100, 20), face_at(300, 200, 40, 45), face_at(500, 300, 30, -90)]
    for landmarks, expected in zip(await found(faces), [faces[1], faces[2], faces[0]], strict=True):
        np.testing.assert_allclose(landmarks, expected, atol=0.01)


async def test_both_networks_are_among_the_models_that_took_part() -> None:
    with pipeline(FaceEngine([face_at(300, 200, 40)])).job("Align") as job:
        await find_faces(job, PHOTO, field="image")
    assert job.models == [ModelVersion("face_detector", 7), ModelVersion("face_landmarks", 7)]
    assert list(job.stage_seconds()) == ["align", "queue", "infer"]
    assert job.metrics.registry.get_sample_value("phiz_faces_per_image_sum") == 1


async def test_without_the_networks_the_call_says_which_one_is_missing() -> None:
    engine = FaceEngine([])
    engine.models = {}
    with pipeline(engine).job("Align") as job, pytest.raises(ModelNotFound) as caught:
        await find_faces(job, PHOTO, field="image")
    assert caught.value.metadata["model"] == "face_detector"


class TestWhyNoFaceWillDo:
    async def refusal(self, faces: Sequence[Points], photo: ImageArray = PHOTO) -> NoUsableFace:
        with pytest.raises(NoUsableFace) as caught:
            await found(faces, photo)
        assert caught.value.field == "image"
        return caught.value

    async def test_there_is_none(self) -> None:
        assert isinstance(await self.refusal([]), NoFaceFound)

    @pytest.mark.parametrize("brightness", [0, DARK])
    async def test_there_is_none_and_the_photograph_is_nearly_black(self, brightness: int) -> None:
        dark = np.full_like(PHOTO, brightness)
        dark[0, :500] = 255  # a lamp
        error = await self.refusal([], dark)
        assert isinstance(error, TooDark)
        assert error.metadata == {"brightness": str(brightness), "max_brightness": str(DARK)}

    async def test_a_photograph_that_is_dark_in_most_places_only_is_not_too_dark(self) -> None:
        dark = np.zeros_like(PHOTO)
        dark[:10] = 255
        assert isinstance(await self.refusal([], dark), NoFaceFound)

    async def test_a_face_in_the_dark_is_a_face(self) -> None:
        dark = np.zeros_like(PHOTO)
        dark[195:205, 295:305] = 255
        assert len(await found([face_at(300, 200, 40)], dark)) == 1

    async def test_the_largest_is_too_small(self) -> None:
        error = await self.refusal([face_at(100, 100, 4), face_at(300, 200, 5)])
        assert isinstance(error, FaceTooSmall)
        assert error.metadata == {"size_px": "13.0", "min_size_px": "16"}

    @pytest.mark.parametrize(("x", "y"), [(10, 200), (590, 200), (300, 15), (300, 385)])
    async def test_the_largest_is_cut_off_at_an_edge(self, x: float, y: float) -> None:
        error = await self.refusal([face_at(x, y, 40), face_at(100, 100, 5)])
        assert isinstance(error, FaceCutOff)
        assert error.metadata == {"size_px": "104.0"}

    async def test_a_small_face_that_is_whole_is_told_before_a_smaller_one_that_is_cut_off(self) -> None:
        assert isinstance(await self.refusal([face_at(1, 100, 4), face_at(300, 200, 5)]), FaceTooSmall)


async def test_cut_off_faces_are_passed_over_unless_they_are_asked_for() -> None:
    faces = [face_at(10, 200, 40), face_at(300, 200, 30)]
    (whole,) = await aligned(faces)
    assert not whole.cut_off
    assert [face.cut_off for face in await aligned(faces, include_cut_off=True)] == [True, False]


@pytest.mark.parametrize(("min_size_px", "count"), [(0, 3), (1, 3), (52, 3), (53, 2), (104, 1)])
async def test_the_smallest_size_is_that_of_the_box(min_size_px: int, count: int) -> None:
    faces = [face_at(100, 100, 40.01), face_at(300, 100, 30.01), face_at(500, 100, 20.01)]
    assert len(await aligned(faces, min_size_px=min_size_px)) == count


async def test_a_size_of_0_is_the_servers() -> None:
    with pytest.raises(FaceTooSmall):
        await aligned([face_at(300, 200, 5)])
    assert len(await aligned([face_at(300, 200, 5)], min_size_px=1)) == 1


@dataclass(frozen=True)
class Person:
    """Where a face is on a grid that keeps them apart, how large and how sure."""

    column: int
    row: int
    size: float
    brightness: int

    def rank(self, order: Order) -> float:
        match order:
            case Order.LARGEST_FIRST:
                return -BOX * self.size
            case Order.LEFT_TO_RIGHT:
                return 100 * self.column + 50
            case Order.BEST_SCORE_FIRST:
                return -self.brightness


def answered_rank(face: AlignedFace, order: Order) -> float:
    match order:
        case Order.LARGEST_FIRST:
            return -face.found.box_px[2]
        case Order.LEFT_TO_RIGHT:
            return face.found.box_px[0] + face.found.box_px[2] / 2
        case Order.BEST_SCORE_FIRST:
            return -(face.found.score - SURE) / (1 - SURE) * 255


PEOPLE = st.lists(
    st.builds(Person, st.integers(0, 5), st.integers(0, 3), st.floats(8, 19), st.integers(130, 255)),
    min_size=1,
    max_size=20,
    unique_by=lambda person: (person.column, person.row),
)


@given(people=PEOPLE, max_faces=st.integers(0, 20), order=st.sampled_from(Order))
async def test_the_first_faces_by_the_order_are_answered_with(
    people: list[Person], max_faces: int, order: Order
) -> None:
    photo = PHOTO.copy()
    for person in people:
        photo[100 * person.row :, 100 * person.column :][:100, :100] = person.brightness
    faces = [face_at(100 * person.column + 50, 100 * person.row + 50, person.size) for person in people]
    answer = await aligned(faces, photo, max_faces=max_faces, order=order)
    expected = sorted(person.rank(order) for person in people)[: max_faces or None]
    assert [answered_rank(face, order) for face in answer] == pytest.approx(expected, abs=0.01)
