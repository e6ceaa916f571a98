"""One photograph, examined: whatever it is and wherever its face is said to be, there is an answer."""

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from phiz_core.geometry import ImageArray
from training.prepare.detect import FaceFinder, FaceModels
from training.prepare.examine import Findings, Pictures, Plan, examine
from training.prepare.layouts import layout
from training.prepare.quality import NO_LIMITS, Limits, Reason
from training.prepare.source import Photograph

LAYOUTS = tuple(map(layout, ("face_16", "portrait_24x32", "celeba_16")))
PLAN = Plan(LAYOUTS, Limits(), NO_LIMITS, "largest")
FACE = np.array([[205.0, 111.0], [249.0, 110.0], [227.0, 137.0], [208.0, 152.0], [246.0, 151.0]])


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    return FaceFinder(FaceModels(Path(__file__).parents[2] / "model_repository"))


def png(rgb: ImageArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def examined(rgb: ImageArray, landmarks: np.ndarray) -> tuple[Findings, Pictures]:
    return examine(Photograph(Path("a"), "a", landmarks=landmarks), png(rgb), PLAN, None)


def test_a_taken_face_has_all_its_pictures(astronaut: ImageArray) -> None:
    findings, pictures = examined(astronaut, FACE)
    (face,) = findings.faces
    assert (findings.width_px, findings.height_px, face.reason, face.score) == (512, 512, "", None)
    assert {name for name in pictures if name.endswith("_0")} == {"aligned_0", *(f"{cut.name}_0" for cut in LAYOUTS)}
    assert pictures["portrait_24x32_0"].shape == (32, 24, 3)
    assert pictures["portrait_24x32_0_landmarks"].shape == (5, 2)


def test_a_rejected_face_has_no_cuts(astronaut: ImageArray, finder: FaceFinder) -> None:
    strict = Plan(LAYOUTS, Limits(min_interocular_px=100), NO_LIMITS, "largest")
    findings, pictures = examine(Photograph(Path("a"), "a"), png(astronaut), strict, finder)
    assert [face.reason for face in findings.faces] == [Reason.TOO_SMALL]
    assert set(pictures) == {"unaligned", "aligned_0"}


def test_where_all_faces_are_doubtful_the_surest_is_told(astronaut: ImageArray, finder: FaceFinder) -> None:
    scores = [face.score for face in finder.find(astronaut)]
    plan = Plan(LAYOUTS, Limits(min_score=1.1), NO_LIMITS, "largest")
    findings, _ = examine(Photograph(Path("a"), "a"), png(astronaut), plan, finder)
    assert [(face.reason, face.score) for face in findings.faces] == [(Reason.DOUBTFUL, max(scores))]


@given(points=st.lists(st.tuples(st.floats(-60, 120), st.floats(-40, 80)), min_size=5, max_size=5))
def test_wherever_a_table_says_that_the_face_is_there_is_an_answer(points: list[tuple[float, float]]) -> None:
    photo = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    findings, pictures = examined(photo, np.array(points))
    if findings.reason:
        assert findings.reason == Reason.NO_FACE
        assert findings.detail
    else:
        assert pictures["celeba_16_0"].shape == (16, 16, 3)
        for cut in LAYOUTS:
            assert np.isfinite(pictures[f"{cut.name}_0_landmarks"]).all()


@pytest.mark.parametrize(
    ("landmarks", "detail"),
    [
        (np.full((5, 2), 30.0), "both eyes are one point"),
        (
            np.array([[20.0, 20.0], [30.0, 20.0], [25.0, 15.0], [15.0, 10.0], [35.0, 10.0]]),
            "the landmarks span no face",
        ),
        (np.array([[20.0, 20.0], [20.0, 20.0], [20.0, 25.0], [15.0, 30.0], [25.0, 30.0]]), "both eyes are one point"),
        (FACE * 100, "the landmarks lie far beyond the photograph"),
    ],
)
def test_landmarks_that_are_no_face_are_told(astronaut: ImageArray, landmarks: np.ndarray, detail: str) -> None:
    findings, _ = examined(astronaut, landmarks)
    assert (findings.reason, findings.detail) == (Reason.NO_FACE, detail)


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (4, 40_000), (33_000, 3), (64, 64)])
def test_a_photograph_of_any_shape_is_searched(shape: tuple[int, int], finder: FaceFinder) -> None:
    photo = np.full((*shape, 3), 128, np.uint8)
    findings, pictures = examine(Photograph(Path("a"), "a"), png(photo), PLAN, finder)
    assert (findings.reason, findings.width_px) == (Reason.NO_FACE, shape[1])
    assert set(pictures) == {"unaligned"}
