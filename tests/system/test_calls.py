"""The calls, against a running gateway with the repository's models."""

from typing import Any, Literal

import numpy as np
import pytest
import skimage.data
from PIL import Image

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core import colour, compose
from phiz_core.geometry import ImageArray
from tests.system.answers import INVALID, Refusal, names, pixels, png, refusal

LAST_SEED = 2**64 - 1
FACE_MODELS = ("face_detector", "face_landmarks")


def gray_of(photo: ImageArray) -> ImageArray:
    """RGB of the photograph's luminance."""
    return np.repeat(colour.luminance(photo)[..., None], 3, axis=-1)


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

    def test_a_photograph_in_colour_is_taken_as_gray_if_that_is_allowed(
        self, stub: PhizStub, astronaut: ImageArray
    ) -> None:
        of_colour = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(astronaut), allow_colour=True))
        of_gray = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray_of(astronaut))))
        assert of_colour.image.data == of_gray.image.data

    def test_else_it_is_refused(self, stub: PhizStub, astronaut: ImageArray) -> None:
        told = refusal(stub, phiz_pb2.ColorizeRequest(image=png(astronaut)))
        assert told == Refusal(INVALID, "ALREADY_IN_COLOUR", "image")
        assert float(told.metadata["chroma_spread"]) > float(told.metadata["max_chroma_spread"])

    def test_sepia_counts_as_gray(self, stub: PhizStub, astronaut: ImageArray) -> None:
        sepia = np.asarray(np.rint(gray_of(astronaut) * (0.95, 0.85, 0.65) + (12, 9, 5)), np.uint8)
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(sepia)))
        of_gray = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray_of(sepia))))
        assert answer.image.data == of_gray.image.data

    @pytest.mark.parametrize("size", [(1, 1), (3, 700), (700, 3), (17, 33), (601, 599)])
    def test_any_size_comes_back_as_it_was(self, stub: PhizStub, astronaut: ImageArray, size: tuple[int, int]) -> None:
        photo = np.asarray(Image.fromarray(astronaut).convert("L").resize(size))
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(photo)))
        assert (answer.image.width_px, answer.image.height_px) == size

    @pytest.mark.parametrize("option", ["saturation", "strength"])
    def test_without_saturation_or_strength_it_is_gray(
        self, stub: PhizStub, astronaut: ImageArray, option: Literal["saturation", "strength"]
    ) -> None:
        request = phiz_pb2.ColorizeRequest(image=png(gray_of(astronaut)))
        setattr(request, option, 0.0)
        assert np.array_equal(pixels(stub.Colorize(request).image), gray_of(astronaut))

    def test_colours_are_as_strong_as_is_asked_for(self, stub: PhizStub, astronaut: ImageArray) -> None:
        def colourfulness(**options: Any) -> float:
            request = phiz_pb2.ColorizeRequest(image=png(gray_of(astronaut)), **options)
            return colour.colourfulness(pixels(stub.Colorize(request).image))

        assert colourfulness(strength=0.5) < colourfulness() < colourfulness(saturation=1.5)

    def test_the_longest_side_is_the_callers(self, stub: PhizStub, astronaut: ImageArray) -> None:
        options = image_pb2.ImageOptions(size_px=100)
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray_of(astronaut[:256])), output=options))
        assert pixels(answer.image).shape == (50, 100, 3)


class TestColorizeEachFace:
    def colorize(self, stub: PhizStub, photo: ImageArray, **options: Any) -> phiz_pb2.ColorizeResponse:
        treatment = face_pb2.FACE_TREATMENT_EACH_AGAIN
        request = phiz_pb2.ColorizeRequest(image=png(photo), faces=treatment, allow_colour=True, **options)
        return stub.Colorize(request)

    def test_its_colour_changes_around_the_face_only_and_no_luminance_at_all(
        self, stub: PhizStub, astronaut: ImageArray
    ) -> None:
        answer = self.colorize(stub, astronaut)
        each = pixels(answer.image)
        whole = pixels(stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray_of(astronaut)))).image)
        assert answer.faces == 1
        assert names(answer.image.provenance.models) == [*FACE_MODELS, "colorizer"]
        assert np.abs(colour.luminance(each).astype(int) - colour.luminance(astronaut)).max() <= 1
        changed = np.argwhere(np.any(each != whole, axis=2))
        assert np.ptp(changed, axis=0).max() < 250
        assert np.abs(changed.mean(axis=0) - (115, 226)).max() < 40, "around the astronaut's face"

    def test_the_longest_side_is_the_callers(self, stub: PhizStub, astronaut: ImageArray) -> None:
        answer = self.colorize(stub, astronaut[:256], output=image_pb2.ImageOptions(size_px=300))
        assert answer.faces == 1
        assert pixels(answer.image).shape == (150, 300, 3)

    def test_a_face_that_the_colorizer_saw_large_is_left_as_it_is(self, stub: PhizStub, astronaut: ImageArray) -> None:
        portrait = np.asarray(Image.fromarray(astronaut[30:230, 130:330]).resize((400, 400)))
        answer = self.colorize(stub, portrait)
        assert answer.faces == 0
        plain = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray_of(portrait))))
        assert np.array_equal(pixels(answer.image), pixels(plain.image))

    def test_without_a_face_it_is_coloured_as_ever(self, stub: PhizStub) -> None:
        coffee = np.asarray(skimage.data.coffee(), np.uint8)
        answer = self.colorize(stub, coffee)
        assert answer.faces == 0
        plain = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray_of(coffee))))
        assert np.array_equal(pixels(answer.image), pixels(plain.image))

    def test_unless_it_is_asked_for_faces_are_coloured_with_the_photograph(
        self, stub: PhizStub, astronaut: ImageArray
    ) -> None:
        answer = stub.Colorize(phiz_pb2.ColorizeRequest(image=png(gray_of(astronaut))))
        assert answer.faces == 0
        assert names(answer.metadata.models) == ["colorizer"]


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
        face_counts = 0.25 + 0.75 * compose.cover(compose.FACE, *crop.shape[:2])[..., None]
        error = np.mean(face_counts / face_counts.mean() * (crop - reconstruction) ** 2)
        assert answer.quality.loss == pytest.approx(error, rel=0.05)
        assert answer.quality.psnr_db == pytest.approx(-10 * np.log10(answer.quality.loss), abs=0.01)
        assert names(answer.metadata.models) == [*FACE_MODELS, "inverter"]

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
        assert set(names(answer.metadata.models)) == {*FACE_MODELS, "inverter", "mapping", "generator"}

    def test_on_the_sphere_a_seed_with_all_the_weight_is_the_mix(self, stub: PhizStub) -> None:
        faces = [face_pb2.FaceSource(seed=seed, truncation=0.5) for seed in (1, 2, 3)]
        generated = stub.Generate(phiz_pb2.GenerateRequest(seeds=[1, 2, 3], truncation=0.5)).faces
        request = phiz_pb2.MixRequest(faces=faces, weights=[0, 1, 0], method=phiz_pb2.MIX_METHOD_SPHERICAL)
        answer = stub.Mix(request)
        assert np.abs(pixels(answer.image).astype(int) - pixels(generated[1].image)).max() <= 1
        assert [source.data for source in answer.sources] == [face.latent.data for face in generated]

    def test_the_mean_on_the_sphere_is_not_the_linear_one(self, stub: PhizStub) -> None:
        faces = [face_pb2.FaceSource(seed=seed) for seed in (1, 2)]
        linear, spherical = (
            stub.Mix(phiz_pb2.MixRequest(faces=faces, method=method)).latent.data
            for method in (phiz_pb2.MIX_METHOD_LINEAR, phiz_pb2.MIX_METHOD_SPHERICAL)
        )
        assert linear != spherical

    @pytest.mark.parametrize("layers", [0, 1, 8])
    def test_styles_take_the_first_layers_of_one_face_and_the_others_of_the_other(
        self, stub: PhizStub, layers: int
    ) -> None:
        faces = [face_pb2.FaceSource(seed=seed) for seed in (1, 2)]
        answer = stub.Mix(phiz_pb2.MixRequest(faces=faces, method=phiz_pb2.MIX_METHOD_STYLES, style_layers=layers))
        mixed, first, second = (
            np.frombuffer(latent.data, "<f4").reshape(latent.shape) for latent in (answer.latent, *answer.sources)
        )
        split = layers or len(mixed) // 2
        assert np.array_equal(mixed, np.concatenate([first[:split], second[split:]]))

    def test_the_truncation_of_a_seed_is_the_callers(self, stub: PhizStub) -> None:
        faces = [face_pb2.FaceSource(seed=1, truncation=0.3), face_pb2.FaceSource(seed=2)]
        answer = stub.Mix(phiz_pb2.MixRequest(faces=faces, weights=[1, 0]))
        near = stub.Generate(phiz_pb2.GenerateRequest(seeds=[1], truncation=0.3)).faces[0]
        assert answer.sources[0].data == near.latent.data
        assert np.array_equal(pixels(answer.image), pixels(near.image))

    def test_pasted_back_the_photograph_stays_around_the_face(self, stub: PhizStub, astronaut: ImageArray) -> None:
        faces = [face_pb2.FaceSource(image=png(astronaut)), face_pb2.FaceSource(seed=2)]
        request = phiz_pb2.MixRequest(faces=faces, preset=face_pb2.INVERSION_PRESET_FAST, paste_back=True)
        answer = stub.Mix(request)
        changed = np.argwhere(np.any(pixels(answer.image) != astronaut, axis=2))
        assert answer.image.provenance.digital_source_type == (
            image_pb2.DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA
        )
        assert np.abs(changed.mean(axis=0) - (115, 226)).max() < 20, "around the astronaut's face"
        assert np.ptp(changed, axis=0).max() < 180
        assert np.ptp(changed, axis=0).min() > 90


def test_the_models_tell_their_origin(stub: PhizStub) -> None:
    models = {model.name: model for model in stub.ListModels(phiz_pb2.ListModelsRequest()).models}
    assert {"mapping", "generator", "inverter", "colorizer", *FACE_MODELS} <= models.keys()
    for model in models.values():
        assert model.ready
        assert model.version >= 1
        assert model.recipe
        assert len(model.dataset_digest) == 64


def test_every_answer_tells_where_its_time_went(stub: PhizStub, astronaut_jpeg: bytes) -> None:
    metadata = stub.Colorize(phiz_pb2.ColorizeRequest(image=astronaut_jpeg, allow_colour=True)).metadata
    assert [stage.stage for stage in metadata.stages] == ["decode", "compose", "queue", "infer", "encode"]
    assert all(stage.seconds >= 0 for stage in metadata.stages)
