"""Picture files, in and out."""

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from phiz_core.geometry import ImageArray
from serving import images
from serving.engine.base import ModelVersion
from serving.errors import (
    ImageMissing,
    ImageTooLarge,
    ImageTruncated,
    ImageUnreadable,
    InvalidField,
    UnsupportedFormat,
)
from serving.images import Encoding, Format
from serving.provenance import Provenance, SourceType

LIMITS = {"max_bytes": 1 << 20, "max_pixels": 1 << 20}
GENERATED = Provenance(SourceType.GENERATED, (ModelVersion("mapping", 1), ModelVersion("generator", 3)), seed=2**64 - 1)


def picture(width_px: int = 48, height_px: int = 32) -> Image.Image:
    """A smooth colour gradient, dark at the top left."""
    y, x = np.mgrid[0:height_px, 0:width_px]
    return Image.fromarray(
        np.stack([x * 255 // width_px, y * 255 // height_px, (x + y) * 2 % 256], axis=-1).astype(np.uint8)
    )


def save(image: Image.Image, file_format: str, **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, file_format, **options)
    return buffer.getvalue()


def read_header(data: bytes, **limits: int) -> images.Header:
    return images.read_header(data, **(LIMITS | limits), field="image")


def decode(data: bytes, **limits: int) -> ImageArray:
    return images.decode(data, read_header(data, **limits), field="image")


def difference(one: ImageArray, other: Image.Image) -> int:
    """Largest difference of any channel of any pixel."""
    return int(np.abs(one.astype(int) - np.asarray(other.convert("RGB")).astype(int)).max())


class TestDecode:
    @pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
    def test_a_lossless_file_gives_its_pixels(self, file_format: str) -> None:
        assert difference(decode(save(picture(), file_format, lossless=True)), picture()) == 0

    def test_a_jpeg_gives_its_pixels_nearly(self) -> None:
        assert difference(decode(save(picture(), "JPEG", quality=95, subsampling=0)), picture()) < 24

    @pytest.mark.parametrize("mode", ["1", "L", "P", "LA", "RGBA", "PA"])
    def test_every_kind_of_png_becomes_rgb(self, mode: str) -> None:
        image = picture().convert("RGB" if mode != "LA" else "L").convert(mode if mode != "PA" else "P")
        assert difference(decode(save(image, "PNG")), image.convert("RGB")) == 0

    def test_16_bits_a_channel_become_8(self) -> None:
        levels = np.linspace(0, 65535, 48 * 32).astype(np.uint16).reshape(32, 48)
        pixels = decode(save(Image.fromarray(levels), "PNG"))
        assert np.array_equal(pixels, np.repeat((levels >> 8).astype(np.uint8)[..., None], 3, axis=-1))

    def test_a_cmyk_jpeg_becomes_rgb(self) -> None:
        image = picture().convert("CMYK")
        assert difference(decode(save(image, "JPEG", quality=95, subsampling=0)), picture()) < 24

    @pytest.mark.parametrize("file_format", ["PNG", "WEBP"])
    def test_what_is_transparent_becomes_white(self, file_format: str) -> None:
        clear = picture().convert("RGBA")
        clear.putalpha(0)
        assert decode(save(clear, file_format, lossless=True)).min() == 255

    def test_what_is_half_transparent_becomes_half_white(self) -> None:
        veiled = picture().convert("RGBA")
        veiled.putalpha(128)
        expected = Image.blend(Image.new("RGB", veiled.size, "white"), picture(), 128 / 255)
        assert difference(decode(save(veiled, "PNG")), expected) <= 1

    def test_the_transparent_colour_of_a_palette_becomes_white(self) -> None:
        indexed = picture().quantize(16)
        clear = np.asarray(indexed) == 3
        pixels = decode(save(indexed, "PNG", transparency=3))
        assert clear.any()
        assert np.all(pixels[clear] == 255)
        assert np.array_equal(pixels[~clear], np.asarray(indexed.convert("RGB"))[~clear])

    @pytest.mark.parametrize("orientation", range(1, 9))
    def test_the_picture_stands_upright(self, orientation: int) -> None:
        """A camera that was turned stores turned pixels and says so in EXIF."""
        upright = picture()
        turned = {
            1: upright,
            2: upright.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
            3: upright.transpose(Image.Transpose.ROTATE_180),
            4: upright.transpose(Image.Transpose.FLIP_TOP_BOTTOM),
            5: upright.transpose(Image.Transpose.TRANSPOSE),
            6: upright.transpose(Image.Transpose.ROTATE_90),
            7: upright.transpose(Image.Transpose.TRANSVERSE),
            8: upright.transpose(Image.Transpose.ROTATE_270),
        }[orientation]
        exif = Image.Exif()
        exif[0x0112] = orientation
        assert difference(decode(save(turned, "PNG", exif=exif)), upright) == 0

    @pytest.mark.filterwarnings("ignore:Corrupt EXIF data")
    def test_damaged_exif_is_passed_over(self) -> None:
        assert difference(decode(save(picture(), "PNG", exif=b"Exif\0\0II*\0\xff\xff\xff\xff")), picture()) == 0

    @pytest.mark.parametrize("file_format", ["WEBP", "PNG"])
    def test_of_an_animation_the_first_frame_is_taken(self, file_format: str) -> None:
        frames = [picture(), ImageChops.invert(picture())]
        data = save(frames[0], file_format, save_all=True, append_images=frames[1:], lossless=True)
        assert difference(decode(data), picture()) == 0


class TestRefusal:
    def test_no_bytes(self) -> None:
        with pytest.raises(ImageMissing):
            decode(b"")

    @pytest.mark.parametrize("data", [b"\0", b"hello, world", b"\x89PN", bytes(1000)])
    def test_bytes_that_are_no_picture(self, data: bytes) -> None:
        with pytest.raises(ImageUnreadable) as caught:
            decode(data)
        assert caught.value.field == "image"

    @pytest.mark.parametrize("file_format", ["GIF", "BMP", "TIFF", "JPEG2000", "AVIF"])
    def test_formats_that_are_not_taken(self, file_format: str) -> None:
        with pytest.raises(UnsupportedFormat):
            decode(save(picture(), file_format))

    @pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
    def test_a_file_that_was_cut_off(self, file_format: str) -> None:
        data = save(picture(), file_format)
        with pytest.raises(ImageTruncated):
            decode(data[: len(data) // 2])

    @pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP"])
    def test_the_limit_on_pixels_is_exact(self, file_format: str) -> None:
        data = save(picture(48, 32), file_format)
        assert decode(data, max_pixels=48 * 32).shape == (32, 48, 3)
        with pytest.raises(ImageTooLarge):
            decode(data, max_pixels=48 * 32 - 1)

    def test_the_limit_on_bytes_is_exact(self) -> None:
        data = save(picture(), "PNG")
        decode(data, max_bytes=len(data))
        with pytest.raises(ImageTooLarge):
            decode(data, max_bytes=len(data) - 1)

    def test_a_bomb_is_refused_by_its_header(self) -> None:
        """30000 x 30000 pixels in a file that has no pixel data at all: only its header can have been read."""
        ihdr = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
        chunks = [(b"IHDR", ihdr), (b"IDAT", b""), (b"IEND", b"")]
        data = b"\x89PNG\r\n\x1a\n" + b"".join(
            struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
            for name, body in chunks
        )
        with pytest.raises(ImageTooLarge) as caught:
            decode(data)
        assert caught.value.metadata["width_px"] == "30000"

    @pytest.mark.parametrize(
        "header",
        [
            b"VP8X\x0a\0\0\0\x02\0\0\0\xff\xff\xff\x1f\0\0",
            b"VP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f" + bytes(5),
            b"VP8 \x0a\0\0\0\x30\1\0\x9d\1\x2a\xff\x3f\xff\x3f",
        ],
        ids=["extended", "lossless", "lossy"],
    )
    def test_so_is_one_whose_canvas_would_take_gigabytes_to_open(self, header: bytes) -> None:
        """30 bytes: no decoder could take them for a picture."""
        data = b"RIFF" + struct.pack("<I", 4 + len(header)) + b"WEBP" + header
        with pytest.raises(ImageTooLarge):
            read_header(data, max_pixels=1 << 27)

    @pytest.mark.parametrize("options", [{}, {"lossless": True}, {"exif": b"Exif\0\0"}, {"save_all": True}], ids=str)
    @pytest.mark.parametrize("size", [(1, 1), (1, 300), (300, 1), (16383, 2), (257, 129)], ids=str)
    def test_the_size_of_a_webp_file_is_read_from_its_header(
        self, size: tuple[int, int], options: dict[str, Any]
    ) -> None:
        image = Image.new("RGB", size, "red")
        frames = {"append_images": [Image.new("RGB", size, "blue")]} if "save_all" in options else {}
        header = read_header(save(image, "WEBP", **options, **frames)[:30])
        assert (header.width_px, header.height_px) == size

    @given(
        file_format=st.sampled_from(["PNG", "JPEG", "WEBP"]),
        edits=st.lists(st.tuples(st.integers(0, 10_000), st.binary(max_size=8), st.integers(0, 8)), max_size=6),
        keep=st.floats(0, 1),
    )
    def test_a_mutated_file_gives_a_picture_or_a_refusal(
        self, file_format: str, edits: list[tuple[int, bytes, int]], keep: float
    ) -> None:
        data = bytearray(save(picture(), file_format))
        for place, inserted, removed in edits:
            start = place % (len(data) + 1)
            data[start : start + removed] = inserted
        mutated = bytes(data[: round(len(data) * keep)])
        try:
            pixels = decode(mutated)
        except InvalidField:
            return
        assert pixels.dtype == np.uint8
        assert pixels.shape[0] * pixels.shape[1] <= LIMITS["max_pixels"]

    @given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\0\0\0\0WEBP"]))
    def test_arbitrary_bytes_are_refused(self, tail: bytes, magic: bytes) -> None:
        with pytest.raises(InvalidField):
            decode(magic + tail)


class TestEncode:
    @pytest.mark.parametrize("file_format", list(Format))
    def test_the_file_is_what_it_says(self, file_format: Format) -> None:
        file = images.encode(np.asarray(picture()), Encoding(file_format), GENERATED)
        with Image.open(io.BytesIO(file.data)) as image:
            assert image.format == file_format.value
            assert image.get_format_mimetype() == file.mime_type
            assert image.size == (file.width_px, file.height_px) == (48, 32)

    @pytest.mark.parametrize("file_format", list(Format))
    def test_equal_pixels_give_equal_bytes(self, file_format: Format) -> None:
        def encode() -> bytes:
            return images.encode(np.asarray(picture()), Encoding(file_format), GENERATED).data

        assert encode() == encode()

    def test_png_keeps_every_pixel(self) -> None:
        file = images.encode(np.asarray(picture()), Encoding(Format.PNG), GENERATED)
        assert difference(decode(file.data), picture()) == 0

    @pytest.mark.parametrize("file_format", [Format.JPEG, Format.WEBP])
    def test_a_side_that_the_format_does_not_hold_is_refused(self, file_format: Format) -> None:
        longest = np.zeros((1, file_format.max_side_px, 3), np.uint8)
        images.encode(longest, Encoding(file_format), GENERATED)
        with pytest.raises(UnsupportedFormat) as caught:
            images.encode(np.zeros((1, file_format.max_side_px + 1, 3), np.uint8), Encoding(file_format), GENERATED)
        assert caught.value.field == "output.format"

    @pytest.mark.parametrize("file_format", [Format.PNG, Format.WEBP])
    def test_transparency_stays_where_the_format_has_it(self, file_format: Format) -> None:
        clear = np.dstack([np.asarray(picture()), np.linspace(0, 255, 32 * 48).reshape(32, 48)]).astype(np.uint8)
        data = images.encode(clear, Encoding(file_format), GENERATED).data
        again = images.decode(data, read_header(data), field="image", keep_alpha=True)
        assert np.array_equal(again[..., 3], clear[..., 3])

    def test_in_jpeg_what_is_transparent_becomes_white(self) -> None:
        data = images.encode(np.zeros((8, 8, 4), np.uint8), Encoding(Format.JPEG), GENERATED).data
        assert decode(data).min() > 250

    @pytest.mark.parametrize("file_format", [Format.JPEG, Format.WEBP])
    def test_quality_costs_bytes(self, file_format: Format) -> None:
        sizes = [
            len(images.encode(np.asarray(picture(256, 256)), Encoding(file_format, quality), GENERATED).data)
            for quality in (1, 50, 100)
        ]
        assert sizes == sorted(set(sizes))

    @given(width=st.integers(1, 40_000), height=st.integers(1, 40_000), longest=st.integers(16, 2048))
    def test_any_shape_fits_its_longest_side(self, width: int, height: int, longest: int) -> None:
        fitted = images.fit_longest(width, height, longest)
        assert max(fitted) == longest
        assert min(fitted) >= 1
