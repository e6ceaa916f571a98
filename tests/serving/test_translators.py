"""What a translator's folder and file say of it."""

import numpy as np
import pytest

from serving.engine.base import Model, ModelVersion, TensorSpec
from serving.translators import Translator, fills_holes, tasks

SIZES = {"width_px": "256", "height_px": "320", "stride_px": "16"}


def model(name: str, *inputs: str, output: str = "translated") -> Model:
    specs = {key: TensorSpec(key, np.dtype(np.uint8), (-1, -1, 3)) for key in (*inputs, output)}
    taken = {key: specs[key] for key in inputs}
    return Model(ModelVersion(name, 1), 4, taken, {output: specs[output]}, SIZES, ready=True)


def test_its_sizes_and_its_filter_are_read() -> None:
    assert Translator.read({**SIZES, "filter": "sketch"}) == Translator("sketch", 256, 320, 16)
    assert Translator.read(SIZES).filter == ""
    assert Translator.read(SIZES).working_px == 320


@pytest.mark.parametrize(
    "spoilt",
    [{"filter": "oil"}, {"width_px": "0"}, {"height_px": "tall"}, {"stride_px": ""}, {"stride_px": "-16"}],
    ids=str,
)
def test_what_cannot_be_read_is_refused(spoilt: dict[str, str]) -> None:
    with pytest.raises(ValueError, match=next(iter(spoilt.values())) or "stride_px"):
        Translator.read({**SIZES, **spoilt})


def test_tasks_are_named_by_their_folders() -> None:
    models = [
        model("translator_winter", "image"),
        model("translator_dots", "image", "mask"),
        model("translator_else", "luminance"),
        model("upscaler_x2", "image"),
    ]
    found = tasks({each.id.name: each for each in models})

    assert list(found) == ["dots", "winter"]
    assert [fills_holes(each) for each in found.values()] == [True, False]
