"""What is measured of a face: pose and mouth by its landmarks, light, colour and hair by parts of the picture.

All is seen in the face's own frame: its origin is the middle between the eyes, its unit the distance of the eyes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core import geometry
from phiz_core.geometry import ImageArray, Points

Grays = npt.NDArray[np.float32]

_UNIT_PX: Final = 32
_LEFT, _ABOVE, _SIDE = 2.0, 1.9, 4.0
"""The frame's part that is looked at, in eye distances: that of the FFHQ cut."""

_DETAIL_SIZE: Final = 0.075
"""In eye distances: finer than this is detail."""

_LEAST_DETAIL: Final = 0.2
_LEAST_CONTRAST: Final = 1.0


class Region(NamedTuple):
    """A rectangle in eye distances, to the right of and below the middle between the eyes."""

    left: float
    top: float
    right: float
    bottom: float


_FACE: Final = Region(-0.7, -0.6, 0.7, 1.3)
_FOREHEAD: Final = Region(-0.19, -0.69, 0.19, -0.31)
_CHEEKS: Final = (Region(-0.74, 0.36, -0.36, 0.74), Region(0.36, 0.36, 0.74, 0.74))
_HAIR: Final = Region(-0.5, -1.15, 0.5, -0.97)
_BESIDE_JAW: Final = (Region(-1.15, 1.0, -0.97, 1.38), Region(0.97, 1.0, 1.15, 1.38))
_BACKGROUND: Final = (Region(-2.0, -1.9, -1.55, -1.05), Region(1.55, -1.9, 2.0, -1.05))
_BRIDGE: Final = Region(-0.16, -0.19, 0.16, 0.25)


@dataclass(frozen=True)
class SeenFace:
    """A face in its own frame.

    Attributes:
        landmarks: [5, 2] in eye distances.
        rgb: float32 [H, W, 3] in 0..255.
        luminance: float32 [H, W] in 0..255.
    """

    landmarks: Points
    rgb: Grays
    luminance: Grays

    @classmethod
    def of(cls, picture: ImageArray, landmarks: Points) -> "SeenFace":
        """The face of RGB [S, S, 3] uint8 with these landmarks in pixels."""
        eyes = landmarks[[geometry.LEFT_EYE, geometry.RIGHT_EYE]]
        across = eyes[1] - eyes[0]
        axes = np.stack([across, [-across[1], across[0]]], axis=1)
        origin = eyes.mean(axis=0)
        corner = origin - axes @ [_LEFT, _ABOVE]
        side_px = round(_SIDE * _UNIT_PX)
        cut = geometry.crop(picture, np.column_stack([axes / _UNIT_PX, corner]), side_px, side_px)
        relative = np.linalg.solve(axes, (landmarks - origin).T).T
        luminance = cv2.cvtColor(cut, cv2.COLOR_RGB2GRAY).astype(np.float32)
        return cls(relative, cut.astype(np.float32), luminance)

    def colour(self, *regions: Region) -> Grays:
        """The mean RGB [3] of regions."""
        return np.asarray(np.mean([_part(self.rgb, region).mean(axis=(0, 1)) for region in regions], axis=0))

    def brightness(self, *regions: Region) -> float:
        """The mean luminance of regions."""
        return float(np.mean([_part(self.luminance, region).mean() for region in regions]))

    def contrast(self) -> float:
        """The deviation of the face's luminance."""
        return max(float(_part(self.luminance, _FACE).std()), _LEAST_CONTRAST)


@dataclass(frozen=True)
class Attribute:
    """Something about a face that a number tells.

    Attributes:
        name: what a direction that changes it is called.
        description: what more of it looks like.
        measure: tells it of a face; only differences between faces mean something.
    """

    name: str
    description: str
    measure: Callable[[SeenFace], float]


def _turn(face: SeenFace) -> float:
    eyes_and_mouth = face.landmarks[[0, 1, 3, 4], 0].mean()
    return float(face.landmarks[geometry.NOSE, 0] - eyes_and_mouth)


def _nod(face: SeenFace) -> float:
    return float(face.landmarks[geometry.NOSE, 1] / _mouth_below_eyes(face))


def _smile(face: SeenFace) -> float:
    left, right = face.landmarks[[geometry.MOUTH_LEFT, geometry.MOUTH_RIGHT]]
    return float(np.hypot(*(right - left)) / _mouth_below_eyes(face))


def _mouth_below_eyes(face: SeenFace) -> float:
    return max(float(face.landmarks[[geometry.MOUTH_LEFT, geometry.MOUTH_RIGHT], 1].mean()), 0.1)


def _light(face: SeenFace) -> float:
    left, right = _CHEEKS
    return face.brightness(right) - face.brightness(left)


def _warmth(face: SeenFace) -> float:
    red, _, blue = face.colour(_FOREHEAD, *_CHEEKS)
    return float(red - blue)


def _background_hue(face: SeenFace) -> float:
    red, _, blue = face.colour(*_BACKGROUND)
    return float(blue - red)


def _hair_length(face: SeenFace) -> float:
    """How much the picture beside the jaw differs from the background above it, on the same side."""
    sides = zip(_BESIDE_JAW, _BACKGROUND, strict=True)
    return float(np.mean([np.linalg.norm(face.colour(jaw) - face.colour(above)) for jaw, above in sides]))


def _glasses(face: SeenFace) -> float:
    """The sharpest edge across the bridge of the nose, over the contrast of the face."""
    profile = _part(face.luminance, _BRIDGE).mean(axis=1)
    return float(np.abs(np.diff(profile)).max() / face.contrast())


def _sharpness(face: SeenFace) -> float:
    smooth = cv2.GaussianBlur(face.luminance, (0, 0), _DETAIL_SIZE * _UNIT_PX)
    detail = replace(face, luminance=np.abs(face.luminance - smooth))
    return float(np.log((detail.brightness(_FOREHEAD, *_CHEEKS) + _LEAST_DETAIL) / face.contrast()))


def _part(pixels: Grays, region: Region) -> Grays:
    left, right = (round((_LEFT + x) * _UNIT_PX) for x in (region.left, region.right))
    top, bottom = (round((_ABOVE + y) * _UNIT_PX) for y in (region.top, region.bottom))
    return pixels[top:bottom, left:right]


ATTRIBUTES: Final = (
    Attribute("turn", "The head turns to the right of the picture.", _turn),
    Attribute("nod", "The head leans forward and looks down.", _nod),
    Attribute("smile", "The mouth is wider and its corners higher.", _smile),
    Attribute("brightness", "The skin is brighter.", lambda face: face.brightness(_FOREHEAD, *_CHEEKS)),
    Attribute("light", "The light comes from the right of the picture.", _light),
    Attribute("warmth", "The colours of the face are warmer.", _warmth),
    Attribute("contrast", "Light and shadow on the face are stronger.", SeenFace.contrast),
    Attribute("fair_hair", "The hair above the forehead is fairer, and there is less.", lambda f: f.brightness(_HAIR)),
    Attribute("hair_length", "The hair is longer.", _hair_length),
    Attribute("background", "The background is brighter.", lambda face: face.brightness(*_BACKGROUND)),
    Attribute("background_hue", "The background is bluer.", _background_hue),
    Attribute("glasses", "There are glasses.", _glasses),
    Attribute("sharpness", "The picture has more detail.", _sharpness),
)


def measure(pictures: ImageArray, landmarks: Sequence[Points]) -> npt.NDArray[np.float64]:
    """All :data:`ATTRIBUTES` [N, attributes] of pictures uint8 [N, S, S, 3] with landmarks [5, 2] in pixels each."""
    faces = [SeenFace.of(picture, points) for picture, points in zip(pictures, landmarks, strict=True)]
    return np.array([[attribute.measure(face) for attribute in ATTRIBUTES] for face in faces])
