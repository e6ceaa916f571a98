"""Crops for the landmark network: faces nearly where it expects them, and what it must refuse."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from phiz_core.detection import CROP_PX, FACE_IN_CROP
from phiz_core.geometry import ImageArray, Points
from training.synthesis.backgrounds import background, dead_leaves
from training.synthesis.mined import Mined
from training.synthesis.photometry import Random, degrade, smooth_field
from training.synthesis.warp import View, bend, moved, view_map, warp

_SIZE_PX: Final = CROP_PX * FACE_IN_CROP
_MINED: Final = 0.45


@dataclass(frozen=True)
class FaceCrop:
    """What the landmark network learns from.

    Attributes:
        luminance: uint8 [CROP_PX, CROP_PX].
        landmarks: [5, 2] in pixels of the crop; of no meaning where there is no face.
        is_face: whether there is one, about where and as large as expected.
    """

    luminance: ImageArray
    landmarks: Points
    is_face: bool


def face_crop(
    random: Random, photos: ImageArray, landmarks: np.ndarray, faces: float, mined: Mined | None = None
) -> FaceCrop:
    """A face with probability ``faces``, of portraits ``photos`` [N, H, W] with ``landmarks`` [N, 5, 2].

    Of the other crops nearly half are wrong proposals, where they were ``mined``.
    """
    if random.random() < faces:
        return _face(random, photos, landmarks)
    if mined is not None and random.random() < _MINED:
        return _mistaken(random, photos, mined)
    kind = random.random()
    if kind < 0.4:
        return _misplaced(random, photos, landmarks)
    nothing = background(random, photos, landmarks, CROP_PX, CROP_PX)
    if kind < 0.5:
        nothing = _shuffled(random, photos, landmarks)
    return FaceCrop(degrade(random, nothing), np.zeros((5, 2)), False)


def _face(random: Random, photos: ImageArray, landmarks: np.ndarray) -> FaceCrop:
    index = int(random.integers(len(photos)))
    roll = random.uniform(-45, 45) if random.random() < 0.25 else random.normal(0, 9)
    spread = 0.05 if random.random() < 0.7 else 0.1
    centre = CROP_PX * (0.5 + random.normal(0, spread, 2).clip(-0.2, 0.2))
    size = _SIZE_PX * np.exp(np.clip(random.normal(0, 2.2 * spread), -0.4, 0.4))
    view = View(centre, size, roll, bool(random.random() < 0.5))
    picture, points = _seen(random, photos[index], landmarks[index], view)
    if random.random() < 0.5:
        picture, points = bend(random, picture, points, random.uniform(0.5, 2.5))
    if random.random() < 0.08:
        picture = _sunglasses(random, picture, points)
    if random.random() < 0.25:
        picture = _occluded(random, picture)
    return FaceCrop(degrade(random, picture), points, True)


def _seen(random: Random, photo: ImageArray, points: np.ndarray, view: View) -> tuple[ImageArray, Points]:
    transform = view_map(random, points, view, stretch=0.07)
    border = None if random.random() < 0.5 else int(random.integers(256))
    return warp(photo, transform, CROP_PX, CROP_PX, border), moved(points, transform, view.mirrored)


def _misplaced(random: Random, photos: ImageArray, landmarks: np.ndarray) -> FaceCrop:
    """A face far too large, far too small, upside down, or mostly outside."""
    index = int(random.integers(len(photos)))
    centre, size, roll = np.full(2, CROP_PX / 2), _SIZE_PX, random.normal(0, 20)
    kind = random.random()
    if kind < 0.35:
        angle, distance = random.uniform(0, 2 * np.pi), random.uniform(1.3, 2.6) * _SIZE_PX
        centre = centre + distance * np.array([np.cos(angle), np.sin(angle)])
    elif kind < 0.6:
        size *= random.uniform(2.3, 4.0)
        centre = centre + random.normal(0, 0.4, 2) * size
    elif kind < 0.85:
        size *= random.uniform(0.15, 0.42)
        centre = centre + random.normal(0, 0.5, 2) * CROP_PX / 2
    else:
        roll = random.uniform(100, 260)
    picture, _ = _seen(random, photos[index], landmarks[index], View(centre, size, roll, bool(random.random() < 0.5)))
    return FaceCrop(degrade(random, picture), np.zeros((5, 2)), False)


def _mistaken(random: Random, photos: ImageArray, mined: Mined) -> FaceCrop:
    """What a detector took for a face, about where and as large as it did."""
    number = int(random.integers(len(mined.portraits)))
    centre = CROP_PX * (0.5 + random.normal(0, 0.06, 2))
    view = View(centre, _SIZE_PX * np.exp(random.normal(0, 0.15)), random.normal(0, 12), bool(random.random() < 0.5))
    picture, _ = _seen(random, photos[mined.portraits[number]], mined.landmarks[number], view)
    return FaceCrop(degrade(random, picture), np.zeros((5, 2)), False)


def _shuffled(random: Random, photos: ImageArray, landmarks: np.ndarray) -> ImageArray:
    """The parts of a face in places where no face has them."""
    index = int(random.integers(len(photos)))
    view = View(np.full(2, CROP_PX / 2), _SIZE_PX, random.normal(0, 9), False)
    picture, _ = _seen(random, photos[index], landmarks[index], view)
    tile = CROP_PX // 4
    tiles = [np.ascontiguousarray(row) for part in np.split(picture, 4) for row in np.split(part, 4, axis=1)]
    order = random.permutation(16)
    mixed = np.concatenate([np.concatenate([tiles[i] for i in order[row : row + 4]], 1) for row in range(0, 16, 4)])
    return np.asarray(cv2.GaussianBlur(mixed, (0, 0), tile / 16), np.uint8)


def _sunglasses(random: Random, picture: ImageArray, points: Points) -> ImageArray:
    picture = picture.copy()
    across = points[1] - points[0]
    width = float(np.hypot(*across))
    axes = (int(width * random.uniform(0.3, 0.42)), int(width * random.uniform(0.2, 0.34)))
    angle = float(np.degrees(np.arctan2(across[1], across[0])))
    gray = int(random.integers(0, 70))
    for eye in points[:2]:
        cv2.ellipse(picture, (int(eye[0]), int(eye[1])), axes, angle, 0, 360, gray, -1, cv2.LINE_AA)
    ends = [(int(x), int(y)) for x, y in points[:2]]
    cv2.line(picture, ends[0], ends[1], gray, max(1, int(width / 12)), cv2.LINE_AA)
    return picture


def _occluded(random: Random, picture: ImageArray) -> ImageArray:
    """A hand, hair, a hat: something lies over a part, but not over the middle."""
    picture = picture.copy()
    side = int(CROP_PX * random.uniform(0.15, 0.5))
    other = dead_leaves(random, CROP_PX, CROP_PX)
    if random.random() < 0.5:
        other[:] = random.integers(256)
    angle = random.uniform(0, 2 * np.pi)
    centre = CROP_PX / 2 + random.uniform(0.25, 0.6) * CROP_PX * np.array([np.cos(angle), np.sin(angle)])
    mask = np.zeros((CROP_PX, CROP_PX), np.float32)
    axes = (side // 2 + 1, max(2, int(side * random.uniform(0.2, 0.6))))
    cv2.ellipse(mask, (int(centre[0]), int(centre[1])), axes, random.uniform(0, 180), 0, 360, 1.0, -1, cv2.LINE_AA)
    mask = np.clip(mask * (1 + 0.2 * smooth_field(random, CROP_PX, CROP_PX)), 0, 1)
    return np.asarray(picture * (1 - mask) + other * mask, np.uint8)
