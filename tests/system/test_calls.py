"""The six calls, against a running gateway with the repository's models."""

import io
from collections.abc import Iterable

import numpy as np
import pytest
from PIL import Image

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core import colour, geometry
from phiz_core.geometry import ImageArray

LAST_SEED = 2**64 - 1


def pixels(image: image_pb2.Image) -> ImageArray:
    with Image.open(io.BytesIO(image.data)) as opened:
        assert (opened.width, opened.height) == (image.width_px, image.height_px)
        assert opened.get_format_mimetype() == image.mime_type
        return np.asarray(opened.convert("RGB"))


def jpeg(rgb: ImageArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=95)
    return buffer.getvalue()


def png(rgb: ImageArray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(rgb).save(buffer, "PNG")
    return buffer.getvalue()


def names(models: Iterable[image_pb2.ModelVersion]) -> list[str]:
    return [model.name for model in models]


def xy(point: face_pb2.Point) -> tuple[float, float]:
    return point.x_px, point.y_px


class TestGenerate:
    def test_one_face_a_seed_counting_up(self, stub: PhizStub) -> None:
        answer = stub.Generate(phiz_pb2.GenerateRequest(count=3, seed=LAST_SEED - 1))
        assert [face.seed for face in answer.faces] == [LAST_SEED - 1, LAST_SEED, 0]
        assert len({face.image.data for face in answer.faces}) == 3
        assert names(answer.metadata.models) == ["mapping", "generator"]
        for face in answer.faces:
            assert face.image.provenance.seed == face.seed
            assert names(face.image.provenance.models) == ["mapping", "generator"]
            assert len(face.latent.data) == 4 * np.prod(face.latent.shape)

    def test_a_seed_gives_the_same_bytes_whatever_count_it_came_in(self, stub: PhizStub) -> None:
        many = stub.Generate(phiz_pb2.GenerateRequest(count=40, seed=7)).faces
        for index in (0, 1, 13, 39):
            one = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=7 + index)).faces[0]
            assert one.image.data == many[index].image.data

    def test_a_missing_seed_is_drawn_and_told(self, stub: PhizStub) -> None:
        request = phiz_pb2.GenerateRequest(count=1)
        first, second = (stub.Generate(request).faces[0] for _ in range(2))
        assert first.seed != second.seed
        again = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=first.seed)).faces[0]
        assert again.image.data == first.image.data

    def test_without_truncation_left_all_faces_are_the_average(self, stub: PhizStub) -> None:
        faces = stub.Generate(phiz_pb2.GenerateRequest(count=2, seed=1, truncation=0.0)).faces
        assert np.array_equal(pixels(faces[0].image), pixels(faces[1].image))

    @pytest.mark.parametrize(
        ("image_format", "mime_type"),
        [
            (image_pb2.IMAGE_FORMAT_UNSPECIFIED, "image/png"),
            (image_pb2.IMAGE_FORMAT_PNG, "image/png"),
            (image_pb2.IMAGE_FORMAT_JPEG, "image/jpeg"),
            (image_pb2.IMAGE_FORMAT_WEBP, "image/webp"),
        ],
    )
    def test_format_and_size_are_the_callers(
        self, stub: PhizStub, image_format: image_pb2.ImageFormat, mime_type: str
    ) -> None:
        options = image_pb2.ImageOptions(format=image_format, size_px=200)
        image = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1, output=options)).faces[0].image
        assert image.mime_type == mime_type
        assert pixels(image).shape == (200, 200, 3)


class TestColorize:
    def test_resolution_and_luminance_stay(self, stub: PhizStub, astronaut: ImageArray) -> None:
        gray = colour.luminance(astronaut)
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray)))
        coloured = pixels(answer.image)
        assert coloured.shape == astronaut.shape
        assert np.abs(colour.luminance(coloured).astype(int) - gray).max() <= 1
        assert colour.colourfulness(coloured) > 0
        assert names(answer.image.provenance.models) == ["colorizer"]

    def test_a_colour_photograph_is_taken_as_gray(self, stub: PhizStub, astronaut: ImageArray) -> None:
        gray = np.repeat(colour.luminance(astronaut)[..., None], 3, axis=-1)
        of_colour = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(astronaut)))
        of_gray = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray)))
        assert of_colour.image.data == of_gray.image.data

    @pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3), (17, 33), (601, 599)])
    def test_any_size_comes_back_as_it_was(self, stub: PhizStub, astronaut: ImageArray, size: tuple[int, int]) -> None:
        photo = np.asarray(Image.fromarray(astronaut).resize(size))
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(photo)))
        assert (answer.image.width_px, answer.image.height_px) == size

    def test_saturation_0_is_gray(self, stub: PhizStub, astronaut: ImageArray) -> None:
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(astronaut), saturation=0.0))
        expected = np.repeat(colour.luminance(astronaut)[..., None], 3, axis=-1)
        assert np.array_equal(pixels(answer.image), expected)

    def test_the_longest_side_is_the_callers(self, stub: PhizStub, astronaut: ImageArray) -> None:
        options = image_pb2.ImageOptions(size_px=100)
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(astronaut[:256]), output=options))
        assert pixels(answer.image).shape == (50, 100, 3)


class TestAlign:
    @pytest.mark.parametrize("gray", [False, True])
    def test_the_astronauts_face_is_found_once(self, stub: PhizStub, astronaut: ImageArray, gray: bool) -> None:
        photo = colour.luminance(astronaut) if gray else astronaut
        (face,) = stub.Align(phiz_pb2.AlignRequest(image=jpeg(photo))).faces
        eyes = [xy(face.landmarks.left_eye), xy(face.landmarks.right_eye)]
        np.testing.assert_allclose(eyes, [(205, 101), (246, 103)], atol=4)
        assert 0 < face.score <= 1
        assert face.box.x_px < eyes[0][0] < eyes[1][0] < face.box.x_px + face.box.width_px

    def test_the_crop_is_the_photograph_where_the_transform_says(self, stub: PhizStub, astronaut: ImageArray) -> None:
        (face,) = stub.Align(phiz_pb2.AlignRequest(image=png(astronaut))).faces
        m = face.crop_to_photo
        transform = np.array([[m.a, m.b, m.c], [m.d, m.e, m.f]])
        crop = pixels(face.crop)
        assert crop.shape == (256, 256, 3)
        expected = geometry.crop(astronaut, transform, 256, 256)
        assert np.abs(crop.astype(int) - expected).mean() < 1
        assert face.crop.provenance.digital_source_type == image_pb2.DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED

    def test_two_faces_come_largest_first_and_no_more_than_asked_for(
        self, stub: PhizStub, astronaut: ImageArray
    ) -> None:
        small = np.full_like(astronaut, 128)
        small[:384, :384] = np.asarray(Image.fromarray(astronaut).resize((384, 384)))
        photo = png(np.hstack([small, astronaut]))
        both = stub.Align(phiz_pb2.AlignRequest(image=photo)).faces
        assert len(both) == 2
        assert both[0].box.width_px > both[1].box.width_px
        assert both[0].box.x_px > 512 > both[1].box.x_px
        assert len(stub.Align(phiz_pb2.AlignRequest(image=photo, max_faces=1)).faces) == 1


class TestInvert:
    def test_the_latent_gives_the_reconstruction(self, stub: PhizStub, astronaut_jpeg: bytes) -> None:
        request = phiz_pb2.InvertRequest(image=astronaut_jpeg, preset=face_pb2.INVERSION_PRESET_FAST)
        answer = stub.Invert(request)
        mixed = stub.Mix(phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(latent=answer.latent)] * 2))
        difference = pixels(mixed.image).astype(int) - pixels(answer.reconstruction)
        assert np.abs(difference).max() <= 2

    def test_the_quality_is_that_of_the_pictures(self, stub: PhizStub, astronaut_jpeg: bytes) -> None:
        answer = stub.Invert(phiz_pb2.InvertRequest(image=astronaut_jpeg))
        crop, reconstruction = pixels(answer.face.crop) / 255, pixels(answer.reconstruction) / 255
        assert answer.quality.loss == pytest.approx(np.mean((crop - reconstruction) ** 2), rel=0.02)
        assert answer.quality.psnr_db == pytest.approx(-10 * np.log10(answer.quality.loss), abs=0.01)
        assert names(answer.metadata.models) == ["inverter"]

    def test_more_work_is_never_worse(self, stub: PhizStub, astronaut_jpeg: bytes) -> None:
        requests = (phiz_pb2.InvertRequest(image=astronaut_jpeg, max_evaluations=work) for work in (0, 5, 20))
        qualities = [stub.Invert(request).quality for request in requests]
        losses = [quality.loss for quality in qualities]
        assert losses == sorted(losses, reverse=True)
        assert [quality.evaluations for quality in qualities] == sorted(quality.evaluations for quality in qualities)

    def test_the_latent_belongs_to_the_generator(self, stub: PhizStub, astronaut_jpeg: bytes) -> None:
        request = phiz_pb2.InvertRequest(image=astronaut_jpeg, preset=face_pb2.INVERSION_PRESET_FAST)
        generated = stub.Generate(phiz_pb2.GenerateRequest(count=1)).faces[0]
        assert stub.Invert(request).latent.model == generated.latent.model


class TestMix:
    def test_a_weight_of_1_gives_that_face(self, stub: PhizStub) -> None:
        faces = [face_pb2.FaceSource(seed=1), face_pb2.FaceSource(seed=2)]
        generated = stub.Generate(phiz_pb2.GenerateRequest(count=2, seed=1)).faces
        for index, weights in enumerate([(3.0, 0.0), (0.0, 0.5)]):
            mixed = stub.Mix(phiz_pb2.MixRequest(faces=faces, weights=weights))
            assert np.array_equal(pixels(mixed.image), pixels(generated[index].image))

    def test_a_photograph_a_latent_and_a_seed_mix(self, stub: PhizStub, astronaut_jpeg: bytes) -> None:
        latent = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=5)).faces[0].latent
        answer = stub.Mix(
            phiz_pb2.MixRequest(
                faces=[
                    face_pb2.FaceSource(image=astronaut_jpeg),
                    face_pb2.FaceSource(latent=latent),
                    face_pb2.FaceSource(seed=6),
                ],
                preset=face_pb2.INVERSION_PRESET_FAST,
            )
        )
        arrays = [np.frombuffer(source.data, "<f4") for source in answer.sources]
        assert len(arrays) == 3
        assert answer.sources[1].data == latent.data
        np.testing.assert_allclose(np.frombuffer(answer.latent.data, "<f4"), np.mean(arrays, axis=0), atol=1e-5)
        assert set(names(answer.metadata.models)) == {"inverter", "mapping", "generator"}


def test_the_models_tell_their_origin(stub: PhizStub) -> None:
    models = {model.name: model for model in stub.ListModels(phiz_pb2.ListModelsRequest()).models}
    assert {"mapping", "generator", "inverter", "colorizer"} <= models.keys()
    for model in models.values():
        assert model.ready
        assert model.version >= 1
        assert model.recipe
        assert len(model.dataset_digest) == 64


def test_every_answer_tells_where_its_time_went(stub: PhizStub, astronaut_jpeg: bytes) -> None:
    metadata = stub.Colorize(phiz_pb2.ColorizeRequest(image=astronaut_jpeg)).metadata
    assert [stage.stage for stage in metadata.stages] == ["decode", "compose", "queue", "infer", "encode"]
    assert all(stage.seconds >= 0 for stage in metadata.stages)
