"""Photographs as they come: odd files, odd scenes. Each has one answer, and the gateway goes on serving."""

import io
from typing import Any

import cv2
import numpy as np
import pytest
import skimage.data
from PIL import Image, ImageDraw

from phiz.v1 import phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core.geometry import ImageArray
from tests.system.answers import INVALID, Refusal, landmarks, pixels, png, refusal


def saved(image: Image.Image, file_format: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def align(stub: PhizStub, photo: bytes) -> phiz_pb2.AlignResponse:
    return stub.Align(phiz_pb2.AlignRequest(image=photo))


class TestFiles:
    """The astronaut in every kind of file: the one face, at its place, in its colours."""

    def check(self, stub: PhizStub, photo: bytes, astronaut: ImageArray, *, most: float) -> None:
        (expected,) = align(stub, png(astronaut)).faces
        (face,) = align(stub, photo).faces
        np.testing.assert_allclose(landmarks(face), landmarks(expected), atol=1)
        difference = pixels(face.crop).astype(int) - pixels(expected.crop)
        assert np.abs(difference).mean() < most

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_a_jpeg_that_a_turned_camera_took(self, stub: PhizStub, astronaut: ImageArray, orientation: int) -> None:
        stored = {
            1: astronaut,
            2: astronaut[:, ::-1],
            3: astronaut[::-1, ::-1],
            4: astronaut[::-1],
            5: astronaut.transpose(1, 0, 2),
            6: np.rot90(astronaut),
            7: np.rot90(astronaut, 2).transpose(1, 0, 2),
            8: np.rot90(astronaut, -1),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        photo = saved(Image.fromarray(np.ascontiguousarray(stored)), "JPEG", quality=95, subsampling=0, exif=exif)
        self.check(stub, photo, astronaut, most=3)

    def test_a_png_of_16_bits_of_gray(self, stub: PhizStub, astronaut: ImageArray) -> None:
        gray = np.asarray(Image.fromarray(astronaut).convert("L"))
        photo = saved(Image.fromarray(gray.astype(np.uint16) * 257), "PNG")
        self.check(stub, photo, np.repeat(gray[..., None], 3, axis=2), most=0.01)

    def test_a_png_of_16_bits_a_colour(self, stub: PhizStub, astronaut: ImageArray) -> None:
        deep = astronaut[..., ::-1].astype(np.uint16) * 257
        photo = cv2.imencode(".png", deep)[1].tobytes()
        self.check(stub, photo, astronaut, most=0.01)

    def test_a_jpeg_of_printers_inks(self, stub: PhizStub, astronaut: ImageArray) -> None:
        photo = saved(Image.fromarray(astronaut).convert("CMYK"), "JPEG", quality=95, subsampling=0)
        self.check(stub, photo, astronaut, most=3)

    def test_a_png_with_a_palette(self, stub: PhizStub, astronaut: ImageArray) -> None:
        self.check(stub, saved(Image.fromarray(astronaut).quantize(256), "PNG"), astronaut, most=8)

    def test_a_png_with_a_palette_of_which_one_colour_is_clear(self, stub: PhizStub, astronaut: ImageArray) -> None:
        small = Image.fromarray(astronaut).quantize(255)
        index = np.asarray(small).copy()
        index[:, 420:] = 255
        clear = Image.fromarray(index, "P")
        clear.putpalette([*(small.getpalette() or [])[: 255 * 3], 0, 0, 0])
        white = astronaut.copy()
        white[:, 420:] = 255
        self.check(stub, saved(clear, "PNG", transparency=255), white, most=8)

    def test_a_png_with_alpha_lies_on_white(self, stub: PhizStub, astronaut: ImageArray) -> None:
        alpha = np.full((512, 512, 1), 255, np.uint8)
        alpha[:, 300:] = 0
        white = astronaut.copy()
        white[:, 300:] = 255
        self.check(stub, png(np.concatenate([astronaut, alpha], axis=2)), white, most=0.01)


class TestScenes:
    def test_of_forty_faces_every_one_is_found(self, stub: PhizStub, astronaut: ImageArray) -> None:
        """Eight columns, five rows; each a little larger than the one before, every other one mirrored."""
        scene = np.full((1000, 1600, 3), 90, np.uint8)
        for number in range(40):
            side = 140 + number
            tile = cv2.resize(astronaut[20:220, 120:320], (side, side), interpolation=cv2.INTER_AREA)
            row, column = divmod(number, 8)
            scene[200 * row :, 200 * column :][:side, :side] = tile[:, :: -1 if number % 2 else 1]
        faces = align(stub, png(scene)).faces
        places = [(face.landmarks.nose.y_px // 200, face.landmarks.nose.x_px // 200) for face in faces]
        sizes = [face.box.width_px for face in faces]
        assert len(faces) == 40
        assert len(set(places)) == 40
        assert sizes == sorted(sizes, reverse=True)
        assert {int(row) for row, _ in places[:8]} <= {3, 4}, "the largest are in the last rows"

    @pytest.mark.parametrize("name", ["coffee", "rocket", "chelsea"])
    def test_a_cup_a_rocket_and_a_cat_have_no_face(self, stub: PhizStub, name: str) -> None:
        photo = png(getattr(skimage.data, name)())
        assert refusal(stub, phiz_pb2.AlignRequest(image=photo)) == Refusal(INVALID, "NO_FACE_FOUND", "image")

    def test_a_drawing_of_a_house_has_no_face(self, stub: PhizStub) -> None:
        drawing = Image.new("RGB", (480, 360), "white")
        pen = ImageDraw.Draw(drawing)
        pen.rectangle((120, 160, 360, 330), outline="black", width=4)
        pen.polygon([(100, 160), (240, 50), (380, 160)], outline="black", width=4)
        for left in (160, 270):
            pen.rectangle((left, 200, left + 50, 250), outline="black", width=4)
        pen.rectangle((215, 260, 265, 330), outline="black", width=4)
        pen.ellipse((400, 20, 460, 80), fill="gold")
        photo = png(np.asarray(drawing))
        assert refusal(stub, phiz_pb2.AlignRequest(image=photo)) == Refusal(INVALID, "NO_FACE_FOUND", "image")

    def test_a_childs_drawing_of_a_face_has_none(self, stub: PhizStub) -> None:
        """Nothing could be done with it: no model has seen such a face."""
        drawing = Image.new("RGB", (300, 300), "gold")
        pen = ImageDraw.Draw(drawing)
        pen.ellipse((20, 20, 280, 280), outline="black", width=6)
        for left in (90, 185):
            pen.ellipse((left, 90, left + 25, 125), fill="black")
        pen.arc((80, 110, 220, 230), 20, 160, fill="black", width=8)
        photo = png(np.asarray(drawing))
        assert refusal(stub, phiz_pb2.AlignRequest(image=photo)) == Refusal(INVALID, "NO_FACE_FOUND", "image")

    def test_a_drawing_after_nature_has_the_face_of_its_sitter(self, stub: PhizStub, astronaut: ImageArray) -> None:
        gray = cv2.cvtColor(astronaut[:200, 100:350], cv2.COLOR_RGB2GRAY)
        drawing = np.asarray(cv2.bitwise_not(cv2.Canny(gray, 50, 150)), np.uint8)
        (face,) = align(stub, png(drawing)).faces
        np.testing.assert_allclose(landmarks(face)[:2], [(105, 101), (146, 103)], atol=5)

    @pytest.mark.parametrize(
        ("shape", "level", "reason"),
        [
            ((1, 1), 128, "NO_FACE_FOUND"),
            ((1, 1), 0, "TOO_DARK"),
            ((1, 5000), 128, "NO_FACE_FOUND"),
            ((5000, 1), 128, "NO_FACE_FOUND"),
            ((4, 40_000), 128, "NO_FACE_FOUND"),
            ((64, 64), 255, "NO_FACE_FOUND"),
        ],
    )
    def test_a_photograph_of_any_shape_is_searched(
        self, stub: PhizStub, shape: tuple[int, int], level: int, reason: str
    ) -> None:
        photo = png(np.full((*shape, 3), level, np.uint8))
        assert refusal(stub, phiz_pb2.AlignRequest(image=photo)) == Refusal(INVALID, reason, "image")

    @pytest.mark.parametrize("edge", range(160, 260, 10))
    def test_a_face_at_the_edge_is_whole_or_cut_off_or_not_seen(
        self, stub: PhizStub, astronaut: ImageArray, edge: int
    ) -> None:
        """The edge moves over the face; its left eye is at 205."""
        photo = png(astronaut[:, edge:])
        if edge < 205:
            (face,) = align(stub, photo).faces
            assert face.landmarks.left_eye.x_px == pytest.approx(205 - edge, abs=4)
        else:
            told = refusal(stub, phiz_pb2.AlignRequest(image=photo))
            assert told.reason in {"FACE_CUT_OFF", "NO_FACE_FOUND"}
