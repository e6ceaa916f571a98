"""Pictures made larger: by Upscale, and on the way to the size of an answer."""

import io
import shutil
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from PIL import Image

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.image_pb2 import (
    DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED,
    DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
    DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA,
    UPSCALE_METHOD_BICUBIC,
    UPSCALE_METHOD_EDGE_DIRECTED,
    UPSCALE_METHOD_LANCZOS,
    UPSCALE_METHOD_MODEL,
    UpscaleMethod,
)
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core import upscale
from phiz_core.geometry import ImageArray
from phiz_core.upscale import Interpolation
from serving.local import gateway_thread
from serving.settings import Settings
from tests.serving.blurring_upscalers import enlarged, write_upscaler
from tests.system.answers import INVALID, Refusal, names, pixels, png, refusal

NOT_FOUND = grpc.StatusCode.NOT_FOUND
METHODS = [UPSCALE_METHOD_MODEL, UPSCALE_METHOD_BICUBIC, UPSCALE_METHOD_LANCZOS, UPSCALE_METHOD_EDGE_DIRECTED]


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The repository's mapping and generator, without upscalers."""
    folder = tmp_path_factory.mktemp("repository")
    for name in ("mapping", "generator"):
        shutil.copytree(Settings().model_repository / name, folder / name)
    return folder


def stub_of(repository: Path, **settings: Any) -> Iterator[PhizStub]:
    given = Settings(grpc_port=0, http_port=0, model_repository=repository, **settings)
    options = [("grpc.max_receive_message_length", -1)]
    with gateway_thread(given) as running, grpc.insecure_channel(running.target, options=options) as channel:
        yield PhizStub(channel)


@pytest.fixture(scope="module")
def plain(repository: Path) -> Iterator[PhizStub]:
    """A gateway without upscalers."""
    yield from stub_of(repository)


@pytest.fixture(scope="module")
def equipped(repository: Path, plain: PhizStub) -> Iterator[PhizStub]:
    """A gateway with upscalers whose work is known. Its pictures have 1,000,000 pixels at most."""
    for scale in (2, 4):
        write_upscaler(repository, scale)
    yield from stub_of(repository, max_image_pixels=10**6)


@pytest.fixture(scope="module")
def face(astronaut: ImageArray) -> ImageArray:
    return np.ascontiguousarray(astronaut[60:160, 170:290])


class TestUpscale:
    @pytest.mark.parametrize("scale", [2, 4])
    def test_the_model_makes_it_as_many_times_larger(self, equipped: PhizStub, face: ImageArray, scale: int) -> None:
        request = phiz_pb2.UpscaleRequest(image=png(face), scale=scale, method=UPSCALE_METHOD_MODEL)
        answer = equipped.Upscale(request)
        assert np.abs(pixels(answer.image).astype(int) - enlarged(face, scale)).max() <= 1
        assert names(answer.metadata.models) == names(answer.image.provenance.models) == [f"upscaler_x{scale}"]

    def test_without_a_word_it_is_the_model_and_twice(self, equipped: PhizStub, face: ImageArray) -> None:
        answer = equipped.Upscale(phiz_pb2.UpscaleRequest(image=png(face)))
        assert pixels(answer.image).shape == (200, 240, 3)
        assert names(answer.metadata.models) == ["upscaler_x2"]

    def test_without_models_it_is_lanczos(self, plain: PhizStub, face: ImageArray) -> None:
        answer = plain.Upscale(phiz_pb2.UpscaleRequest(image=png(face), scale=4))
        expected = upscale.interpolate(face, 480, 400, Interpolation.LANCZOS)
        assert np.array_equal(pixels(answer.image), expected)
        assert not answer.metadata.models

    def test_each_method_is_told_from_the_others(self, equipped: PhizStub, face: ImageArray) -> None:
        requests = [phiz_pb2.UpscaleRequest(image=png(face), method=method) for method in METHODS]
        assert len({equipped.Upscale(request).image.data for request in requests}) == len(METHODS)

    @pytest.mark.parametrize("method", METHODS)
    @pytest.mark.parametrize(
        ("scale", "size_px", "expected"),
        [(2, 150, (125, 150)), (2, 600, (500, 600)), (0, 60, (50, 60)), (0, 121, (101, 121)), (0, 500, (417, 500))],
    )
    def test_the_size_comes_after_the_scale(
        self,
        equipped: PhizStub,
        face: ImageArray,
        method: UpscaleMethod,
        scale: int,
        size_px: int,
        expected: tuple[int, int],
    ) -> None:
        output = image_pb2.ImageOptions(size_px=size_px)
        request = phiz_pb2.UpscaleRequest(image=png(face), scale=scale, method=method, output=output)
        assert pixels(equipped.Upscale(request).image).shape == (*expected, 3)

    @pytest.mark.parametrize("method", METHODS)
    def test_transparency_stays_and_leaves_no_dark_rim(self, equipped: PhizStub, method: UpscaleMethod) -> None:
        disc = np.zeros((96, 96, 4), np.uint8)
        disc[np.hypot(*np.indices((96, 96)) - 47.5) < 20] = (200, 30, 30, 255)
        answer = equipped.Upscale(phiz_pb2.UpscaleRequest(image=png(disc), method=method))
        larger = np.asarray(Image.open(io.BytesIO(answer.image.data)))
        assert larger.shape == (192, 192, 4)
        assert larger[0, 0, 3] == 0
        assert larger[96, 96, 3] == 255
        seen = larger[larger[..., 3] > 30]
        assert np.abs(seen[:, :3].astype(int) - (200, 30, 30)).max() <= 2

    def test_in_jpeg_what_is_transparent_becomes_white(self, plain: PhizStub) -> None:
        output = image_pb2.ImageOptions(format=image_pb2.IMAGE_FORMAT_JPEG)
        answer = plain.Upscale(phiz_pb2.UpscaleRequest(image=png(np.zeros((8, 8, 4), np.uint8)), output=output))
        assert pixels(answer.image).min() > 250

    def test_it_tells_what_its_pixels_are(self, equipped: PhizStub, face: ImageArray) -> None:
        made = equipped.Generate(phiz_pb2.GenerateRequest(count=1, seed=7)).faces[0].image.data
        sources = [
            (png(face), UPSCALE_METHOD_LANCZOS, DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED),
            (png(face), UPSCALE_METHOD_MODEL, DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA),
            (made, UPSCALE_METHOD_LANCZOS, DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA),
            (made, UPSCALE_METHOD_MODEL, DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA),
        ]
        for image, method, expected in sources:
            answer = equipped.Upscale(phiz_pb2.UpscaleRequest(image=image, method=method))
            assert answer.image.provenance.digital_source_type == expected


class TestRefused:
    @pytest.mark.parametrize("scale", [1, 3, 5, 8, 2**32 - 1])
    def test_another_scale(self, plain: PhizStub, face: ImageArray, scale: int) -> None:
        refused = refusal(plain, phiz_pb2.UpscaleRequest(image=png(face), scale=scale))
        assert refused == Refusal(INVALID, "SCALE_UNSUPPORTED", "scale")
        assert refused.metadata["scale"] == str(scale)

    def test_a_model_that_is_not_loaded(self, plain: PhizStub, face: ImageArray) -> None:
        for output in (image_pb2.ImageOptions(), image_pb2.ImageOptions(size_px=300)):
            request = phiz_pb2.UpscaleRequest(image=png(face), method=UPSCALE_METHOD_MODEL, output=output)
            assert refusal(plain, request) == Refusal(NOT_FOUND, "MODEL_NOT_FOUND", "method")

    def test_a_method_that_is_not_known(self, plain: PhizStub, face: ImageArray) -> None:
        request = phiz_pb2.UpscaleRequest(image=png(face), method=99)  # type: ignore[arg-type]
        assert refusal(plain, request) == Refusal(INVALID, "OUT_OF_RANGE", "method")

    def test_no_picture_and_a_picture_of_nothing(self, plain: PhizStub) -> None:
        assert refusal(plain, phiz_pb2.UpscaleRequest()) == Refusal(INVALID, "IMAGE_MISSING", "image")
        empty = phiz_pb2.UpscaleRequest(image=png_of_size(0, 0))
        assert refusal(plain, empty) == Refusal(INVALID, "IMAGE_UNREADABLE", "image")

    @pytest.mark.parametrize(("scale", "side_px"), [(2, 501), (4, 251)])
    def test_more_pixels_than_are_made(self, equipped: PhizStub, scale: int, side_px: int) -> None:
        """They are counted by the header: this file has nothing behind it."""
        request = phiz_pb2.UpscaleRequest(image=png_of_size(side_px, side_px), scale=scale)
        refused = refusal(equipped, request)
        assert refused == Refusal(INVALID, "IMAGE_TOO_LARGE", "scale")
        assert (refused.metadata["width_px"], refused.metadata["max_pixels"]) == (str(scale * side_px), "1000000")

    def test_a_size_over_the_limit(self, plain: PhizStub, face: ImageArray) -> None:
        request = phiz_pb2.UpscaleRequest(image=png(face), output=image_pb2.ImageOptions(size_px=2049))
        assert refusal(plain, request) == Refusal(INVALID, "OUT_OF_RANGE", "output.size_px")

    def test_a_side_that_the_format_does_not_hold(self, plain: PhizStub) -> None:
        output = image_pb2.ImageOptions(format=image_pb2.IMAGE_FORMAT_WEBP)
        request = phiz_pb2.UpscaleRequest(image=png_of_size(8192, 1), output=output)
        assert refusal(plain, request) == Refusal(INVALID, "UNSUPPORTED_FORMAT", "output.format")


class TestSizeOfAnAnswer:
    def made(self, stub: PhizStub, **output: Any) -> phiz_pb2.GenerateResponse:
        options = image_pb2.ImageOptions(**output)
        return stub.Generate(phiz_pb2.GenerateRequest(count=2, seed=7, output=options))

    def test_generated_faces_are_enlarged_by_the_method(self, equipped: PhizStub) -> None:
        small = pixels(self.made(equipped).faces[1].image)
        size_px = 2 * len(small)
        answer = self.made(equipped, size_px=size_px, upscaling=UPSCALE_METHOD_MODEL)
        face = answer.faces[1].image
        assert np.abs(pixels(face).astype(int) - enlarged(small, 2)).max() <= 1
        expected = ["mapping", "generator", "upscaler_x2"]
        assert names(answer.metadata.models) == names(face.provenance.models) == expected

        answer = self.made(equipped, size_px=size_px, upscaling=UPSCALE_METHOD_EDGE_DIRECTED)
        assert np.array_equal(pixels(answer.faces[1].image), upscale.edge_directed(small, 2))
        assert names(answer.metadata.models) == ["mapping", "generator"]

    def test_without_a_word_the_models_are_taken_where_they_are(self, equipped: PhizStub, plain: PhizStub) -> None:
        with_models, without = (self.made(stub, size_px=1000) for stub in (equipped, plain))
        assert pixels(with_models.faces[0].image).shape == pixels(without.faces[0].image).shape == (1000, 1000, 3)
        assert set(names(with_models.metadata.models)) > set(names(without.metadata.models))

    def test_a_smaller_size_needs_no_method(self, equipped: PhizStub) -> None:
        answer = self.made(equipped, size_px=16, upscaling=UPSCALE_METHOD_MODEL)
        assert pixels(answer.faces[0].image).shape == (16, 16, 3)
        assert names(answer.metadata.models) == ["mapping", "generator"]

    def test_every_batch_of_a_stream_tells_the_same_models(self, equipped: PhizStub) -> None:
        output = image_pb2.ImageOptions(size_px=100, upscaling=UPSCALE_METHOD_MODEL)
        request = phiz_pb2.GenerateRequest(count=20, seed=1, output=output)
        *messages, last = equipped.GenerateStream(phiz_pb2.GenerateStreamRequest(request=request))
        told = [names(message.face.image.provenance.models) for message in messages]
        assert told == [names(last.metadata.models)] * 20

    def test_a_mix_is_enlarged_alike(self, equipped: PhizStub) -> None:
        faces = [face_pb2.FaceSource(seed=1), face_pb2.FaceSource(seed=2)]
        output = image_pb2.ImageOptions(size_px=256, upscaling=UPSCALE_METHOD_MODEL)
        answer = equipped.Mix(phiz_pb2.MixRequest(faces=faces, output=output))
        assert pixels(answer.image).shape == (256, 256, 3)
        assert any(name.startswith("upscaler_x") for name in names(answer.image.provenance.models))

    def test_a_model_that_is_not_loaded(self, plain: PhizStub) -> None:
        output = image_pb2.ImageOptions(size_px=1000, upscaling=UPSCALE_METHOD_MODEL)
        request = phiz_pb2.GenerateRequest(count=1, output=output)
        assert refusal(plain, request) == Refusal(NOT_FOUND, "MODEL_NOT_FOUND", "output.upscaling")


def png_of_size(width_px: int, height_px: int) -> bytes:
    """The head of a PNG file that says it has this size."""
    head = b"IHDR" + struct.pack(">IIBBBBB", width_px, height_px, 8, 2, 0, 0, 0)
    end = b"\0\0\0\0IEND\xaeB`\x82"
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + head + struct.pack(">I", zlib.crc32(head)) + end
