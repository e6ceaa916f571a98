"""What is measured of a face, and what a face must reach to be taken."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core import geometry
from phiz_core.colour import colourfulness, luminance
from phiz_core.geometry import ImageArray, Points

ALIGNED_PX: Final = 128
"""Side of the aligned FFHQ cut on which a face is measured, whatever its size was."""

_CENTRE: Final = (slice(36, 112), slice(24, 104))
"""Brows to chin in the aligned cut: hair and background do not count as sharp or blurred."""

_NOSE_PROTRUSION: Final = 0.5
"""How far the tip of a nose stands before the eyes, over the distance between the eyes; about 32 of 63 mm."""


class Reason(StrEnum):
    """Why a file or a face is not taken."""

    UNREADABLE = "unreadable"
    NO_FACE = "no face"
    DOUBTFUL = "doubtful"
    TOO_SMALL = "too small"
    CUT_OFF = "cut off"
    POSE = "pose"
    BLURRED = "blurred"
    DUPLICATE = "near duplicate"


@dataclass(frozen=True)
class Measures:
    """Of one face.

    Attributes:
        interocular_px: distance between the eyes in the photograph.
        beyond_edge: part of the FFHQ square that lies beyond the photograph's edge, 0 to 1.
        roll_degrees: of the line between the eyes, clockwise as seen.
        yaw_degrees: turn of the head, estimated from how far the nose is off the line from the eyes to the mouth;
            positive to the right as seen.
        sharpness: variance of the Laplacian of the face's luminance at :data:`ALIGNED_PX`.
        mean: of the aligned cut's luminance, 0 to 255.
        contrast: standard deviation of the aligned cut's luminance.
        colourfulness: of the aligned cut, after Hasler and Suesstrunk; 0 is gray.
    """

    interocular_px: float
    beyond_edge: float
    roll_degrees: float
    yaw_degrees: float
    sharpness: float
    mean: float
    contrast: float
    colourfulness: float


@dataclass(frozen=True)
class Limits:
    """What a face must reach.

    Attributes:
        min_score: of the face finder; what it is less sure of may be a button or a knot.
        min_interocular_px: 16 is the distance between the eyes in a sharp ``face_64``.
        min_sharpness: below it a face is blurred.
        max_yaw_degrees: to either side.
        max_roll_degrees: to either side; the aligned cut undoes it, so this asks for plausible photographs only.
        max_beyond_edge: part of the FFHQ square; below 1 an eye or a mouth corner beyond the edge is too much, too.
        duplicate_bits: two faces whose perceptual hashes differ in no more bits are one; -1 keeps all.
    """

    min_score: float = 0.9
    min_interocular_px: float = 16.0
    min_sharpness: float = 60.0
    max_yaw_degrees: float = 45.0
    max_roll_degrees: float = 45.0
    max_beyond_edge: float = 0.35
    duplicate_bits: int = 30


NO_LIMITS: Final = Limits(0.0, 0.0, 0.0, 180.0, 180.0, 1.0, -1)
"""Takes every face."""


def measure(photo: ImageArray, landmarks: Points, aligned: ImageArray) -> Measures:
    """Measures the face at ``landmarks`` [5, 2] of ``photo`` [H, W, 3].

    ``aligned`` is its FFHQ cut [ALIGNED_PX, ALIGNED_PX, 3].
    """
    luma = luminance(aligned)
    return Measures(
        interocular_px=geometry.interocular_px(landmarks),
        beyond_edge=_beyond_edge(photo, landmarks),
        roll_degrees=geometry.roll_degrees(landmarks),
        yaw_degrees=yaw_degrees(landmarks),
        sharpness=float(cv2.Laplacian(luma[_CENTRE], cv2.CV_64F).var()),
        mean=float(luma.mean()),
        contrast=float(luma.std()),
        colourfulness=colourfulness(aligned),
    )


def yaw_degrees(landmarks: npt.NDArray[Any]) -> float:
    """Turn of the head to the right as seen, from -90 to 90, estimated from ``landmarks`` [5, 2].

    A nose that stands d before a line through the face moves by d sin(yaw) off that line, while the distance between
    the eyes shrinks by cos(yaw). The line goes from between the eyes to the middle of the mouth.
    """
    points = np.asarray(landmarks, np.float64)
    eyes = points[[geometry.LEFT_EYE, geometry.RIGHT_EYE]].mean(axis=0)
    down = points[[geometry.MOUTH_LEFT, geometry.MOUTH_RIGHT]].mean(axis=0) - eyes
    height = float(np.hypot(*down))
    if height < 1e-6:
        return 0.0
    nose = points[geometry.NOSE] - eyes
    offset = float(nose[0] * down[1] - nose[1] * down[0]) / height
    return float(np.degrees(np.arctan2(offset, _NOSE_PROTRUSION * geometry.interocular_px(points))))


def judge(
    score: float | None, measures: Measures, landmarks: Points, photo_size_px: tuple[int, int], limits: Limits
) -> tuple[str, str]:
    """The first reason not to take a face, and by how much it fails; two empty strings if there is none.

    Args:
        score: of the face finder; None where it was not asked.
        measures: of the face.
        landmarks: [5, 2], pixels of the photograph.
        photo_size_px: width and height of the photograph.
        limits: what it must reach.
    """
    outside = bool(np.any(landmarks < 0) or np.any(landmarks > photo_size_px))
    yaw, roll = measures.yaw_degrees, measures.roll_degrees
    sure = 1.0 if score is None else score
    complaints = (
        (sure < limits.min_score, Reason.DOUBTFUL, f"score {sure:.2f}"),
        (
            measures.interocular_px < limits.min_interocular_px,
            Reason.TOO_SMALL,
            f"{measures.interocular_px:.1f} px between the eyes",
        ),
        (outside and limits.max_beyond_edge < 1, Reason.CUT_OFF, "an eye, the nose or the mouth is beyond the edge"),
        (
            measures.beyond_edge > limits.max_beyond_edge,
            Reason.CUT_OFF,
            f"{measures.beyond_edge:.0%} of the face's square are beyond the edge",
        ),
        (abs(yaw) > limits.max_yaw_degrees, Reason.POSE, f"yaw {yaw:.0f} degrees"),
        (abs(roll) > limits.max_roll_degrees, Reason.POSE, f"roll {roll:.0f} degrees"),
        (measures.sharpness < limits.min_sharpness, Reason.BLURRED, f"sharpness {measures.sharpness:.0f}"),
    )
    return next(((reason, detail) for fails, reason, detail in complaints if fails), ("", ""))


def _beyond_edge(photo: ImageArray, landmarks: Points) -> float:
    height, width = photo.shape[:2]
    corners = np.array([[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]])
    square = geometry.apply(geometry.crop_to_photo(landmarks, 1), corners)
    side = float(np.hypot(*(square[1] - square[0])))
    shared, _ = cv2.intersectConvexConvex(
        np.asarray(square, np.float32), np.asarray(corners * [width, height], np.float32)
    )
    return round(float(np.clip(1.0 - shared / side**2, 0.0, 1.0)), 6)  # OpenCV intersects in float32
