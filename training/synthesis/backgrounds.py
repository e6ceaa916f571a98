"""Pictures without a face: drawn ones, and pieces of portraits that lie away from the face.

A detector that was only shown portraits takes much of the rest of the world for a face. Dead leaves (Lee, Mumford,
Huang: Occlusion models for natural images, 2001) have the edges and scales of photographs; scrambled phases keep a
portrait's spectrum and none of its shapes; blobs, stripes and letters are what is taken for eyes most often.
"""

from collections.abc import Callable

import cv2
import numpy as np

from phiz_core.detection import face_frame
from phiz_core.geometry import ImageArray
from training.synthesis.photometry import Random, smooth_field


def background(random: Random, photos: ImageArray, landmarks: np.ndarray, height: int, width: int) -> ImageArray:
    """A faceless picture uint8 [height, width], of portraits ``photos`` [N, H, W] and ``landmarks`` [N, 5, 2]."""
    if random.random() < 0.5:
        index = int(random.integers(len(photos)))
        return piece(random, photos[index], landmarks[index], height, width)
    drawn = _DRAWN[int(random.integers(len(_DRAWN)))]
    picture = drawn(random, height, width)
    if random.random() < 0.4:
        other = _DRAWN[int(random.integers(len(_DRAWN)))](random, height, width)
        mask = np.clip(smooth_field(random, height, width) * 4 + 0.5, 0, 1)
        picture = np.asarray(picture * mask + other * (1 - mask), np.uint8)
    return picture


def piece(random: Random, photo: ImageArray, points: np.ndarray, height: int, width: int) -> ImageArray:
    """A part of a portrait [H, W] that lies away from the face, turned and stretched; or its phases scrambled."""
    centre, _, size = face_frame(points)
    top, left, right = int(centre[1] + 1.7 * size), int(centre[0] - 1.9 * size), int(centre[0] + 1.9 * size)
    rooms = [room for room in (photo[top:], photo[:, : max(left, 0)], photo[:, right:]) if min(room.shape) >= 24]
    if not rooms or random.random() < 0.15:
        return _scrambled(random, photo, height, width)
    room = rooms[int(random.integers(len(rooms)))]
    side = int(random.uniform(20, min(room.shape)))
    y, x = (int(random.integers(0, length - side + 1)) for length in room.shape)
    cut = np.rot90(room[y : y + side, x : x + side], int(random.integers(4)))
    if random.random() < 0.5:
        cut = cut[:, ::-1]
    return np.asarray(cv2.resize(np.ascontiguousarray(cut), (width, height), interpolation=cv2.INTER_CUBIC), np.uint8)


def _scrambled(random: Random, photo: ImageArray, height: int, width: int) -> ImageArray:
    spectrum = np.fft.rfft2(photo.astype(np.float32))
    noise = np.fft.rfft2(random.normal(size=photo.shape).astype(np.float32))
    picture = np.fft.irfft2(np.abs(spectrum) * np.exp(1j * np.angle(noise)), photo.shape)
    return np.asarray(cv2.resize(picture, (width, height)).clip(0, 255), np.uint8)


def dead_leaves(random: Random, height: int, width: int) -> ImageArray:
    """Shapes that lie over each other, their sizes by a power law, some with a texture of their own."""
    picture = np.full((height, width), random.integers(256), np.uint8)
    longest = max(height, width)
    for _ in range(int(random.integers(20, 140))):
        size = min(4.0 * random.pareto(1.6) + 3.0, longest / 2)
        centre = random.uniform(0, (width, height))
        gray = int(random.integers(256))
        kind = random.random()
        if kind < 0.4:
            axes = (int(size), max(1, int(size * random.uniform(0.3, 1.0))))
            cv2.ellipse(picture, _whole(centre), axes, random.uniform(0, 180), 0, 360, gray, -1, cv2.LINE_AA)
        elif kind < 0.8:
            corners = centre + size * random.uniform(-1, 1, (int(random.integers(3, 6)), 2))
            cv2.fillConvexPoly(picture, cv2.convexHull(corners.astype(np.int32)), gray, cv2.LINE_AA)
        else:
            end = centre + random.normal(size=2) * size * 3
            cv2.line(picture, _whole(centre), _whole(end), gray, int(random.integers(1, 8)), cv2.LINE_AA)
    return picture


def _stripes(random: Random, height: int, width: int) -> ImageArray:
    """Waves of one direction, or of two: blinds, brick, cloth, water."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    waves = np.zeros((height, width), np.float32)
    for _ in range(int(random.integers(1, 3))):
        angle, period = random.uniform(0, np.pi), random.uniform(3, 50)
        bend = 6 * smooth_field(random, height, width)
        waves += np.sin((x * np.cos(angle) + y * np.sin(angle) + bend) * (2 * np.pi / period))
    if random.random() < 0.4:
        waves = np.sign(waves)
    return np.asarray((random.uniform(60, 190) + waves * random.uniform(10, 60)).clip(0, 255), np.uint8)


def _clouds(random: Random, height: int, width: int) -> ImageArray:
    """Noise at all scales, as in foliage, sky, stone and fur."""
    picture = np.zeros((height, width), np.float32)
    steepness = random.uniform(0.5, 1.1)
    for octave in range(2, 8):
        points = random.normal(size=(2**octave, 2**octave)).astype(np.float32)
        picture += cv2.resize(points, (width, height), interpolation=cv2.INTER_LINEAR) * 2.0 ** (-steepness * octave)
    picture = (picture - picture.mean()) / (picture.std() + 1e-6)
    return np.asarray((random.uniform(60, 190) + picture * random.uniform(8, 60)).clip(0, 255), np.uint8)


def _blobs(random: Random, height: int, width: int) -> ImageArray:
    """Pairs and triples of dark and bright spots, letters and rings on a plain ground: eyes that are none."""
    picture = np.asarray((128 + 60 * smooth_field(random, height, width)).clip(0, 255), np.uint8)
    for _ in range(int(random.integers(3, 25))):
        centre = random.uniform(0, (width, height))
        size = random.uniform(3, max(height, width) / 8)
        gray = int(random.integers(256))
        kind = random.random()
        if kind < 0.5:
            step = random.normal(size=2) * size * 2
            for number in range(int(random.integers(2, 4))):
                cv2.circle(picture, _whole(centre + number * step), int(size * 0.6) + 1, gray, -1, cv2.LINE_AA)
        elif kind < 0.75:
            cv2.circle(picture, _whole(centre), int(size) + 1, gray, int(random.integers(1, 6)), cv2.LINE_AA)
        else:
            letters = "".join(chr(int(code)) for code in random.integers(48, 123, int(random.integers(1, 8))))
            font, scale, thickness = int(random.integers(8)), size / 15 + 0.2, int(random.integers(1, 4))
            cv2.putText(picture, letters, _whole(centre), font, scale, gray, thickness, cv2.LINE_AA)
    return picture


def _whole(point: np.ndarray) -> tuple[int, int]:
    return int(point[0]), int(point[1])


_DRAWN: list[Callable[[Random, int, int], ImageArray]] = [dead_leaves, dead_leaves, _stripes, _clouds, _clouds, _blobs]
