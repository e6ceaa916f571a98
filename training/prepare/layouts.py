"""The cuts that a data set is packed in."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from phiz_core import geometry
from phiz_core.geometry import Affine, ImageArray, Points


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
    transform: Callable[[ImageArray, Points, "Layout"], Affine]

    def cut(self, photo: ImageArray, landmarks: Points) -> tuple[ImageArray, Points]:
        """Cuts ``photo`` [H, W, 3] to [height_px, width_px, 3]; also gives the landmarks [5, 2] in the cut's pixels."""
        transform = self.transform(photo, landmarks, self)
        image = geometry.crop(photo, transform, self.width_px, self.height_px)
        return image, geometry.apply(geometry.invert(transform), landmarks)


def _face(_photo: ImageArray, landmarks: Points, layout: Layout) -> Affine:
    return geometry.crop_to_photo(landmarks, layout.width_px)


def _cover(photo: ImageArray, landmarks: Points, layout: Layout) -> Affine:
    """The largest cut of the layout's aspect that the photograph holds, as near the face as it goes."""
    height, width = photo.shape[:2]
    scale = min(width / layout.width_px, height / layout.height_px)
    half = np.array([layout.width_px, layout.height_px]) * scale / 2
    centre = np.clip(landmarks.mean(axis=0), half, np.array([width, height]) - half)
    return np.concatenate([np.eye(2) * scale, (centre - half)[:, None]], axis=1)


LAYOUTS = {
    layout.name: layout
    for layout in (
        Layout("face_64", 64, 64, _face),
        Layout("face_128", 128, 128, _face),
        Layout("face_256", 256, 256, _face),
        Layout("portrait_256x320", 256, 320, _cover),
    )
}
"""By name. ``face_<n>`` is the FFHQ cut at n pixels; ``portrait_<w>x<h>`` the whole photograph, upright as it is."""
