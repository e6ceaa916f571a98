"""Where the faces of a photograph are: proposals by one network, verified and refined by another.

The search itself runs no network. It is a generator that yields what a network is to be given and is sent what that
network gave, so that a server may await its engine and an offline program may call a session, by the same code::

    search = find_faces(rgb)
    outputs = run(next(search))  # Inference -> outputs by name
    ...  # until StopIteration, whose value are the faces

:func:`drive` does that with a plain function. Both networks see luminance only: a photograph in black and white is as
good as one in colour.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core import geometry
from phiz_core.colour import luminance
from phiz_core.geometry import Affine, ImageArray, Points

DETECTOR: Final = "face_detector"
"""Luminance uint8 [1, H, W, 1] to score float32 [1, K] in 0..1 and landmarks float32 [1, K, 5, 2] in its pixels."""

LANDMARKER: Final = "face_landmarks"
"""Crops, luminance uint8 [N, CROP_PX, CROP_PX, 1], to score float32 [N, 1] in 0..1 and landmarks float32 [N, 5, 2] in
pixels of the crop."""

CROP_PX: Final = 96
FACE_IN_CROP: Final = 1.0 / 3.2
"""Size of a face (as :func:`face_frame` measures it) over the side of its crop."""

STRIDE_PX: Final = 32
SMALLEST_INPUT_PX: Final = 128
LONGEST_INPUT_PX: Final = 640
OVERVIEW_PX: Final = 256
"""A photograph is also searched this small: a face that fills it is seen as a whole there."""

_TURNS: Final = (0, 1, 3, 2)
"""Quarter turns in which a photograph is searched: upright first, on its head last."""

_PAD: Final = 127
_LIKELY_SCORE: Final = 0.5
_PROPOSAL_SCORE: Final = 0.2
_GROUP: Final = 5
"""Where so many faces are found, the unlikely proposals are tried, too; else only where there is none."""

_NEARLY_FACE_SCORE: Final = 0.1
_FACE_SCORE: Final = 0.9
"""What the landmark network must say at the end: nearly all real faces reach 0.99, few other things do.
Before, a proposal of the wrong size gets a chance to be put right."""

_SAME_FACE_OVERLAP: Final = 0.5
_SAME_PROPOSAL_OVERLAP: Final = 0.35
_MIRRORED: Final = [geometry.RIGHT_EYE, geometry.LEFT_EYE, geometry.NOSE, geometry.MOUTH_RIGHT, geometry.MOUTH_LEFT]


@dataclass(frozen=True)
class DetectedFace:
    """A face in a photograph, in pixels with the centre of the top left pixel at (0.5, 0.5).

    Attributes:
        box_px: x, y, width and height of an upright square, which may reach over the edge.
        landmarks_px: [5, 2] float64: left eye, right eye, nose, left and right mouth corner as seen; they may lie
            beyond the edge.
        score: 0 to 1.
    """

    box_px: tuple[float, float, float, float]
    landmarks_px: Points
    score: float

    @property
    def size_px(self) -> float:
        """Side of the box."""
        return self.box_px[2]

    @property
    def roll_degrees(self) -> float:
        """Angle of the line between the eyes, clockwise as seen."""
        return geometry.roll_degrees(self.landmarks_px)

    def is_cut_off(self, width_px: int, height_px: int) -> bool:
        """Whether an eye or a mouth corner lies beyond the edge of its photograph."""
        points = self.landmarks_px
        return bool(np.any(points < 0) or np.any(points > [width_px, height_px]))


class Inference(NamedTuple):
    """A network's name and its inputs by name."""

    model: str
    inputs: Mapping[str, npt.NDArray[Any]]


_Box = tuple[float, float, float, float]
_Overlap = Callable[[_Box, _Box], float]
Outputs = Mapping[str, npt.NDArray[Any]]
Search = Generator[Inference, Outputs, list[DetectedFace]]


def find_faces(rgb: ImageArray, max_faces: int = 64) -> Search:
    """Searches RGB [H, W, 3] uint8. Returns at most ``max_faces``, largest first, maybe none.

    A photograph is searched at no more than :data:`LONGEST_INPUT_PX`; landmarks are refined on its own pixels. The
    detector has learnt faces up to 45 degrees from upright, so a photograph in which it finds none is searched once
    more on each of its sides, and on its head.
    """
    luma = luminance(rgb)
    for quarters in _TURNS:
        turned, to_photo = _turned(luma, quarters)
        faces = yield from _faces_upright(turned, max_faces)
        if faces:
            return [_face(geometry.apply(to_photo, face.landmarks_px), face.score) for face in faces]
    return []


def _turned(luma: ImageArray, quarters: int) -> tuple[ImageArray, Affine]:
    """[H, W] turned anticlockwise, and the map [2, 3] from its pixels to the photograph's."""
    height, width = luma.shape
    to_photo = {
        0: [[1, 0, 0], [0, 1, 0]],
        1: [[0, -1, width], [1, 0, 0]],
        2: [[-1, 0, width], [0, -1, height]],
        3: [[0, 1, 0], [-1, 0, height]],
    }
    return np.ascontiguousarray(np.rot90(luma, quarters)), np.array(to_photo[quarters], np.float64)


def _faces_upright(luma: ImageArray, max_faces: int) -> Search:
    proposals: list[DetectedFace] = []
    for longest_px in (LONGEST_INPUT_PX, OVERVIEW_PX) if max(luma.shape) > OVERVIEW_PX else (LONGEST_INPUT_PX,):
        picture, scale = detector_input(luma, longest_px)
        outputs = yield Inference(DETECTOR, {"luminance": picture[None, :, :, None]})
        proposals += _proposals(outputs["score"][0], outputs["landmarks"][0] / scale)
    likely = _distinct([face for face in proposals if face.score > _LIKELY_SCORE])
    faces = yield from _verified(luma, likely[:max_faces])
    if not faces or len(faces) >= _GROUP:
        others = [face for face in proposals if not any(face is tried for tried in likely)]
        unlikely = [
            face for face in others if all(_overlap(face.box_px, one.box_px) < _SAME_FACE_OVERLAP for one in faces)
        ]
        unlikely.sort(key=lambda face: face.score, reverse=True)
        faces += yield from _verified(luma, unlikely[:max_faces])
    return sorted(_distinct(faces), key=lambda face: face.size_px, reverse=True)


def _verified(luma: ImageArray, proposals: Sequence[DetectedFace]) -> Search:
    """Those of ``proposals`` that are faces, with landmarks refined twice, the second time with the mirror image."""
    landmarks = [face.landmarks_px for face in proposals]
    faces: list[DetectedFace] = []
    for mirror, least_score in ((False, _NEARLY_FACE_SCORE), (True, _FACE_SCORE)):
        if not landmarks:
            return []
        cuts = [landmark_cut(points) for points in landmarks]
        outputs = yield Inference(LANDMARKER, {"luminance": _crops(luma, cuts, mirror)})
        faces = [face for face in _refined(outputs, cuts, mirror) if face.score > least_score]
        landmarks = [face.landmarks_px for face in faces]
    return faces


def drive(search: Search, run: Callable[[Inference], Outputs]) -> list[DetectedFace]:
    """Runs a search to its end with a function that runs a network."""
    try:
        wanted = next(search)
        while True:
            wanted = search.send(run(wanted))
    except StopIteration as end:
        faces: list[DetectedFace] = end.value
        return faces


def detector_input(luma: ImageArray, longest_px: int) -> tuple[ImageArray, float]:
    """[H, W] to what the detector takes, and how much smaller that is: shrunk, padded at the right and below."""
    scale = min(1.0, longest_px / max(luma.shape))
    if scale < 1.0:
        size = [max(1, round(side * scale)) for side in luma.shape[::-1]]
        luma = np.asarray(cv2.resize(luma, size, interpolation=cv2.INTER_AREA), np.uint8)
    height, width = (max(SMALLEST_INPUT_PX, -(-side // STRIDE_PX) * STRIDE_PX) for side in luma.shape)
    padded = np.full((height, width), _PAD, np.uint8)
    padded[: luma.shape[0], : luma.shape[1]] = luma
    return padded, scale


def face_frame(landmarks: npt.NDArray[Any]) -> tuple[Points, Points, float]:
    """Centre, unit vector from the left to the right, and size of a face: what boxes and cuts are made of.

    The size is the larger of the distance between the eyes and of nine tenths of the distance from the eyes to the
    mouth, as in the FFHQ cut; so it keeps its meaning when a head turns.
    """
    points = np.asarray(landmarks, np.float64)
    eyes = points[[geometry.LEFT_EYE, geometry.RIGHT_EYE]].mean(axis=0)
    mouth = points[[geometry.MOUTH_LEFT, geometry.MOUTH_RIGHT]].mean(axis=0)
    between, down = points[geometry.RIGHT_EYE] - points[geometry.LEFT_EYE], mouth - eyes
    across = between + np.array([down[1], -down[0]])
    length = max(float(np.hypot(*across)), 1e-6)
    size = max(float(np.hypot(*between)), 0.9 * float(np.hypot(*down)), 1e-3)
    return (eyes + mouth) / 2, across / length, size


def landmark_cut(landmarks: npt.NDArray[Any]) -> Affine:
    """The map [2, 3] from the crop that the landmark network sees, upright and :data:`CROP_PX` wide, to the picture."""
    centre, right, size = face_frame(landmarks)
    axes = np.array([[right[0], -right[1]], [right[1], right[0]]]) * (size / (FACE_IN_CROP * CROP_PX))
    return np.concatenate([axes, (centre - axes @ [CROP_PX / 2, CROP_PX / 2])[:, None]], axis=1)


def face_box(landmarks: npt.NDArray[Any]) -> tuple[float, float, float, float]:
    """The upright square from the brows to the chin: x, y, width, height."""
    centre, _, size = face_frame(landmarks)
    side = 2.6 * size
    return float(centre[0] - side / 2), float(centre[1] - side / 2), side, side


def _proposals(scores: npt.NDArray[Any], landmarks: npt.NDArray[Any]) -> list[DetectedFace]:
    proposed = np.flatnonzero(scores > _PROPOSAL_SCORE)
    faces = [_face(landmarks[place], scores[place]) for place in proposed]
    return _distinct(faces, _SAME_PROPOSAL_OVERLAP, _union_overlap)


def _face(landmarks: npt.NDArray[Any], score: float) -> DetectedFace:
    return DetectedFace(face_box(landmarks), np.asarray(landmarks, np.float64), float(score))


def _distinct(
    faces: Sequence[DetectedFace], most: float = _SAME_FACE_OVERLAP, overlap: _Overlap | None = None
) -> list[DetectedFace]:
    """Of faces that overlap by ``most`` or more, the likeliest; likeliest first."""
    overlap = overlap or _overlap
    kept: list[DetectedFace] = []
    for face in sorted(faces, key=lambda face: face.score, reverse=True):
        if all(overlap(face.box_px, other.box_px) < most for other in kept):
            kept.append(face)
    return kept


def _shared(one: _Box, other: _Box) -> float:
    width = min(one[0] + one[2], other[0] + other[2]) - max(one[0], other[0])
    height = min(one[1] + one[3], other[1] + other[3]) - max(one[1], other[1])
    return max(width, 0.0) * max(height, 0.0)


def _overlap(one: _Box, other: _Box) -> float:
    """Share of the smaller box that both have in common: a nose in a face is no second face."""
    return _shared(one, other) / min(one[2] * one[3], other[2] * other[3])


def _union_overlap(one: _Box, other: _Box) -> float:
    """Intersection over union: of two proposals of different sizes in one place, either may be the right one."""
    shared = _shared(one, other)
    return shared / (one[2] * one[3] + other[2] * other[3] - shared)


def _crops(luma: ImageArray, cuts: Sequence[Affine], mirror: bool) -> ImageArray:
    """Each cut, and then each cut mirrored where asked for: [N or 2 N, CROP_PX, CROP_PX, 1]."""
    crops = np.stack([geometry.crop(luma[..., None], cut, CROP_PX, CROP_PX) for cut in cuts])
    return np.concatenate([crops, crops[:, :, ::-1]]) if mirror else crops


def _refined(outputs: Outputs, cuts: Sequence[Affine], mirror: bool) -> list[DetectedFace]:
    """What the landmark network saw in the crops, in the photograph; the mean of a crop and its mirror image."""
    landmarks, scores = outputs["landmarks"], outputs["score"][:, 0]
    if mirror:
        count = len(cuts)
        mirrored = landmarks[count:, _MIRRORED]
        mirrored = np.stack([CROP_PX - mirrored[..., 0], mirrored[..., 1]], axis=-1)
        landmarks, scores = (landmarks[:count] + mirrored) / 2.0, (scores[:count] + scores[count:]) / 2.0
    return [
        _face(geometry.apply(cut, points), score) for cut, points, score in zip(cuts, landmarks, scores, strict=True)
    ]
