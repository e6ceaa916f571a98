"""The average face: each face is warped until its landmarks lie in one place, then the pixels are averaged."""

from typing import Final

import cv2
import numpy as np
import numpy.typing as npt

from phiz_core import geometry
from phiz_core.geometry import ImageArray, Points

MEETING_PLACES: Final = np.array([[0.375, 0.475], [0.625, 0.475], [0.5, 0.64], [0.382, 0.7275], [0.618, 0.7275]])
"""Where the landmarks of a face lie in the aligned cut, in parts of its side: the mean of 2400 portraits."""

_FRAME: Final = np.array([[x, y] for x in (0.0, 0.5, 1.0) for y in (0.0, 0.5, 1.0) if (x, y) != (0.5, 0.5)])
"""Points that no warp moves, in parts of the side: without them, what is far from the landmarks is thrown about."""

_GRID: Final = 65
"""Points along a side at which a warp is evaluated; it is smooth, and linear between them."""


class FaceMean:
    """Sums up faces. Memory does not grow with their number, and their order does not matter to the last bit."""

    def __init__(self, size_px: int) -> None:
        """Args:
        size_px: side of the average.
        """
        self.count = 0
        self._size_px = size_px
        self._places = MEETING_PLACES * size_px
        self._sum = np.zeros((size_px, size_px, 3), np.uint32)
        self._shapes: list[Points] = []

    def add(self, photo: ImageArray, landmarks: npt.NDArray[np.float64]) -> None:
        """Adds the face of a photograph, RGB [H, W, 3] uint8, with landmarks [5, 2] in its pixels.

        Raises:
            ValueError: the landmarks span no face.
        """
        to_photo = geometry.crop_to_photo(landmarks, self._size_px)
        crop = geometry.crop(photo, to_photo, self._size_px, self._size_px)
        shape = geometry.apply(geometry.invert(to_photo), landmarks)
        self._sum += warp(crop, shape, self._places)
        self._shapes.append(shape)
        self.count += 1

    def mean(self) -> ImageArray:
        """The average, with the mean shape of the faces: RGB [size_px, size_px, 3] uint8.

        The mean is taken of sRGB values. In linear light it is paler: bright skin outweighs eyes and brows.
        """
        mean = np.asarray(np.rint(self._sum / self.count), np.uint8)
        # Shapes are sorted, so that the rounding of their mean does not depend on the order either.
        return warp(mean, self._places, np.sort(np.stack(self._shapes), axis=0).mean(axis=0))


def warp(picture: ImageArray, points: npt.NDArray[np.float64], places: npt.NDArray[np.float64]) -> ImageArray:
    """Moves points of a square picture to other places, bending it as little as can be; the frame stays.

    The map is the thin-plate spline (Bookstein: Principal Warps, 1989).

    Args:
        picture: [S, S, C] uint8.
        points: [N, 2] in pixels.
        places: [N, 2] in pixels, where they are to be.

    Returns:
        [S, S, C] uint8.
    """
    size_px = len(picture)
    known = np.concatenate([np.asarray(places) / size_px, _FRAME])
    spline = _ThinPlateSpline(known, np.concatenate([np.asarray(points) / size_px, _FRAME]))
    y, x = np.mgrid[0:_GRID, 0:_GRID] / (_GRID - 1)
    grid = spline(np.stack([x.ravel(), y.ravel()], axis=1)).reshape(_GRID, _GRID, 2)
    wanted = (np.arange(size_px, dtype=np.float32) + 0.5) * ((_GRID - 1) / size_px)
    x_in_grid, y_in_grid = np.meshgrid(wanted, wanted)
    source = cv2.remap(grid.astype(np.float32), x_in_grid, y_in_grid, cv2.INTER_LINEAR)
    x_px, y_px = cv2.split(source * np.float32(size_px) - np.float32(0.5))
    warped = cv2.remap(picture, x_px, y_px, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT_101)
    return np.asarray(warped, np.uint8).reshape(picture.shape)


class _ThinPlateSpline:
    """The least bent map of the plane that takes points [N, 2] to values [N, 2]."""

    def __init__(self, points: npt.NDArray[np.float64], values: npt.NDArray[np.float64]) -> None:
        count = len(points)
        system = np.zeros((count + 3, count + 3))
        system[:count] = self._terms(points, points)
        system[count:, :count] = system[:count, count:].T
        self._points = points
        self._weights = np.linalg.solve(system, np.concatenate([values, np.zeros((3, 2))]))

    def __call__(self, places: npt.NDArray[np.float64]) -> Points:
        """Values [M, 2] at places [M, 2]."""
        return np.asarray(self._terms(places, self._points) @ self._weights, np.float64)

    @staticmethod
    def _terms(places: npt.NDArray[np.float64], points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """[M, N + 3]: r^2 log r^2 to each point, then 1, x and y."""
        squared = ((places[:, None] - points) ** 2).sum(axis=2)
        bends = squared * np.log(np.maximum(squared, 1e-30))
        return np.concatenate([bends, np.ones((len(places), 1)), places], axis=1)
