"""Faces seen from elsewhere: turned, stretched, bent. The landmarks go along."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np

from phiz_core.detection import face_frame
from phiz_core.geometry import Affine, ImageArray, Points
from training.synthesis.photometry import Random

_BEND_POINTS: Final = 4
_INVERSION_STEPS: Final = 4


@dataclass(frozen=True)
class View:
    """Where and how a face is to appear.

    Attributes:
        centre: [2], where the middle of eyes and mouth comes to lie.
        size_px: the face's size, as ``face_frame`` measures it.
        roll_degrees: how far it is turned, clockwise as seen.
        mirrored: whether left and right change places.
    """

    centre: Points
    size_px: float
    roll_degrees: float
    mirrored: bool


def view_map(random: Random, landmarks: np.ndarray, view: View, stretch: float) -> Affine:
    """The map [2, 3] from a portrait's pixels to the picture in which its face ([5, 2]) is seen as ``view`` says.

    ``stretch`` is the deviation of the logarithm of width over height, and of the shear: heads differ, and lenses do.
    """
    centre, right, size = face_frame(landmarks)
    upright = np.array([[right[0], right[1]], [-right[1], right[0]]])
    if view.mirrored:
        upright = np.diag([-1.0, 1.0]) @ upright
    ratio = np.exp(random.normal(0.0, stretch) / 2)
    bent = np.array([[ratio, random.normal(0.0, stretch)], [0.0, 1.0 / ratio]])
    angle = np.radians(view.roll_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    linear = turn @ bent @ upright * (view.size_px / size)
    return np.concatenate([linear, (view.centre - linear @ centre)[:, None]], axis=1)


def moved(landmarks: np.ndarray, portrait_to_picture: Affine, mirrored: bool) -> Points:
    """The landmarks [5, 2] in the picture; left stays left as seen."""
    points = np.asarray(landmarks @ portrait_to_picture[:, :2].T + portrait_to_picture[:, 2], np.float64)
    return points[[1, 0, 2, 4, 3]] if mirrored else points


def warp(photo: ImageArray, portrait_to_picture: Affine, width: int, height: int, border: int | None) -> ImageArray:
    """The picture [height, width]; beyond the portrait it is of gray ``border``, or (None) its edge goes on."""
    matrix = np.array(portrait_to_picture)
    matrix[:, 2] += matrix[:, :2] @ [0.5, 0.5] - 0.5
    shrink = np.sqrt(abs(np.linalg.det(matrix[:, :2])))
    fine = int(np.clip(np.round(1.0 / max(shrink, 1e-3)), 1, 4))
    matrix *= fine
    matrix[:, 2] += 0.5 * fine - 0.5
    mode = cv2.BORDER_REPLICATE if border is None else cv2.BORDER_CONSTANT
    size = (width * fine, height * fine)
    picture = cv2.warpAffine(photo, matrix, size, flags=cv2.INTER_LINEAR, borderMode=mode, borderValue=border or 0)
    if fine > 1:
        picture = cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(picture, np.uint8)


def bend(random: Random, picture: ImageArray, points: Points, strength_px: float) -> tuple[ImageArray, Points]:
    """Moves everything smoothly by about ``strength_px``: [H, W] and [N, 2] to the same; faces of other proportions."""
    height, width = picture.shape
    coarse = random.normal(0.0, strength_px, (_BEND_POINTS, _BEND_POINTS, 2)).astype(np.float32)
    field = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC)
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    bent = cv2.remap(picture, x + field[..., 0], y + field[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    # The field says where a pixel comes from; where a point goes to is found by fixed-point iteration.
    target = points.copy()
    for _ in range(_INVERSION_STEPS):
        column, row = np.clip(target.astype(int).T, 0, [[width - 1], [height - 1]])
        target = points - field[row, column]
    return np.asarray(bent, np.uint8), target
