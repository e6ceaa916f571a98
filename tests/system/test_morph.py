"""Morph, against a running gateway with the repository's models."""

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageSequence

from phiz.v1 import face_pb2, image_pb2, phiz_pb2
from phiz.v1.face_pb2 import FaceSource
from phiz.v1.phiz_pb2_grpc import PhizStub
from serving.gateway import Gateway
from serving.settings import Settings
from tests.system.answers import names, pixels
from tests.system.counters import faces_made, streams_ended, wait_until

LIMIT = Settings().max_morph_frames
ONE, OTHER, THIRD = (FaceSource(seed=seed) for seed in (1, 2, 3))


def morph(stub: PhizStub, *faces: FaceSource, **options: Any) -> Sequence[phiz_pb2.MorphResponse]:
    return list(stub.Morph(phiz_pb2.MorphRequest(faces=faces, **options)))


class TestFrames:
    def test_they_lead_from_one_face_to_the_other_and_the_last_message_tells_how(self, stub: PhizStub) -> None:
        *frames, last = morph(stub, ONE, OTHER, frames=20)
        faces = stub.Generate(phiz_pb2.GenerateRequest(seeds=[1, 2])).faces
        assert [part.frame.index for part in frames] == list(range(20))
        for part, face in ((frames[0], faces[0]), (frames[-1], faces[1])):
            assert np.array_equal(pixels(part.frame.image), pixels(face.image))
        positions = [part.frame.position for part in frames]
        assert positions == sorted(positions)
        assert last.WhichOneof("part") == "metadata"
        assert names(last.metadata.models) == ["mapping", "generator"]

    def test_each_comes_with_its_latent(self, stub: PhizStub) -> None:
        frames = [part.frame for part in morph(stub, ONE, OTHER, frames=3)[:-1]]
        again = stub.Mix(phiz_pb2.MixRequest(faces=[FaceSource(latent=frames[1].latent)] * 2))
        assert np.array_equal(pixels(again.image), pixels(frames[1].image))

    def test_a_few_frames_are_made_unless_said(self, stub: PhizStub) -> None:
        assert len(morph(stub, ONE, OTHER)) == 24 + 1

    def test_in_a_loop_the_way_leads_home(self, stub: PhizStub) -> None:
        frames = [part.frame for part in morph(stub, ONE, OTHER, THIRD, frames=9, loop=True)[:-1]]
        linear = [
            part.frame.position
            for part in morph(stub, ONE, OTHER, THIRD, frames=9, loop=True, easing=phiz_pb2.EASING_LINEAR)[:-1]
        ]
        assert [frame.position for frame in frames[::3]] == [0, 1, 2]
        np.testing.assert_allclose(linear, np.arange(9) / 3, atol=1e-6)

    def test_a_photograph_a_latent_and_a_seed_morph(self, stub: PhizStub, astronaut_jpeg: bytes) -> None:
        latent = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=5)).faces[0].latent
        faces = [FaceSource(image=astronaut_jpeg), FaceSource(latent=latent), ONE]
        *frames, last = morph(stub, *faces, frames=3, preset=face_pb2.INVERSION_PRESET_FAST)
        assert frames[1].frame.latent.data == latent.data
        assert "inverter" in names(last.metadata.models)

    def test_format_and_size_are_the_callers(self, stub: PhizStub) -> None:
        options = image_pb2.ImageOptions(format=image_pb2.IMAGE_FORMAT_JPEG, size_px=100)
        frame = morph(stub, ONE, OTHER, frames=2, output=options)[0].frame
        assert frame.image.mime_type == "image/jpeg"
        assert pixels(frame.image).shape == (100, 100, 3)

    def test_the_first_comes_before_the_last_is_made_and_the_work_stops_when_the_caller_does(
        self, stub: PhizStub, gateway: Gateway
    ) -> None:
        cancelled, before = streams_ended(gateway, "Morph", "CANCELLED"), faces_made(gateway)
        options = image_pb2.ImageOptions(size_px=512)  # work enough for the caller to come before its end
        call = stub.Morph(phiz_pb2.MorphRequest(faces=[ONE, OTHER], frames=LIMIT, output=options))
        assert next(iter(call)).frame.index == 0
        call.cancel()  # type: ignore[no-untyped-call]
        wait_until(lambda: streams_ended(gateway, "Morph", "CANCELLED") == cancelled + 1)
        made = faces_made(gateway) - before
        assert made < LIMIT
        stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1))
        assert faces_made(gateway) - before == made + 1, "nothing went on behind the caller's back"


class TestAnimation:
    @pytest.mark.parametrize(
        ("animation", "mime_type"),
        [(phiz_pb2.ANIMATION_FORMAT_WEBP, "image/webp"), (phiz_pb2.ANIMATION_FORMAT_GIF, "image/gif")],
    )
    def test_it_comes_after_all_frames_and_shows_them(
        self, stub: PhizStub, animation: phiz_pb2.AnimationFormat, mime_type: str
    ) -> None:
        options = image_pb2.ImageOptions(size_px=96)
        still = [part.frame for part in morph(stub, ONE, OTHER, frames=8, output=options)[:-1]]
        *told, file, last = morph(
            stub, ONE, OTHER, frames=8, output=options, animation=animation, frame_milliseconds=100
        )

        assert [part.frame.latent for part in told] == [frame.latent for frame in still]
        assert not any(part.frame.HasField("image") for part in told)
        assert last.WhichOneof("part") == "metadata"
        assert file.animation.mime_type == mime_type
        assert names(file.animation.provenance.models) == ["mapping", "generator_128"]
        with Image.open(io.BytesIO(file.animation.data)) as opened:
            assert opened.get_format_mimetype() == mime_type
            assert opened.size == (file.animation.width_px, file.animation.height_px) == (96, 96)
            shown = [np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(opened)]
        assert len(shown) == 8
        for frame, expected in zip(shown, still, strict=True):
            assert np.abs(frame - pixels(expected.image)).mean() < 10

    @pytest.mark.parametrize("gives_up", [False, True])
    def test_its_pixels_are_in_flight_only_while_it_is_made(
        self, stub: PhizStub, gateway: Gateway, gives_up: bool
    ) -> None:
        def in_flight() -> float | None:
            return gateway.metrics.registry.get_sample_value("phiz_pixels_in_flight")

        request = phiz_pb2.MorphRequest(faces=[ONE, OTHER], frames=60, animation=phiz_pb2.ANIMATION_FORMAT_GIF)
        request.output.size_px = 256
        ended = streams_ended(gateway, "Morph", "CANCELLED" if gives_up else "OK")
        call = stub.Morph(request)
        next(iter(call))
        assert in_flight() == 60 * 256**2
        if gives_up:
            call.cancel()  # type: ignore[no-untyped-call]
        else:
            list(call)
        wait_until(lambda: streams_ended(gateway, "Morph", "CANCELLED" if gives_up else "OK") == ended + 1)
        assert in_flight() == 0
