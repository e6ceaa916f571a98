"""Scenes for the detector: no face, one that fills the picture, a few, or a group."""

from dataclasses import dataclass, field

import cv2
import numpy as np

from phiz_core.detection import face_frame
from phiz_core.geometry import Affine, ImageArray, Points
from training.synthesis.backgrounds import background
from training.synthesis.photometry import Random, degrade
from training.synthesis.warp import View, moved, view_map, warp

_MASK_PX = 64
_HIDDEN = 0.5


@dataclass
class Scene:
    """What the detector learns from.

    Attributes:
        luminance: uint8 [S, S].
        landmarks: of each face [5, 2] in pixels of the scene; some may lie beyond its edge.
        visible: whether that face is to be found; others are neither right nor wrong.
    """

    luminance: ImageArray
    landmarks: list[Points] = field(default_factory=list)
    visible: list[bool] = field(default_factory=list)


def scene(random: Random, photos: ImageArray, landmarks: np.ndarray, side_px: int) -> Scene:
    """A scene of portraits ``photos`` [N, H, W] with ``landmarks`` [N, 5, 2]."""
    made = Scene(background(random, photos, landmarks, side_px, side_px))
    roll = random.uniform(-45, 45) if random.random() < 0.4 else random.normal(0, 10)
    kind = random.random()
    if kind < 0.45:
        size = np.exp(random.uniform(np.log(9), np.log(side_px * 0.55)))
        views = [_anywhere(random, side_px, size, roll)]
    elif kind < 0.65:
        sizes = np.exp(random.uniform(np.log(8), np.log(60), int(random.integers(2, 6))))
        views = [_anywhere(random, side_px, size, roll + random.normal(0, 12)) for size in sizes]
    elif kind < 0.88:
        views = _group(random, side_px, roll)
    else:
        views = []
    whole = kind < 0.35
    for view in views:
        index = int(random.integers(len(photos)))
        _put(random, made, photos[index], landmarks[index], view, whole or random.random() < 0.2)
    made.luminance = degrade(random, made.luminance)
    return made


def _anywhere(random: Random, side_px: int, size_px: float, roll: float) -> View:
    """Within the scene, or a little beyond its edge; large faces nearer to the middle."""
    room = 0.5 - 0.9 * size_px / side_px
    centre = side_px * (0.5 + random.uniform(-1, 1, 2) * max(room, 0.12))
    return View(centre, size_px, roll, bool(random.random() < 0.5))


def _group(random: Random, side_px: int, roll: float) -> list[View]:
    """Rows of people of about the same size; those in front come last."""
    pitch = np.exp(random.uniform(np.log(22), np.log(90)))
    size = pitch / random.uniform(2.2, 3.6)
    angle = np.radians(roll if random.random() < 0.3 else random.normal(0, 4))
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    views = []
    most = int(random.integers(4, 40))
    count = int(side_px / pitch) + 1
    for row in range(-1, count + 1):
        shift = random.uniform(-0.5, 0.5)
        for column in range(-1, count + 1):
            at = np.array([column + shift, row * random.uniform(0.95, 1.05)]) + random.normal(0, 0.12, 2)
            centre = turn @ (at * pitch - side_px / 2) + side_px / 2
            if random.random() < 0.85 and np.all(centre > -size) and np.all(centre < side_px + size):
                tilt = float(np.degrees(angle)) + random.normal(0, 9)
                views.append(View(centre, size * np.exp(random.normal(0, 0.12)), tilt, bool(random.random() < 0.5)))
    first = int(random.integers(max(1, len(views) - most + 1)))
    return views[first : first + most]


def _put(random: Random, made: Scene, photo: ImageArray, points: Points, view: View, whole: bool) -> None:
    """Lays a portrait over the scene: all of it, or the head and shoulders with a soft edge."""
    side = made.luminance.shape[0]
    transform = view_map(random, points, view, stretch=0.06)
    reach = int(4.6 * view.size_px) + 4
    corner = np.zeros(2, int) if whole else np.maximum(view.centre.astype(int) - reach, 0)
    far = np.full(2, side) if whole else np.minimum(view.centre.astype(int) + reach, side)
    width, height = far - corner
    if min(width, height) < 2:
        return
    local = np.array(transform)
    local[:, 2] -= corner
    picture = warp(photo, local, width, height, None)
    mask = _whole_mask(photo, local, width, height) if whole else _head_mask(points, local, width, height)
    under = made.luminance[corner[1] : far[1], corner[0] : far[0]]
    mixed = under + (picture.astype(np.float32) - under) * mask
    made.luminance = made.luminance.copy()
    made.luminance[corner[1] : far[1], corner[0] : far[0]] = mixed.astype(np.uint8)
    for number, other in enumerate(made.landmarks):
        inside = (other - corner).astype(int)
        held = np.all((inside >= 0) & (inside < [width, height]), axis=1)
        covered = sum(mask[y, x] > _HIDDEN for x, y in inside[held])
        made.visible[number] &= covered < 2
    made.landmarks.append(moved(points, transform, view.mirrored))
    made.visible.append(bool(np.all((view.centre > 0) & (view.centre < side))))


def _whole_mask(photo: ImageArray, transform: Affine, width: int, height: int) -> np.ndarray:
    return warp(np.full_like(photo, 255), transform, width, height, 0).astype(np.float32) / 255


def _head_mask(points: Points, transform: Affine, width: int, height: int) -> np.ndarray:
    """1 on head and shoulders, falling to 0: a template that is laid over the face's own frame."""
    centre, right, size = face_frame(points)
    upright = np.array([[right[0], -right[1]], [right[1], right[0]]]) * (7.0 * size / _MASK_PX)
    to_portrait = np.concatenate([upright, (centre - upright @ np.full(2, _MASK_PX / 2))[:, None]], axis=1)
    linear = transform[:, :2] @ to_portrait[:, :2]
    shift = transform[:, :2] @ to_portrait[:, 2] + transform[:, 2]
    mask = cv2.warpAffine(_TEMPLATE, np.concatenate([linear, shift[:, None]], axis=1), (width, height))
    return np.asarray(mask, np.float32)


def _template() -> np.ndarray:
    mask = np.zeros((_MASK_PX, _MASK_PX), np.float32)
    scale, middle = _MASK_PX / 7.0, _MASK_PX // 2
    cv2.ellipse(mask, (middle, int(middle - 0.25 * scale)), (int(1.55 * scale), int(2.1 * scale)), 0, 0, 360, 1.0, -1)
    cv2.ellipse(mask, (middle, int(middle + 3.6 * scale)), (int(2.9 * scale), int(1.9 * scale)), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(mask, (0, 0), 1.5), np.float32)


_TEMPLATE = _template()
