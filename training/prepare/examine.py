"""One photograph: decoded, searched, measured, cut. Each step may be the last one, and then the reason is told."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import cv2
import numpy as np

from phiz_core import geometry
from phiz_core.geometry import ImageArray, Points
from training.prepare.decode import UnreadableError, decode
from training.prepare.detect import FaceFinder
from training.prepare.duplicates import perceptual_hash
from training.prepare.layouts import Layout
from training.prepare.quality import ALIGNED_PX, Limits, Measures, Reason, judge, measure
from training.prepare.source import Photograph

PREVIEW_PX: Final = 256
"""Side of the pictures that reports are made of."""

_JPEG_QUALITY: Final = 90
_LEAST_INTEROCULAR_PX: Final = 0.5

_Found = tuple[Points, float | None]
"""Landmarks and score of a face."""


@dataclass(frozen=True)
class Plan:
    """How every photograph is examined.

    Attributes:
        layouts: the cuts to make.
        limits: for faces that were searched.
        given_limits: for faces whose landmarks a table gave.
        faces: "largest" of each photograph (of those that are surely faces, if any is), or "all".
    """

    layouts: tuple[Layout, ...]
    limits: Limits
    given_limits: Limits
    faces: Literal["largest", "all"]

    def limits_of(self, photograph: Photograph) -> Limits:
        """The limits for the faces of ``photograph``."""
        return self.limits if photograph.landmarks is None else self.given_limits


@dataclass(frozen=True)
class Face:
    """A face of a photograph.

    Attributes:
        landmarks_px: [5, 2] as nested tuples.
        score: the network's, 0 to 1; None where a table gave the landmarks.
        measures: what was measured.
        hash: perceptual hash of the aligned face, 256 bits, hexadecimal.
        reason: why it is not taken; empty if it is.
        detail: the reason's figure.
    """

    landmarks_px: tuple[tuple[float, ...], ...]
    score: float | None
    measures: Measures
    hash: str
    reason: str
    detail: str


@dataclass(frozen=True)
class Findings:
    """What one photograph holds.

    Attributes:
        sha256: of the file; empty if it could not be read from the disk.
        width_px: of the upright photograph; 0 if it is unreadable.
        height_px: likewise.
        reason: why it has no faces; empty if it has.
        detail: the reason in words.
        faces: largest first.
    """

    sha256: str
    width_px: int = 0
    height_px: int = 0
    reason: str = ""
    detail: str = ""
    faces: tuple[Face, ...] = ()


Pictures = dict[str, np.ndarray[Any, Any]]
"""Of one photograph: ``unaligned`` and ``aligned_<face>`` (JPEG files as uint8), and of each taken face
``<layout>_<face>`` (uint8 [H, W, 3]) and ``<layout>_<face>_landmarks`` (float32 [5, 2])."""


def examine(photograph: Photograph, data: bytes, plan: Plan, finder: FaceFinder | None) -> tuple[Findings, Pictures]:
    """Examines one photograph; what is wrong with it is found, not raised.

    Args:
        photograph: where it comes from, and its landmarks where they are known.
        data: the file.
        plan: what to do.
        finder: searches faces; may be None if the landmarks are known.
    """
    sha256 = hashlib.sha256(data).hexdigest()
    try:
        photo = decode(data)
    except UnreadableError as error:
        return Findings(sha256, reason=Reason.UNREADABLE, detail=str(error)), {}
    height, width = photo.shape[:2]
    pictures: Pictures = {"unaligned": _jpeg(_centre_square(photo))}
    if photograph.landmarks is None:
        assert finder is not None
        found: Sequence[_Found] = [(face.landmarks_px, face.score) for face in finder.find(photo)]
        complaint = "" if found else "no face was found"
    else:
        found = [(photograph.landmarks, None)]
        complaint = _complaint(photograph.landmarks, width, height)
    if complaint:
        return Findings(sha256, width, height, Reason.NO_FACE, complaint), pictures
    faces: list[Face] = []
    limits = plan.limits_of(photograph)
    for landmarks, score in found if plan.faces == "all" else [_largest(found, limits)]:
        aligned = geometry.align(photo, landmarks, ALIGNED_PX)
        measures = measure(photo, landmarks, aligned)
        reason, detail = judge(score, measures, landmarks, (width, height), limits)
        number = len(faces)
        points = tuple(tuple(float(x) for x in point) for point in landmarks)
        faces.append(Face(points, score, measures, perceptual_hash(aligned), reason, detail))
        pictures[f"aligned_{number}"] = _jpeg(geometry.align(photo, landmarks, PREVIEW_PX))
        for layout in plan.layouts if not reason else ():
            image, cut_landmarks = layout.cut(photo, landmarks)
            pictures[f"{layout.name}_{number}"] = image
            pictures[f"{layout.name}_{number}_landmarks"] = np.asarray(cut_landmarks, np.float32)
    return Findings(sha256, width, height, faces=tuple(faces)), pictures


def _largest(found: Sequence[_Found], limits: Limits) -> _Found:
    """The largest face of which the finder is sure, or the one that it is surest of."""
    sure = [face for face in found if face[1] is None or face[1] >= limits.min_score]
    return sure[0] if sure else max(found, key=lambda face: face[1] or 0.0)


def _complaint(landmarks: Points, width: int, height: int) -> str:
    """What is wrong with landmarks that a table gives; empty if nothing is."""
    if np.any(landmarks < [-width, -height]) or np.any(landmarks > [2 * width, 2 * height]):
        return "the landmarks lie far beyond the photograph"
    if geometry.interocular_px(landmarks) < _LEAST_INTEROCULAR_PX:
        return "both eyes are one point"
    try:
        geometry.crop_to_photo(landmarks, ALIGNED_PX)
    except ValueError as error:
        return str(error)
    return ""


def _centre_square(photo: ImageArray) -> ImageArray:
    height, width = photo.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = photo[top : top + side, left : left + side]
    shrinks = side > PREVIEW_PX
    resized = cv2.resize(square, (PREVIEW_PX, PREVIEW_PX), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)
    return np.asarray(resized, np.uint8)


def _jpeg(rgb: ImageArray) -> ImageArray:
    _, data = cv2.imencode(".jpg", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    return np.asarray(data, np.uint8).ravel()
