"""The search for faces, with networks that know the answer: theirs is tested elsewhere, the search itself here."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import detection, geometry
from phiz_core.detection import CROP_PX, DETECTOR, LANDMARKER, DetectedFace, Inference, Outputs, drive, find_faces
from phiz_core.geometry import ImageArray, Points

FACE = np.array([[-15.0, -12.0], [15.0, -12.0], [0.0, 4.0], [-11.0, 18.0], [11.0, 18.0]])
"""An upright face around (0, 0)."""


def placed(x: float, y: float, scale: float = 1.0, roll_degrees: float = 0.0) -> Points:
    angle = np.radians(roll_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return np.asarray(scale * FACE @ turn.T + [x, y])


class Networks:
    """A detector that knows the faces of a photograph up to an error, and a landmark network that knows them exactly.

    They are told the scale and the cuts that they see, as real ones see the pixels.
    """

    def __init__(
        self, faces: list[Points], scores: list[float], error_px: float, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        self._faces, self._scores, self._error_px = faces, scores, error_px
        self.asked: list[Inference] = []
        self._cuts: list[geometry.Affine] = []
        shrink, cut = detection.detector_input, detection.landmark_cut

        def watched_shrink(luma: ImageArray, longest_px: int) -> tuple[ImageArray, float]:
            picture, self._scale = shrink(luma, longest_px)
            return picture, self._scale

        def watched_cut(landmarks: Points) -> geometry.Affine:
            self._cuts.append(cut(landmarks))
            return self._cuts[-1]

        monkeypatch.setattr(detection, "detector_input", watched_shrink)
        monkeypatch.setattr(detection, "landmark_cut", watched_cut)

    def __call__(self, inference: Inference) -> Outputs:
        self.asked.append(inference)
        if inference.model == DETECTOR:
            seen_px = [[face * self._scale + self._error_px for face in self._faces]]
            return {"score": np.array([self._scores], np.float32), "landmarks": np.array(seen_px, np.float32)}
        assert inference.model == LANDMARKER
        count, *shape = inference.inputs["luminance"].shape
        assert shape == [CROP_PX, CROP_PX, 1]
        seen = [
            min((geometry.apply(geometry.invert(cut), face) for face in self._faces), key=_off) for cut in self._cuts
        ]
        mirror = count == 2 * len(self._cuts)
        assert mirror or count == len(self._cuts)
        self._cuts.clear()
        mirrored = [np.stack([CROP_PX - points[:, 0], points[:, 1]], 1)[[1, 0, 2, 4, 3]] for points in seen]
        scores = [0.99 if _off(points) < CROP_PX / 3 else 0.05 for points in seen]
        if not mirror:
            return {"score": np.array([scores]).T, "landmarks": np.array(seen)}
        return {"score": np.array([scores + scores]).T, "landmarks": np.array(seen + mirrored)}


def _off(points: Points) -> float:
    return float(np.linalg.norm(points.mean(axis=0) - CROP_PX / 2))


def test_proposals_are_refined_on_the_photographs_own_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """The photograph is searched at a third of its size; the landmarks are exact all the same."""
    faces = [placed(600, 500, 4.0), placed(1500, 900, 2.0, 25.0)]
    networks = Networks(faces, [0.8, 0.9], 3.0, monkeypatch)
    found = drive(find_faces(np.zeros((1200, 1920, 3), np.uint8)), networks)
    shown = [asked.inputs["luminance"].shape for asked in networks.asked if asked.model == DETECTOR]
    assert shown == [(1, 416, 640, 1), (1, 160, 256, 1)]
    for face, truth in zip(found, faces, strict=True):
        np.testing.assert_allclose(face.landmarks_px, truth, atol=1e-3)
    assert found[1].roll_degrees == pytest.approx(25.0, abs=1e-3)


def test_two_proposals_of_one_face_are_one_face(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks([placed(100, 100), placed(102, 101)], [0.9, 0.8], 0.0, monkeypatch)
    assert len(drive(find_faces(np.zeros((200, 200, 3), np.uint8)), networks)) == 1


def test_what_the_landmark_network_does_not_take_for_a_face_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks([placed(100, 100)], [0.99], 60.0, monkeypatch)
    assert drive(find_faces(np.zeros((200, 200, 3), np.uint8)), networks) == []


def test_without_a_proposal_the_landmark_network_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks([placed(100, 100)], [0.01], 0.0, monkeypatch)
    assert drive(find_faces(np.zeros((200, 200, 3), np.uint8)), networks) == []
    assert {asked.model for asked in networks.asked} == {DETECTOR}


def test_where_no_face_is_upright_each_side_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks([placed(100, 100)], [0.01], 0.0, monkeypatch)
    photo = np.arange(60 * 40 * 3, dtype=np.uint8).reshape(60, 40, 3)
    drive(find_faces(photo), networks)
    upright, *others = [asked.inputs["luminance"][0, ..., 0] for asked in networks.asked]
    width, height = 40, 60
    shown = upright[:height, :width]
    for quarters, seen in zip((1, 3, 2), others, strict=True):
        side = np.rot90(shown, quarters)
        assert np.array_equal(seen[: side.shape[0], : side.shape[1]], side)


def test_where_a_face_is_upright_no_side_is_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks([placed(100, 100)], [0.9], 0.0, monkeypatch)
    drive(find_faces(np.zeros((200, 200, 3), np.uint8)), networks)
    assert [asked.model for asked in networks.asked] == [DETECTOR, LANDMARKER, LANDMARKER]


def test_unlikely_proposals_are_tried_where_no_likely_one_is_a_face(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks([placed(100, 100)], [0.3], 0.0, monkeypatch)
    assert len(drive(find_faces(np.zeros((200, 200, 3), np.uint8)), networks)) == 1
    networks = Networks([placed(60, 100), placed(150, 100)], [0.9, 0.3], 0.0, monkeypatch)
    assert len(drive(find_faces(np.zeros((200, 200, 3), np.uint8)), networks)) == 1


def test_a_face_within_a_face_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    networks = Networks([placed(100, 100, 3.0), placed(104, 103, 0.7)], [0.9, 0.8], 0.0, monkeypatch)
    (face,) = drive(find_faces(np.zeros((200, 200, 3), np.uint8)), networks)
    assert face.size_px > 100


def test_faces_come_largest_first_and_no_more_than_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    faces = [placed(60 + 90 * index, 100, 0.8 + 0.2 * index) for index in range(5)]
    networks = Networks(faces, [0.9, 0.95, 0.8, 0.7, 0.6], 0.0, monkeypatch)
    found = drive(find_faces(np.zeros((200, 500, 3), np.uint8), max_faces=3), networks)
    assert [round(face.landmarks_px[2, 0]) for face in found] == [240, 150, 60]


@given(height=st.integers(1, 1500), width=st.integers(1, 1500))
def test_the_detector_is_given_the_whole_photograph_in_a_size_that_it_takes(height: int, width: int) -> None:
    luma: ImageArray = np.full((height, width), 200, np.uint8)
    picture, scale = detection.detector_input(luma, detection.LONGEST_INPUT_PX)
    assert all(side % detection.STRIDE_PX == 0 for side in picture.shape)
    assert min(picture.shape) >= detection.SMALLEST_INPUT_PX
    assert max(picture.shape) <= detection.LONGEST_INPUT_PX
    assert 0 < scale <= 1
    shown = np.argwhere(picture == 200)
    assert shown.min() == 0
    np.testing.assert_allclose(shown.max(axis=0) + 1, np.array([height, width]) * scale, atol=1.0)


points = st.tuples(
    st.floats(-500, 500), st.floats(-500, 500), st.floats(0.1, 50), st.floats(-180, 180, exclude_min=True)
)


@given(points)
def test_the_crop_shows_a_face_upright_in_the_middle_at_one_size(where: tuple[float, float, float, float]) -> None:
    landmarks = placed(*where)
    seen = geometry.apply(geometry.invert(detection.landmark_cut(landmarks)), landmarks)
    left_eye, right_eye, _, mouth_left, mouth_right = seen
    np.testing.assert_allclose((left_eye + right_eye + mouth_left + mouth_right) / 4, CROP_PX / 2, atol=1e-6)
    assert left_eye[1] == pytest.approx(right_eye[1], abs=1e-6)
    assert right_eye[0] - left_eye[0] == pytest.approx(CROP_PX * detection.FACE_IN_CROP, rel=1e-6)
    assert mouth_left[1] > left_eye[1]


@given(points)
def test_a_box_is_a_square_around_its_face(where: tuple[float, float, float, float]) -> None:
    landmarks = placed(*where)
    x, y, width, height = detection.face_box(landmarks)
    assert width == height
    assert np.all((landmarks > [x, y]) & (landmarks < [x + width, y + height]))


def test_a_face_is_cut_off_where_an_eye_or_the_mouth_is_beyond_the_edge() -> None:
    def face(x: float) -> DetectedFace:
        landmarks = placed(x, 50)
        return DetectedFace(detection.face_box(landmarks), landmarks, 0.9)

    assert not face(16).is_cut_off(100, 100)
    assert face(14).is_cut_off(100, 100)
    assert face(90).is_cut_off(100, 100)
