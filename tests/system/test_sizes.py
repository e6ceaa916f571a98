"""A face is the same at every size; larger ones come from the generator that makes them in more detail."""

import numpy as np
import pytest

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core.geometry import ImageArray
from tests.system.answers import names, pixels, png

FACE = face_pb2.FaceSource(seed=3)
OTHER = face_pb2.FaceSource(seed=8)


def at(size_px: int) -> image_pb2.ImageOptions:
    return image_pb2.ImageOptions(size_px=size_px)


def halved(picture: ImageArray) -> np.ndarray:
    """Float [H / 2, W / 2, 3]: the mean of each 2x2 pixels; no number where one of them is black or white."""
    height, width = picture.shape[:2]
    values = np.where((picture > 0) & (picture < 255), picture, np.nan)
    return np.asarray(values.reshape(height // 2, 2, width // 2, 2, 3).mean((1, 3)))


def generated(stub: PhizStub, size_px: int = 0, model: str = "") -> phiz_pb2.GeneratedFace:
    return stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=3, model=model, output=at(size_px))).faces[0]


@pytest.mark.parametrize(
    ("size_px", "made_by"),
    [
        (0, ["mapping", "generator"]),
        (64, ["mapping", "generator"]),
        (65, ["mapping", "generator_128"]),
        (128, ["mapping", "generator_128"]),
        (200, ["mapping", "generator_128", "upscaler_x2"]),
    ],
)
def test_the_smallest_generator_that_is_large_enough_makes_a_face(
    stub: PhizStub, size_px: int, made_by: list[str]
) -> None:
    image = generated(stub, size_px).image
    assert names(image.provenance.models) == made_by
    assert pixels(image).shape == (size_px or 64, size_px or 64, 3)


def test_halved_the_large_face_is_the_small_one(stub: PhizStub) -> None:
    small, large = (pixels(generated(stub, size_px).image) for size_px in (64, 128))
    difference = np.abs(halved(large) - small)
    assert np.nanmax(difference) <= 1.5, "both are rounded"
    assert np.isnan(difference).mean() < 0.1


def test_the_latent_is_the_same_whichever_generator_is_named(stub: PhizStub) -> None:
    small, large = generated(stub), generated(stub, model="generator_128")
    assert pixels(large.image).shape == (128, 128, 3)
    assert large.latent == small.latent
    assert large.latent.model.name == "generator"


def test_every_operation_on_latents_gains_the_detail(stub: PhizStub, astronaut: ImageArray) -> None:
    face, output = generated(stub).latent, at(128)
    answers = [
        stub.Mix(phiz_pb2.MixRequest(faces=[face_pb2.FaceSource(latent=face), OTHER], output=output)).image,
        stub.Edit(
            phiz_pb2.EditRequest(face=FACE, steps=[phiz_pb2.EditStep(name="smile", strength=1)], output=output)
        ).image,
        stub.Average(
            phiz_pb2.AverageRequest(faces=[FACE, OTHER], method=phiz_pb2.AVERAGE_METHOD_LATENT, output=output)
        ).image,
        stub.Invert(phiz_pb2.InvertRequest(image=png(astronaut), max_evaluations=0, output=output)).reconstruction,
        next(iter(stub.Morph(phiz_pb2.MorphRequest(faces=[FACE, OTHER], frames=2, output=output)))).frame.image,
    ]
    for image in answers:
        assert "generator_128" in names(image.provenance.models)
        assert pixels(image).shape == (128, 128, 3)
