"""What is drawn over a photograph."""

import io

import numpy as np
from PIL import Image

from phiz import pictures
from phiz.v1.face_pb2 import Box, Face, Landmarks, Point

GRAY = 90


def face_at(x: float, y: float, side: float) -> Face:
    points = [Point(x_px=x + side * a, y_px=y + side * b) for a, b in [(0.3, 0.3), (0.7, 0.3), (0.5, 0.55)]]
    left_eye, right_eye, nose = points
    mouth_left, mouth_right = (Point(x_px=x + side * a, y_px=y + side * 0.75) for a in (0.35, 0.65))
    return Face(
        box=Box(x_px=x, y_px=y, width_px=side, height_px=side),
        landmarks=Landmarks(
            left_eye=left_eye, right_eye=right_eye, nose=nose, mouth_left=mouth_left, mouth_right=mouth_right
        ),
    )


def marked(*faces: Face) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.asarray(pictures.mark(Image.new("RGB", (300, 200), (GRAY,) * 3), faces))


def test_the_box_and_the_five_points_are_drawn_and_nothing_else() -> None:
    pixels = marked(face_at(50, 40, 120))
    assert np.all(pixels[40, 60:160] != GRAY)
    assert np.all(pixels[50:150, 50] != GRAY)
    for x, y in [(86, 76), (134, 76), (110, 106), (92, 130), (128, 130)]:
        assert np.all(pixels[y, x] > 200), "white in the middle"
    assert np.all(pixels[:36] == GRAY)
    assert np.all(pixels[85:95, 60:160] == GRAY), "between eyes and nose"


def test_a_face_that_reaches_over_the_edge_is_drawn_as_far_as_it_goes() -> None:
    pixels = marked(face_at(-60, 100, 120))
    assert np.all(pixels[100, 1:58] != GRAY)


def test_several_faces_are_numbered() -> None:
    alone, second = marked(face_at(150, 40, 100)), marked(face_at(20, 40, 100), face_at(150, 40, 100))
    assert np.any(alone[:, 140:] != second[:, 140:])


def test_a_photograph_is_decoded_as_the_server_does_it() -> None:
    deep = Image.fromarray(np.full((2, 3), 0x8012, np.uint16))
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    deep.save(stream, "PNG", exif=exif)
    picture = pictures.decode(stream.getvalue())
    assert picture.size == (2, 3)
    assert np.unique(np.asarray(picture)).tolist() == [0x80]
