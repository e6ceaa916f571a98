"""Average, against a running gateway with the repository's models."""

from typing import Any

import numpy as np
import pytest
from PIL import Image

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.face_pb2 import FaceSource
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core import geometry
from phiz_core.geometry import ImageArray
from tests.system.answers import jpeg, landmarks, names, pixels, png

SEEDS = [FaceSource(seed=seed) for seed in (1, 2, 3)]


def average(stub: PhizStub, *faces: FaceSource, **options: Any) -> phiz_pb2.AverageResponse:
    return stub.Average(phiz_pb2.AverageRequest(faces=faces, **options))


class TestInPixels:
    def test_of_one_face_twice_it_is_its_aligned_cut(self, stub: PhizStub, astronaut: ImageArray) -> None:
        """Wherever it lies in the photographs, and however it is turned."""
        turned = np.asarray(Image.fromarray(astronaut).rotate(25, Image.Resampling.BICUBIC, center=(200, 180)))
        answer = average(stub, FaceSource(image=png(astronaut)), FaceSource(image=png(turned)))
        face = stub.Align(phiz_pb2.AlignRequest(image=png(astronaut))).faces[0]
        cut = geometry.align(astronaut, landmarks(face), 256)
        assert pixels(answer.image).shape == (256, 256, 3)
        assert np.abs(pixels(answer.image).astype(int) - cut)[40:230, 40:216].mean() < 5
        assert not answer.HasField("latent")
        assert answer.image.provenance.digital_source_type == image_pb2.DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED

    def test_photographs_latents_and_seeds_are_averaged_in_any_order(
        self, stub: PhizStub, astronaut_jpeg: bytes
    ) -> None:
        latent = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=5)).faces[0].latent
        faces = [FaceSource(image=astronaut_jpeg), FaceSource(latent=latent), *SEEDS]
        one, other = average(stub, *faces), average(stub, *reversed(faces))
        assert np.array_equal(pixels(one.image), pixels(other.image))
        assert {"face_detector", "face_landmarks", "mapping", "generator_128"} <= set(names(one.metadata.models))
        assert one.image.provenance.digital_source_type == (
            image_pb2.DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA
        )

    def test_faces_that_were_made_show_a_face_when_averaged(self, stub: PhizStub) -> None:
        answer = average(stub, *(FaceSource(seed=seed) for seed in range(8)))
        assert len(stub.Align(phiz_pb2.AlignRequest(image=answer.image.data)).faces) == 1
        assert answer.image.provenance.digital_source_type == (image_pb2.DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA)

    @pytest.mark.parametrize("size_px", [32, 300])
    def test_format_and_size_are_the_callers(self, stub: PhizStub, size_px: int) -> None:
        options = image_pb2.ImageOptions(format=image_pb2.IMAGE_FORMAT_WEBP, size_px=size_px)
        image = average(stub, *SEEDS[:2], output=options).image
        assert image.mime_type == "image/webp"
        assert pixels(image).shape == (size_px, size_px, 3)


class TestOfLatents:
    def test_it_is_the_mean_of_the_latents_and_their_face(self, stub: PhizStub) -> None:
        answer = average(stub, *SEEDS, method=phiz_pb2.AVERAGE_METHOD_LATENT)
        mixed = stub.Mix(phiz_pb2.MixRequest(faces=SEEDS))
        np.testing.assert_allclose(
            np.frombuffer(answer.latent.data, "<f4"), np.frombuffer(mixed.latent.data, "<f4"), atol=1e-5
        )
        assert np.abs(pixels(answer.image).astype(int) - pixels(mixed.image)).max() <= 1

    def test_photographs_are_made_latents(self, stub: PhizStub, astronaut: ImageArray) -> None:
        faces = [FaceSource(image=jpeg(astronaut)), SEEDS[0]]
        answer = average(stub, *faces, method=phiz_pb2.AVERAGE_METHOD_LATENT)
        fast = stub.Mix(phiz_pb2.MixRequest(faces=faces, preset=face_pb2.INVERSION_PRESET_FAST))
        np.testing.assert_allclose(
            np.frombuffer(answer.latent.data, "<f4"), np.frombuffer(fast.latent.data, "<f4"), atol=1e-3
        )
