"""The cuts that a data set is packed in, by name.

``face_<n>`` is the aligned FFHQ cut at n pixels. ``portrait_<w>x<h>`` is the whole photograph, upright as it is, as far
as that aspect goes. ``pixels_<w>x<h>`` is that much of it around the face, in its own pixels. ``celeba_<n>`` is the
centre cut of aligned CelebA (Liu et al.: Deep Learning Face Attributes in the Wild, 2015) with a face size of 108
pixels, as DCGANs (Radford, Metz, Chintala, 2016) were trained on, at n pixels.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from phiz_core import geometry
from phiz_core.geometry import Affine, ImageArray, Points
from training.errors import TrainingError

DEFAULT_LAYOUTS: Final = ("face_64", "face_128", "face_256", "portrait_256x320", "pixels_224x272")

_NAME: Final = re.compile(r"(face|celeba)_(\d+)|(portrait|pixels)_(\d+)x(\d+)")
_SIDES_PX: Final = (8, 4096)

_CELEBA_PX: Final = np.array([178.0, 218.0])
_CELEBA_EYES: Final = np.array([[69.0, 111.0], [108.0, 111.0]])
_CELEBA_FACE_PX: Final = 108
_CELEBA_TOLERANCE_PX: Final = 8.0
"""How far an eye of an aligned CelebA image lies from its place, at most, in pixels of 178 x 218."""


@dataclass(frozen=True)
class Layout:
    """One way to cut a photograph.

    Attributes:
        name: names the packed file.
        width_px: width of the cut.
        height_px: height of the cut.
        transform: (photograph [H, W, 3], landmarks [5, 2], layout) to the map from cut to photograph [2, 3].
    """

    name: str
    width_px: int
    height_px: int
    transform: "_Transform"

    def cut(self, photo: ImageArray, landmarks: Points) -> tuple[ImageArray, Points]:
        """Cuts ``photo`` [H, W, 3] to [height_px, width_px, 3]; also gives the landmarks [5, 2] in the cut's pixels."""
        transform = self.transform(photo, landmarks, self)
        image = geometry.crop(photo, transform, self.width_px, self.height_px)
        return image, geometry.apply(geometry.invert(transform), landmarks)


_Transform = Callable[[ImageArray, Points, Layout], Affine]


@dataclass(frozen=True)
class CelebaWindow:
    """Where the 108 pixel window lies, other than in the middle of 178 x 218.

    Attributes:
        delta_i: pixels of 178 x 218 to the right.
        delta_j: pixels of 178 x 218 downwards.
        rotation_degrees: turn of the window about its centre, clockwise as seen; the face turns the other way.
    """

    delta_i: float = 0.0
    delta_j: float = 0.0
    rotation_degrees: float = 0.0


def layout(name: str, celeba: CelebaWindow = CelebaWindow()) -> Layout:
    """The layout called ``name``; ``celeba`` moves the window of ``celeba_<n>``.

    Raises:
        TrainingError: no such layout, or a side that is not 8 to 4096 pixels.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise TrainingError(
            f"no layout {name}; there are face_<n>, celeba_<n>, portrait_<width>x<height> and pixels_<width>x<height>"
        )
    square, side, oblong, width, height = match.groups()
    width_px, height_px = (int(side), int(side)) if square else (int(width), int(height))
    for px in (width_px, height_px):
        if not _SIDES_PX[0] <= px <= _SIDES_PX[1]:
            raise TrainingError(f"layout {name}: a side has {_SIDES_PX[0]} to {_SIDES_PX[1]} pixels")
    transforms: dict[str, _Transform] = {
        "face": _face,
        "celeba": partial(_celeba, celeba),
        "portrait": _cover,
        "pixels": _pixels,
    }
    return Layout(name, width_px, height_px, transforms[square or oblong])


def _face(_photo: ImageArray, landmarks: Points, cut: Layout) -> Affine:
    return geometry.crop_to_photo(landmarks, cut.width_px)


def _cover(photo: ImageArray, landmarks: Points, cut: Layout) -> Affine:
    """The largest cut of the layout's aspect that the photograph holds, as near the face as it goes."""
    height, width = photo.shape[:2]
    scale = min(width / cut.width_px, height / cut.height_px)
    half = np.array([cut.width_px, cut.height_px]) * scale / 2
    centre = np.clip(landmarks.mean(axis=0), half, np.array([width, height]) - half)
    return np.concatenate([np.eye(2) * scale, (centre - half)[:, None]], axis=1)


def _pixels(photo: ImageArray, landmarks: Points, cut: Layout) -> Affine:
    """The photograph's own pixels, as near the face as it goes; only one that is smaller than the cut is enlarged."""
    height, width = photo.shape[:2]
    if width < cut.width_px or height < cut.height_px:
        return _cover(photo, landmarks, cut)
    size = np.array([cut.width_px, cut.height_px])
    corner = np.clip(np.rint(landmarks.mean(axis=0) - size / 2), 0, np.array([width, height]) - size)
    return np.concatenate([np.eye(2), corner[:, None]], axis=1)


def _celeba(window: CelebaWindow, photo: ImageArray, landmarks: Points, cut: Layout) -> Affine:
    """The window in an aligned CelebA image; any other photograph is first laid upon CelebA by its eyes."""
    to_photo = _celeba_to_photo(photo, landmarks)
    centre = _CELEBA_PX / 2 + [window.delta_i, window.delta_j]
    angle = np.radians(window.rotation_degrees)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    axes = turn * (_CELEBA_FACE_PX / cut.width_px)
    corner = centre - axes @ [cut.width_px / 2, cut.width_px / 2]
    linear = to_photo[:, :2] @ axes
    return np.concatenate([linear, (to_photo[:, :2] @ corner + to_photo[:, 2])[:, None]], axis=1)


def _celeba_to_photo(photo: ImageArray, landmarks: Points) -> Affine:
    """From 178 x 218 to the photograph: a scale for an aligned CelebA image at any size, else by the eyes."""
    height, width = photo.shape[:2]
    eyes = landmarks[[geometry.LEFT_EYE, geometry.RIGHT_EYE]]
    scale = width / _CELEBA_PX[0]
    same_aspect = width * _CELEBA_PX[1] == height * _CELEBA_PX[0]
    if same_aspect and np.all(np.abs(eyes / scale - _CELEBA_EYES) <= _CELEBA_TOLERANCE_PX):
        return np.concatenate([np.eye(2) * scale, np.zeros((2, 1))], axis=1)
    across = (eyes[1] - eyes[0]) / (_CELEBA_EYES[1, 0] - _CELEBA_EYES[0, 0])
    linear = np.array([[across[0], -across[1]], [across[1], across[0]]])
    return np.concatenate([linear, (eyes[0] - linear @ _CELEBA_EYES[0])[:, None]], axis=1)
