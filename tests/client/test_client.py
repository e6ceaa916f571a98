"""Both clients against the real server."""

import asyncio
import inspect
import re
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from phiz.client import AsyncClient, Client, PhizError
from phiz.v1.face_pb2 import (
    FACE_ORDER_LEFT_TO_RIGHT,
    FACE_TREATMENT_EACH_AGAIN,
    INVERSION_PRESET_FAST,
    FaceSource,
)
from phiz.v1.image_pb2 import IMAGE_FORMAT_WEBP, UPSCALE_METHOD_BICUBIC, ImageOptions
from phiz.v1.phiz_pb2 import (
    ANIMATION_FORMAT_GIF,
    AVERAGE_METHOD_LATENT,
    DESCRIPTOR,
    EASING_LINEAR,
    MIX_METHOD_STYLES,
    Filter,
    Margins,
    Rectangle,
)
from serving.gateway import Gateway

if TYPE_CHECKING:
    from tests.client.conftest import Ask

METHODS = [
    re.sub(r"(?<!^)(?=[A-Z])", "_", method.name).lower() for method in DESCRIPTOR.services_by_name["Phiz"].methods
]


def test_every_rpc_has_a_method_in_both_clients_with_one_signature() -> None:
    for name in METHODS:
        blocking, awaiting = getattr(Client, name), getattr(AsyncClient, name)
        assert inspect.signature(blocking) == inspect.signature(awaiting)
        assert blocking.__doc__ == awaiting.__doc__


def test_faces_are_generated(ask: "Ask", server: str) -> None:
    options = ImageOptions(format=IMAGE_FORMAT_WEBP, quality=80, size_px=100)

    answer = ask(server, "generate", 3, seed=7, truncation=0.5, output=options)

    assert [face.seed for face in answer.faces] == [7, 8, 9]
    assert {face.image.mime_type for face in answer.faces} == {"image/webp"}
    assert {face.image.width_px for face in answer.faces} == {100}


def test_faces_of_named_seeds_are_generated(ask: "Ask", server: str) -> None:
    assert [face.seed for face in ask(server, "generate", seeds=[9, 3, 9]).faces] == [9, 3, 9]


class TestStream:
    def test_faces_come_one_by_one_and_how_they_were_made_in_the_end(self, server: str) -> None:
        with Client(server) as client:
            *messages, last = client.generate_stream(20, seed=7)

        assert [message.face.seed for message in messages] == list(range(7, 27))
        assert last.metadata.models

    async def test_and_so_they_do_with_asyncio(self, server: str) -> None:
        async with AsyncClient(server) as client:
            *messages, last = [message async for message in client.generate_stream(seeds=[3, 9])]

        assert [message.face.seed for message in messages] == [3, 9]
        assert last.metadata.models

    def test_a_refusal_is_raised_when_it_is_read(self, server: str) -> None:
        with Client(server) as client, pytest.raises(PhizError) as caught:
            next(client.generate_stream(2, seeds=[1]))

        assert (caught.value.reason, caught.value.field) == ("FIELDS_CONFLICT", "request.seeds")

    async def test_and_with_asyncio_too(self, server: str) -> None:
        async with AsyncClient(server) as client:
            with pytest.raises(PhizError) as caught:
                await anext(client.generate_stream(model="nobody"))

        assert caught.value.reason == "MODEL_NOT_FOUND"

    def test_who_has_seen_enough_ends_the_work(self, server: str, gateway: Gateway) -> None:
        with Client(server) as client, given_up(gateway):
            faces = client.generate_stream(1000, seed=1)
            assert next(faces).face.seed == 1
            faces.close()

    async def test_and_ends_it_with_asyncio_too(self, server: str, gateway: Gateway) -> None:
        async with AsyncClient(server) as client:
            with given_up(gateway):
                async with aclosing(client.generate_stream(1000, seed=1)) as faces:
                    assert (await anext(faces)).face.seed == 1


@contextmanager
def given_up(gateway: Gateway) -> Iterator[None]:
    """Waits until the gateway has counted one more stream that was given up."""

    def count() -> float:
        labels = {"grpc_method": "GenerateStream", "grpc_code": "CANCELLED"}
        labels |= {"grpc_service": "phiz.v1.Phiz", "grpc_type": "server_stream"}
        return gateway.metrics.registry.get_sample_value("grpc_server_handled_total", labels) or 0

    before, give_up = count(), time.monotonic() + 60
    yield
    while count() == before:
        assert time.monotonic() < give_up
        time.sleep(0.05)


def test_a_picture_is_made_larger(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    answer = ask(server, "upscale", astronaut_jpeg, 2, method=UPSCALE_METHOD_BICUBIC)

    assert (answer.image.width_px, answer.image.height_px) == (1024, 1024)


def test_what_is_not_given_is_up_to_the_server(ask: "Ask", server: str) -> None:
    assert len(ask(server, "generate").faces) == 1


def test_a_photograph_comes_as_bytes_or_as_a_path(
    ask: "Ask", server: str, astronaut_gray_jpeg: bytes, tmp_path: Path
) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(astronaut_gray_jpeg)

    from_path, from_bytes = (
        ask(server, "colorize", photo, saturation=0.5, strength=0.5).image for photo in (path, astronaut_gray_jpeg)
    )

    assert from_path.data == from_bytes.data
    assert (from_path.width_px, from_path.height_px) == (512, 512)


def test_photographs_latents_and_seeds_mix(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    inverted = ask(server, "invert", astronaut_jpeg, preset=INVERSION_PRESET_FAST)

    mixed = ask(server, "mix", [astronaut_jpeg, inverted.latent, 7], weights=[1, 1, 2], preset=INVERSION_PRESET_FAST)

    assert len(mixed.sources) == 3
    assert mixed.sources[1] == inverted.latent


def test_a_mix_is_made_and_placed_as_asked(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    seeds = [FaceSource(seed=1, truncation=0.3), 2]

    styles = ask(server, "mix", seeds, method=MIX_METHOD_STYLES, style_layers=1)
    pasted = ask(server, "mix", [astronaut_jpeg, 1], preset=INVERSION_PRESET_FAST, paste_back=True)
    with pytest.raises(PhizError) as caught:
        ask(server, "mix", seeds, style_layers=1)

    assert styles.latent.data[:4] == styles.sources[0].data[:4]
    assert styles.latent.data[-4:] == styles.sources[1].data[-4:]
    assert (pasted.image.width_px, pasted.image.height_px) == (512, 512)
    assert caught.value.field == "style_layers"


def test_faces_are_averaged(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    options = ImageOptions(size_px=64)

    in_pixels = ask(server, "average", [astronaut_jpeg, 1, 2], output=options)
    of_latents = ask(server, "average", [1, 2], method=AVERAGE_METHOD_LATENT)

    assert in_pixels.image.width_px == 64
    assert not in_pixels.HasField("latent")
    assert of_latents.HasField("latent")


def test_a_morph_comes_frame_by_frame(server: str) -> None:
    with Client(server) as client:
        *frames, last = client.morph([1, 2], frames=3, easing=EASING_LINEAR)

    assert [part.frame.position for part in frames] == [0, 0.5, 1]
    assert last.HasField("metadata")


async def test_a_morph_comes_as_an_animation(server: str) -> None:
    async with AsyncClient(server) as client:
        parts = client.morph([1, 2], frames=2, loop=True, animation=ANIMATION_FORMAT_GIF, frame_milliseconds=100)
        kinds = [part.WhichOneof("part") async for part in parts]

    assert kinds == ["frame", "frame", "animation", "metadata"]


def test_a_morph_that_is_refused_names_the_field(server: str) -> None:
    with Client(server) as client, pytest.raises(PhizError) as caught:
        list(client.morph([1, b"no picture"]))

    assert (caught.value.reason, caught.value.field) == ("IMAGE_UNREADABLE", "faces[1].image")


def test_a_face_is_edited(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    steps = [("smile", 1.5), (3, -1.0)]
    pasted = ask(server, "edit", astronaut_jpeg, steps, preset=INVERSION_PRESET_FAST, paste_back=True)
    further = ask(server, "edit", pasted.latent, steps)

    assert pasted.image.width_px == 512
    assert further.source == pasted.latent


def test_an_inversion_is_limited(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    short, early = (
        ask(server, "invert", astronaut_jpeg, **limit).quality for limit in ({"max_evaluations": 5}, {"tolerance": 1.0})
    )

    assert short.evaluations <= 5
    assert early.evaluations <= 5


def test_faces_are_found(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    (face,) = ask(server, "align", astronaut_jpeg, max_faces=1).faces

    assert face.crop.width_px == face.crop.height_px


def test_which_faces_are_wanted_is_up_to_the_caller(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    wanted = {"order": FACE_ORDER_LEFT_TO_RIGHT, "min_size_px": 300, "include_cut_off": True}
    with pytest.raises(PhizError) as caught:
        ask(server, "align", astronaut_jpeg, **wanted)

    assert caught.value.reason == "FACE_TOO_SMALL"
    assert caught.value.metadata["min_size_px"] == "300"


def test_each_face_is_coloured_once_more(ask: "Ask", server: str, astronaut_gray_jpeg: bytes) -> None:
    assert ask(server, "colorize", astronaut_gray_jpeg, faces=FACE_TREATMENT_EACH_AGAIN).faces == 1


def test_what_is_in_colour_is_coloured_anew_only_if_that_is_allowed(
    ask: "Ask", server: str, astronaut_jpeg: bytes
) -> None:
    assert ask(server, "colorize", astronaut_jpeg, allow_colour=True).image.width_px == 512
    with pytest.raises(PhizError) as caught:
        ask(server, "colorize", astronaut_jpeg)

    assert (caught.value.reason, caught.value.field) == ("ALREADY_IN_COLOUR", "image")


def test_a_photograph_is_filtered(ask: "Ask", server: str, astronaut_jpeg: bytes) -> None:
    levels = Filter(name="rgb_thresholds", levels=[90, 90, 90])
    answer = ask(server, "translate", astronaut_jpeg, filter=levels)

    assert (answer.image.width_px, answer.image.height_px) == (512, 512)
    assert not answer.metadata.models


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"region": Rectangle(width_px=3, height_px=3)}, "rectangle"),
        ({"region": Margins(left_px=3)}, "margins"),
        ({"region": b"a mask"}, "mask"),
        ({"as_input": True}, "filter"),
    ],
)
def test_what_does_not_go_with_a_filter_alone_is_refused(
    ask: "Ask", server: str, astronaut_jpeg: bytes, options: dict[str, object], field: str
) -> None:
    with pytest.raises(PhizError) as caught:
        ask(server, "translate", astronaut_jpeg, filter=Filter(name="gray"), **options)

    assert (caught.value.reason, caught.value.field) == ("FIELDS_CONFLICT", field)


def test_models_are_listed(ask: "Ask", server: str) -> None:
    assert {"colorizer", "generator"} <= {model.name for model in ask(server, "list_models").models}


def test_a_refusal_names_reason_and_field(ask: "Ask", server: str) -> None:
    with pytest.raises(PhizError) as caught:
        ask(server, "mix", [1, b"no picture"])

    assert (caught.value.reason, caught.value.field) == ("IMAGE_UNREADABLE", "faces[1].image")


def test_a_photograph_that_is_not_there_is_an_os_error(ask: "Ask", server: str, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ask(server, "align", tmp_path / "missing.jpg")


def test_one_client_serves_many_threads(server: str) -> None:
    with Client(server) as client, ThreadPoolExecutor(8) as threads:
        answers = list(threads.map(lambda seed: client.generate(seed=seed), range(24)))

    assert [answer.faces[0].seed for answer in answers] == list(range(24))


async def test_calls_of_one_async_client_run_side_by_side(server: str) -> None:
    async with AsyncClient(server) as client:
        answers = await asyncio.gather(*(client.generate(seed=seed) for seed in range(24)))

    assert [answer.faces[0].seed for answer in answers] == list(range(24))
