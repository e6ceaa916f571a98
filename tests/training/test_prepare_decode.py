"""Any picture file becomes the same upright RGB pixels; any other file is told apart."""

import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from phiz_core.geometry import ImageArray
from training.prepare import decode as module
from training.prepare.decode import UnreadableError, decode


@pytest.fixture
def picture(astronaut: ImageArray) -> Image.Image:
    return Image.fromarray(astronaut).resize((12, 8)).resize((96, 64))  # smooth, for lossy formats


def save(image: Image.Image, file_format: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def difference(data: bytes, expected: Image.Image) -> float:
    """Largest difference of blocks of 8 x 8, so that a lossy format's noise does not count."""
    found, wanted = (np.asarray(image, np.float64) for image in (decode(data), expected))
    assert found.shape == wanted.shape
    blocks = np.abs(found - wanted)[: len(found) // 8 * 8].reshape(len(found) // 8, 8, -1, 8, 3)
    return float(np.abs(blocks.mean(axis=(1, 3))).max())


@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF", "PPM"])
def test_lossless_formats_are_read_to_the_last_bit(picture: Image.Image, file_format: str) -> None:
    np.testing.assert_array_equal(decode(save(picture, file_format)), np.asarray(picture))


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
def test_lossy_formats_are_read(picture: Image.Image, file_format: str) -> None:
    assert difference(save(picture, file_format, quality=95), picture) < 12


@pytest.mark.parametrize("file_format", ["GIF", "TIFF", "WEBP"])
def test_the_first_picture_of_several_is_taken(file_format: str) -> None:
    red, blue = (Image.new("RGB", (16, 16), colour) for colour in ("#ff0000", "#0000ff"))
    data = save(red, file_format, save_all=True, append_images=[blue])
    assert np.abs(decode(data).reshape(-1, 3).astype(int) - [255, 0, 0]).max() < 4


def test_gray_is_gray_in_every_channel(picture: Image.Image) -> None:
    gray = picture.convert("L")
    np.testing.assert_array_equal(decode(save(gray, "PNG")), np.asarray(gray.convert("RGB")))


def test_sixteen_bits_are_scaled_to_eight() -> None:
    deep = np.arange(0, 65536, 257).astype(np.uint16).reshape(16, 16)
    for file_format in ("PNG", "TIFF"):
        pixels = decode(save(Image.fromarray(deep), file_format))
        np.testing.assert_array_equal(pixels[..., 1], np.arange(256, dtype=np.uint8).reshape(16, 16))


def test_a_cmyk_jpeg_becomes_rgb(picture: Image.Image) -> None:
    data = save(picture.convert("CMYK"), "JPEG", quality=95, subsampling=0)
    assert difference(data, picture) < 12


def test_a_palette_becomes_its_colours(picture: Image.Image) -> None:
    indexed = picture.quantize(32)
    np.testing.assert_array_equal(decode(save(indexed, "PNG")), np.asarray(indexed.convert("RGB")))


def test_what_is_transparent_becomes_white(picture: Image.Image) -> None:
    half_clear = picture.convert("RGBA")
    half_clear.paste((0, 0, 0, 0), (0, 0, 48, 64))
    pixels = decode(save(half_clear, "PNG"))
    assert pixels[:, :48].min() == 255
    np.testing.assert_array_equal(pixels[:, 48:], np.asarray(picture)[:, 48:])
    clear_palette = decode(save(picture.quantize(16), "PNG", transparency=3))
    assert np.any(np.all(clear_palette == 255, axis=-1))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_stands_upright(picture: Image.Image, orientation: int) -> None:
    lying = {
        1: picture,
        2: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
        3: picture.transpose(Image.Transpose.ROTATE_180),
        4: picture.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
        5: picture.transpose(Image.Transpose.TRANSPOSE),
        6: picture.transpose(Image.Transpose.ROTATE_90),
        7: picture.transpose(Image.Transpose.TRANSVERSE),
        8: picture.transpose(Image.Transpose.ROTATE_270),
    }[orientation]
    exif = Image.Exif()
    exif[0x0112] = orientation
    assert difference(save(lying, "JPEG", quality=95, exif=exif), picture) < 12


def test_damaged_exif_says_nothing_about_the_pixels(picture: Image.Image) -> None:
    data = save(picture, "JPEG", quality=95, exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff")
    assert difference(data, picture) < 12


def test_a_picture_of_one_pixel_is_a_picture() -> None:
    assert decode(save(Image.new("RGB", (1, 1), "#102030"), "PNG")).tolist() == [[[0x10, 0x20, 0x30]]]


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"", "the file is empty"),
        (b"some notes", "no picture in a format that is read"),
        (b"\0\0\0\x18ftypheic\0\0\0\0mif1heic", "HEIF"),
        (b"\x89PNG\r\n\x1a\n", "no picture|damaged"),
    ],
)
def test_what_is_no_picture_is_told(data: bytes, complaint: str) -> None:
    with pytest.raises(UnreadableError, match=complaint):
        decode(data)


def test_a_picture_that_ends_too_early_is_damaged(picture: Image.Image) -> None:
    data = save(picture, "JPEG")
    with pytest.raises(UnreadableError, match=r"damaged: .*truncated"):
        decode(data[: len(data) // 2])


def test_floating_point_pixels_are_not_guessed_at() -> None:
    with pytest.raises(UnreadableError, match="floating point"):
        decode(save(Image.new("F", (4, 4)), "TIFF"))


def test_a_picture_too_large_for_the_memory_is_told_by_its_header(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_PIXELS", 99)
    with pytest.raises(UnreadableError, match="10 x 10 pixels are more than 99"):
        decode(save(Image.new("L", (10, 10)), "PNG"))


@given(st.sampled_from(["PNG", "JPEG", "GIF", "TIFF", "BMP", "WEBP"]), st.data())
def test_whatever_is_damaged_is_read_or_told(file_format: str, data: st.DataObject) -> None:
    whole = bytearray(save(Image.linear_gradient("L").resize((24, 24)), file_format))
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))
    try:
        pixels = decode(bytes(whole[: data.draw(st.integers(1, len(whole)))]))
    except UnreadableError as error:
        assert str(error)  # noqa: PT017 - either outcome is right
    else:
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 3
