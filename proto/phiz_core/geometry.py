"""From five landmarks to an aligned crop, and back.

The cut is the one of FFHQ (Karras, Laine, Aila: A Style-Based Generator Architecture for GANs, 2019). Points are in
pixels with the centre of the top left pixel at (0.5, 0.5), so that a point keeps its meaning at every scale; OpenCV,
whose pixel centres are whole numbers, is met at the boundary of this file only.
"""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Points = npt.NDArray[np.float64]
Affine = npt.NDArray[np.float64]
ImageArray = npt.NDArray[np.uint8]

LEFT_EYE, RIGHT_EYE, NOSE, MOUTH_LEFT, MOUTH_RIGHT = range(5)
"""Rows of a landmark array; left and right as seen in the picture."""

_MAX_SUPERSAMPLING = 8
_CUBIC_REACH_PX = 3


def roll_degrees(landmarks: npt.NDArray[Any]) -> float:
    """Angle of the line between the eyes, clockwise as seen, in (-180, 180]. ``landmarks``: [5, 2] in pixels."""
    x, y = np.asarray(landmarks[RIGHT_EYE], np.float64) - landmarks[LEFT_EYE]
    return float(np.degrees(np.arctan2(y, x)))


def interocular_px(landmarks: npt.NDArray[Any]) -> float:
    """Distance between the eyes in pixels. ``landmarks``: [5, 2] in pixels."""
    return float(np.linalg.norm(np.asarray(landmarks[RIGHT_EYE], np.float64) - landmarks[LEFT_EYE]))


def crop_to_photo(landmarks: npt.NDArray[Any], size_px: int) -> Affine:
    """The map from the aligned square crop to the photograph.

    Args:
        landmarks: [5, 2], pixels of the photograph: left eye, right eye, nose, left and right mouth corner as seen.
        size_px: side of the crop.

    Returns:
        [2, 3] float64 ``m`` with ``photo = m[:, :2] @ crop + m[:, 2]``: a rotation, a scale and a shift.

    Raises:
        ValueError: eyes and mouth span no face (all in one point).
    """
    points = np.asarray(landmarks, np.float64)
    eyes = points[[LEFT_EYE, RIGHT_EYE]].mean(axis=0)
    mouth = points[[MOUTH_LEFT, MOUTH_RIGHT]].mean(axis=0)
    eye_to_eye = points[RIGHT_EYE] - points[LEFT_EYE]
    eye_to_mouth = mouth - eyes
    across = eye_to_eye + np.array([eye_to_mouth[1], -eye_to_mouth[0]])
    length = np.hypot(*across)
    if not np.isfinite(length) or length < 1e-6:
        raise ValueError("the landmarks span no face")
    half_px = max(2.0 * np.hypot(*eye_to_eye), 1.8 * np.hypot(*eye_to_mouth))
    x_axis = across / length * half_px
    y_axis = np.array([-x_axis[1], x_axis[0]])
    centre = eyes + 0.1 * eye_to_mouth
    axes = np.stack([x_axis, y_axis], axis=1) * (2.0 / size_px)
    return np.concatenate([axes, (centre - x_axis - y_axis)[:, None]], axis=1)


def crop(photo: ImageArray, transform: Affine, width_px: int, height_px: int) -> ImageArray:
    """Cuts the picture that ``transform`` (crop to photograph, [2, 3]) describes.

    Pixels beyond the photograph's edge are mirrored. Where the cut shrinks the photograph, it is taken at a multiple
    of the size and averaged, so that it is free of aliasing.

    Args:
        photo: [H, W, C] uint8.
        transform: [2, 3], crop pixels to photograph pixels.
        width_px: width of the crop.
        height_px: height of the crop.

    Returns:
        [height_px, width_px, C] uint8.
    """
    scale = float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))
    factor = int(np.clip(np.ceil(scale), 1, _MAX_SUPERSAMPLING))
    window, fine = _window(photo, transform, width_px, height_px)
    fine[:, :2] /= factor
    warped = cv2.warpAffine(
        window,
        _in_opencv_pixels(fine),
        (width_px * factor, height_px * factor),
        flags=cv2.INTER_CUBIC | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    if factor > 1:
        warped = cv2.resize(warped, (width_px, height_px), interpolation=cv2.INTER_AREA)
    return np.asarray(warped, np.uint8).reshape(height_px, width_px, -1)


def align(photo: ImageArray, landmarks: npt.NDArray[Any], size_px: int) -> ImageArray:
    """The aligned square crop of one face: [H, W, C] uint8 and [5, 2] landmarks to [size_px, size_px, C] uint8."""
    return crop(photo, crop_to_photo(landmarks, size_px), size_px, size_px)


def apply(transform: Affine, points: npt.NDArray[Any]) -> Points:
    """Maps points [N, 2] by ``transform`` [2, 3]."""
    return np.asarray(points @ transform[:, :2].T + transform[:, 2], np.float64)


def invert(transform: Affine) -> Affine:
    """The inverse of an affine map [2, 3]."""
    return np.asarray(cv2.invertAffineTransform(transform), np.float64)


def _window(photo: ImageArray, transform: Affine, width_px: int, height_px: int) -> tuple[ImageArray, Affine]:
    """The part of the photograph that a crop needs, and the map from the crop to it.

    OpenCV takes no side of 2^15 pixels or more, and a panorama may have one.
    """
    corners = apply(transform, np.array([[0, 0], [width_px, 0], [0, height_px], [width_px, height_px]]))
    sides = np.array(photo.shape[1::-1])
    low, high = np.floor(corners.min(axis=0)) - _CUBIC_REACH_PX, np.ceil(corners.max(axis=0)) + _CUBIC_REACH_PX
    mirrored = np.maximum(np.maximum(-low, high - sides), 0)  # as far as it reaches over an edge, it needs beside it
    left, top = np.clip(np.minimum(low, sides) - mirrored, 0, sides - 1).astype(int)
    right, bottom = np.clip(np.maximum(high, 0) + mirrored, 1, sides).astype(int)
    shifted = np.array(transform, np.float64)
    shifted[:, 2] -= [left, top]
    return photo[top:bottom, left:right], shifted


def _in_opencv_pixels(transform: Affine) -> Affine:
    shifted = np.array(transform, np.float64)
    shifted[:, 2] += transform[:, :2] @ [0.5, 0.5] - 0.5
    return shifted
