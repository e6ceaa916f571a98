"""Pictures translated by whatever translators the repository has, and filtered without one."""

import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st
from PIL import Image

from phiz.v1 import phiz_pb2
from phiz.v1.image_pb2 import (
    DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED,
    DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA,
    DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA,
    IMAGE_FORMAT_WEBP,
    ImageOptions,
)
from phiz.v1.phiz_pb2 import Filter, Margins, Rectangle, TranslateRequest, TranslateResponse
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core import filters
from phiz_core.geometry import ImageArray
from serving.images import resize_longest
from serving.local import gateway_thread
from serving.settings import Settings
from tests.serving.simple_translators import FILLING, HEIGHT_PX, WIDTH_PX, write_translator
from tests.system.answers import INVALID, Refusal, names, pixels, png, refusal

NOT_FOUND = grpc.StatusCode.NOT_FOUND
LONGEST_PX = max(WIDTH_PX, HEIGHT_PX)
MAX_PIXELS = 300_000


@pytest.fixture(scope="module")
def translating(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PhizStub]:
    """A gateway with three translators, whose names are made up. Its pictures have 300,000 pixels at most."""
    repository = tmp_path_factory.mktemp("repository")
    write_translator(repository, "negative")
    write_translator(repository, "from_edges", own_filter="canny")
    write_translator(repository, "plaster", fills_holes=True)
    given_ = Settings(grpc_port=0, http_port=0, model_repository=repository, max_image_pixels=MAX_PIXELS)
    options = [("grpc.max_receive_message_length", -1)]
    with gateway_thread(given_) as running, grpc.insecure_channel(running.target, options=options) as channel:
        yield PhizStub(channel)


@pytest.fixture(scope="module")
def portrait(astronaut: ImageArray) -> ImageArray:
    """As large as what the translators learnt from."""
    return np.asarray(Image.fromarray(astronaut[:, 64:448]).resize((WIDTH_PX, HEIGHT_PX)))


def noise(height_px: int, width_px: int) -> ImageArray:
    return np.random.default_rng(5).integers(0, 256, (height_px, width_px, 3), np.uint8)


class TestWholePictures:
    def test_an_input_is_translated_as_it_is(self, translating: PhizStub, portrait: ImageArray) -> None:
        answer = translating.Translate(TranslateRequest(task="negative", input=png(portrait)))

        assert np.array_equal(pixels(answer.image), 255 - portrait)
        assert names(answer.metadata.models) == names(answer.image.provenance.models) == ["translator_negative"]
        assert answer.image.provenance.digital_source_type == DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA
        assert {stage.stage for stage in answer.metadata.stages} >= {"decode", "infer", "encode"}
        assert not answer.HasField("input")

    def test_of_a_photograph_the_tasks_own_filter_makes_the_input(
        self, translating: PhizStub, portrait: ImageArray
    ) -> None:
        request = TranslateRequest(task="from_edges", photo=png(portrait), include_input=True)
        answer = translating.Translate(request)

        assert np.array_equal(pixels(answer.input), filters.canny(portrait))
        assert np.array_equal(pixels(answer.image), 255 - filters.canny(portrait))
        assert answer.input.provenance.digital_source_type == DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED
        assert not answer.input.provenance.models

    def test_where_a_task_has_no_filter_the_photograph_is_the_input(
        self, translating: PhizStub, portrait: ImageArray
    ) -> None:
        answer = translating.Translate(TranslateRequest(task="negative", photo=png(portrait)))
        assert np.array_equal(pixels(answer.image), 255 - portrait)

    def test_the_filter_and_its_parameters_are_the_callers(self, translating: PhizStub, portrait: ImageArray) -> None:
        finer = Filter(low=20.0, high=50.0)
        answer = translating.Translate(TranslateRequest(task="from_edges", photo=png(portrait), filter=finer))
        assert np.array_equal(pixels(answer.image), 255 - filters.canny(portrait, 20.0, 50.0))

        drawn = Filter(name="sketch")
        answer = translating.Translate(TranslateRequest(task="from_edges", photo=png(portrait), filter=drawn))
        assert np.array_equal(pixels(answer.image), 255 - filters.sketch(portrait))

    @pytest.mark.parametrize("size", [(512, 512), (200, 500), (20, 10), (1, 1), (1, 3000), (65, 64)])
    def test_another_size_is_brought_to_the_translators_own(
        self, translating: PhizStub, astronaut: ImageArray, size: tuple[int, int]
    ) -> None:
        photo = np.asarray(Image.fromarray(astronaut).resize(size[::-1]))
        request = TranslateRequest(task="from_edges", photo=png(photo), include_input=True)
        answer = translating.Translate(request)

        expected = filters.canny(resize_longest(photo, LONGEST_PX))
        assert max(expected.shape) == LONGEST_PX
        assert np.array_equal(pixels(answer.input), expected)
        assert np.array_equal(pixels(answer.image), 255 - expected)

    def test_format_and_size_are_the_callers(self, translating: PhizStub, portrait: ImageArray) -> None:
        output = ImageOptions(format=IMAGE_FORMAT_WEBP, size_px=200)
        request = TranslateRequest(task="negative", input=png(portrait), output=output, include_input=True)
        answer = translating.Translate(request)

        assert (answer.image.mime_type, answer.image.height_px) == ("image/webp", 200)
        assert (answer.input.mime_type, answer.input.height_px) == ("image/webp", HEIGHT_PX)


class TestHoles:
    def filled(self, stub: PhizStub, photo: ImageArray, **region: Any) -> TranslateResponse:
        return stub.Translate(TranslateRequest(task="plaster", photo=png(photo), **region))

    def test_what_a_mask_names_is_made_anew_and_nothing_else(self, translating: PhizStub) -> None:
        photo = noise(300, 400)
        photo[100:200, 40:220] = FILLING
        mask = np.zeros((300, 400), np.uint8)
        mask[120:180, 60:200] = 255
        mask[200:220, 180:190] = 128
        mask[0, 0] = 127
        torn = np.where(mask[..., None] == 255, np.uint8(0), photo)
        answer = self.filled(translating, torn, mask=png(mask))

        made = pixels(answer.image)
        assert np.array_equal(made[mask < 128], photo[mask < 128])
        assert np.abs(made[130:170, 70:190].astype(int) - FILLING).max() <= 12, "noise is around the plain part"
        kind = answer.image.provenance.digital_source_type
        assert kind == DIGITAL_SOURCE_TYPE_COMPOSITE_WITH_TRAINED_ALGORITHMIC_MEDIA

    def test_of_a_mask_with_transparency_what_is_clear_is_made_anew(self, translating: PhizStub) -> None:
        photo = np.full((40, 40, 3), 70, np.uint8)
        photo[10:20, 10:20] = 255
        mask = np.zeros((40, 40, 4), np.uint8)
        mask[..., 3] = 255
        mask[10:20, 10:20, 3] = 0
        made = pixels(self.filled(translating, photo, mask=png(mask)).image)

        assert np.abs(made.astype(int) - 70).max() <= 1

    @examples(max_examples=40)
    @given(data=st.data(), height=st.integers(2, 200), width=st.integers(2, 200))
    def test_outside_of_a_rectangle_every_pixel_stays_and_nothing_in_it(
        self, translating: PhizStub, data: st.DataObject, height: int, width: int
    ) -> None:
        photo = noise(height, width)
        x, y = data.draw(st.integers(0, width - 1)), data.draw(st.integers(0, height - 1))
        wide, high = data.draw(st.integers(1, width - x)), data.draw(st.integers(1, height - y))
        if (wide, high) == (width, height):
            wide -= 1
        part = Rectangle(x_px=x, y_px=y, width_px=wide, height_px=high)
        made = pixels(self.filled(translating, photo, rectangle=part).image)

        kept = np.ones((height, width), np.bool_)
        kept[y : y + high, x : x + wide] = False
        assert made.shape == photo.shape
        assert np.array_equal(made[kept], photo[kept])
        torn = np.where(kept[..., None], photo, np.uint8(0))
        assert np.array_equal(made, pixels(self.filled(translating, torn, rectangle=part).image))

    @examples(max_examples=30)
    @given(
        height=st.integers(1, 150),
        width=st.integers(1, 150),
        margins=st.tuples(*[st.integers(0, 100)] * 4).filter(any),
    )
    def test_within_margins_every_pixel_stays(
        self, translating: PhizStub, height: int, width: int, margins: tuple[int, int, int, int]
    ) -> None:
        photo = noise(height, width)
        left, top, right, bottom = margins
        beyond = Margins(left_px=left, top_px=top, right_px=right, bottom_px=bottom)
        made = pixels(self.filled(translating, photo, margins=beyond).image)

        assert made.shape == (top + height + bottom, left + width + right, 3)
        assert np.array_equal(made[top : top + height, left : left + width], photo)

    def test_a_turned_photograph_gets_its_margins_upright(self, translating: PhizStub) -> None:
        exif = Image.Exif()
        exif[0x0112] = 6
        buffer = io.BytesIO()
        Image.fromarray(noise(20, 30)).save(buffer, "JPEG", exif=exif)
        request = TranslateRequest(task="plaster", photo=buffer.getvalue(), margins=Margins(left_px=5))
        assert pixels(translating.Translate(request).image).shape == (30, 25, 3)

    def test_the_input_shows_the_hole_in_gray(self, translating: PhizStub) -> None:
        part = Rectangle(x_px=4, y_px=4, width_px=8, height_px=8)
        request = TranslateRequest(task="plaster", input=png(noise(30, 20)), rectangle=part, include_input=True)
        seen = pixels(translating.Translate(request).input)

        assert np.all(seen[4:12, 4:12] == 128)
        assert np.array_equal(seen[12:], noise(30, 20)[12:])


class TestFilterAlone:
    @pytest.mark.parametrize("name", filters.FILTERS)
    def test_it_works_at_the_photographs_own_size(self, stub: PhizStub, astronaut: ImageArray, name: str) -> None:
        answer = stub.Translate(TranslateRequest(photo=png(astronaut), filter=Filter(name=name)))

        assert np.array_equal(pixels(answer.image), filters.FILTERS[name](astronaut))
        assert not answer.metadata.models
        assert answer.image.provenance.digital_source_type == DIGITAL_SOURCE_TYPE_ALGORITHMICALLY_ENHANCED

    def test_what_was_made_by_a_model_still_says_so(self, stub: PhizStub) -> None:
        face = stub.Generate(phiz_pb2.GenerateRequest(count=1, seed=1)).faces[0].image
        answer = stub.Translate(TranslateRequest(photo=face.data, filter=Filter(name="gray")))

        assert answer.image.provenance.digital_source_type == DIGITAL_SOURCE_TYPE_TRAINED_ALGORITHMIC_MEDIA


def test_the_models_tell_their_tasks(translating: PhizStub) -> None:
    models = translating.ListModels(phiz_pb2.ListModelsRequest()).models
    told = {model.translation.task: (model.translation.filter, model.translation.fills_holes) for model in models}

    assert told == {"from_edges": ("canny", False), "negative": ("", False), "plaster": ("", True)}
    assert {(model.translation.width_px, model.translation.height_px) for model in models} == {(WIDTH_PX, HEIGHT_PX)}


def test_models_that_translate_nothing_tell_no_task(stub: PhizStub) -> None:
    models = {model.name: model for model in stub.ListModels(phiz_pb2.ListModelsRequest()).models}

    assert not models["colorizer"].HasField("translation")


PHOTO = png(noise(30, 20))
SAME = png(np.full((30, 20), 200, np.uint8))


class TestRefusals:
    def test_an_unknown_task_is_answered_with_those_that_there_are(self, translating: PhizStub) -> None:
        told = refusal(translating, TranslateRequest(task="magic", photo=PHOTO))

        assert told == Refusal(NOT_FOUND, "TASK_NOT_FOUND", "task")
        assert told.metadata["tasks"] == "from_edges,negative,plaster"

    @pytest.mark.parametrize("task", ["../negative", "translator_negative", "Negative", " "])
    def test_a_task_goes_by_its_name_alone(self, translating: PhizStub, task: str) -> None:
        assert refusal(translating, TranslateRequest(task=task, photo=PHOTO)).reason == "TASK_NOT_FOUND"

    @pytest.mark.parametrize(
        ("request_", "reason", "field"),
        [
            (TranslateRequest(task="negative"), "FIELD_MISSING", "photo"),
            (TranslateRequest(photo=PHOTO), "FIELD_MISSING", "task"),
            (TranslateRequest(photo=PHOTO, filter=Filter(low=1.0)), "FIELD_MISSING", "task"),
            (TranslateRequest(task="plaster", photo=PHOTO), "FIELD_MISSING", "mask"),
            (TranslateRequest(task="negative", photo=PHOTO, mask=SAME), "FIELDS_CONFLICT", "mask"),
            (TranslateRequest(task="negative", input=PHOTO, filter=Filter(name="gray")), "FIELDS_CONFLICT", "filter"),
            (TranslateRequest(task="from_edges", photo=PHOTO, filter=Filter(levels=[1])), "FIELDS_CONFLICT", None),
            (TranslateRequest(task="from_edges", photo=PHOTO, filter=Filter(low=9, high=8)), "FILTER_INVALID", None),
            (TranslateRequest(task="negative", photo=PHOTO, filter=Filter(low=9)), "FILTER_INVALID", "filter.name"),
            (TranslateRequest(task="negative", photo=PHOTO, filter=Filter(name="oil")), "FILTER_INVALID", None),
            (
                TranslateRequest(
                    task="plaster", photo=PHOTO, filter=Filter(name="gray"), rectangle=Rectangle(width_px=1)
                ),
                "FIELDS_CONFLICT",
                "filter",
            ),
            (TranslateRequest(task="negative", photo=b""), "IMAGE_MISSING", "photo"),
            (TranslateRequest(task="negative", input=b"text"), "IMAGE_UNREADABLE", "input"),
            (TranslateRequest(filter=Filter(name="gray"), photo=b"text"), "IMAGE_UNREADABLE", "photo"),
            (TranslateRequest(task="negative", photo=png(noise(600, 501))), "IMAGE_TOO_LARGE", "photo"),
        ],
        ids=itertools.count(),
    )
    def test_fields_that_will_not_do(
        self, translating: PhizStub, request_: TranslateRequest, reason: str, field: str | None
    ) -> None:
        told = refusal(translating, request_)
        assert (told.code, told.reason) == (INVALID, reason)
        if field is not None:
            assert told.field == field

    @pytest.mark.parametrize(
        ("region", "field"),
        [
            ({"mask": png(np.full((20, 30), 200, np.uint8))}, "mask"),
            ({"mask": SAME}, "mask"),
            ({"mask": png(np.zeros((30, 20), np.uint8))}, "mask"),
            ({"rectangle": Rectangle(x_px=10, width_px=11, height_px=1)}, "rectangle"),
            ({"rectangle": Rectangle(y_px=2**32 - 1, width_px=1, height_px=2**32 - 1)}, "rectangle"),
            ({"rectangle": Rectangle(x_px=3, y_px=3, width_px=2)}, "rectangle"),
            ({"rectangle": Rectangle(width_px=20, height_px=30)}, "rectangle"),
            ({"margins": Margins()}, "margins"),
        ],
        ids=itertools.count(),
    )
    def test_a_region_that_does_not_fit(self, translating: PhizStub, region: dict[str, Any], field: str) -> None:
        told = refusal(translating, TranslateRequest(task="plaster", photo=PHOTO, **region))
        assert told == Refusal(INVALID, "MASK_INVALID", field)

    def test_a_mask_that_is_no_picture(self, translating: PhizStub) -> None:
        told = refusal(translating, TranslateRequest(task="plaster", photo=PHOTO, mask=b"text"))
        assert told == Refusal(INVALID, "IMAGE_UNREADABLE", "mask")

    @pytest.mark.parametrize("right_px", [10_000, 2**32 - 1])
    def test_margins_with_more_pixels_than_are_taken(self, translating: PhizStub, right_px: int) -> None:
        beyond = Margins(right_px=right_px)
        told = refusal(translating, TranslateRequest(task="plaster", photo=PHOTO, margins=beyond))
        assert told == Refusal(INVALID, "IMAGE_TOO_LARGE", "margins")

    def test_without_a_translator_there_is_no_task(self, tmp_path: Path) -> None:
        """The shipped repository may have some: here is one without any."""
        write_translator(tmp_path, "plaster", fills_holes=True)
        (tmp_path / "translator_plaster").rename(tmp_path / "plaster")
        given_ = Settings(grpc_port=0, http_port=0, model_repository=tmp_path)
        with gateway_thread(given_) as running, grpc.insecure_channel(running.target) as channel:
            told = refusal(PhizStub(channel), TranslateRequest(task="plaster", photo=PHOTO))
        assert (told.reason, told.metadata["tasks"]) == ("TASK_NOT_FOUND", "")
