"""Models that do not belong together are found out before the first request."""

import pytest

from serving.engine.family import check_together
from serving.errors import ModelInvalid

ONE = {"generator_digest": "aa"}
OTHER = {"generator_digest": "bb"}


@pytest.mark.parametrize(
    "metadata",
    [
        {"mapping": ONE, "generator": ONE, "inverter": ONE, "editor": ONE, "colorizer": {"working_px": "256"}},
        {"mapping": ONE, "generator": ONE, "generator_128": ONE},
        {"mapping": ONE, "generator": ONE, "upscaler": OTHER},
        {"colorizer": {"working_px": "256"}},
    ],
)
def test_models_of_one_generator_may_serve(metadata: dict[str, dict[str, str]]) -> None:
    check_together(metadata)


@pytest.mark.parametrize("spoilt", ["mapping", "generator", "generator_128", "inverter", "editor"])
@pytest.mark.parametrize("digest", [OTHER, {}])
def test_a_model_of_another_generator_or_of_none_may_not(spoilt: str, digest: dict[str, str]) -> None:
    with pytest.raises(ModelInvalid, match="generator_digest"):
        check_together({"mapping": ONE, "generator": ONE, "inverter": ONE, "editor": ONE} | {spoilt: digest})


def test_an_editor_must_say_what_its_directions_are() -> None:
    with pytest.raises(ModelInvalid, match='directions of model "editor"'):
        check_together({"editor": ONE | {"directions": '[{"name": "smile"}]'}})


@pytest.mark.parametrize("metadata", [{}, {"working_px": "0"}, {"working_px": "large"}])
def test_a_colorizer_must_say_at_which_size_it_works(metadata: dict[str, str]) -> None:
    with pytest.raises(ModelInvalid, match="working_px"):
        check_together({"colorizer": metadata})


@pytest.mark.parametrize("spoilt", [{"width_px": "0"}, {"filter": "oil"}])
def test_a_translator_must_say_what_it_works_on(spoilt: dict[str, str]) -> None:
    metadata = {"width_px": "256", "height_px": "320", "stride_px": "16", "filter": "canny"}
    check_together({"translator_lines": metadata})
    with pytest.raises(ModelInvalid, match="translator_lines"):
        check_together({"translator_lines": metadata | spoilt})


@pytest.mark.parametrize("metrics", ["", "[]", '{"swd": "good"}', '{"swd": true}', "{"])
def test_metrics_must_be_numbers_by_name(metrics: str) -> None:
    check_together({"upscaler": {"metrics": '{"swd": 1.5, "images": 7}'}})
    with pytest.raises(ModelInvalid, match="upscaler"):
        check_together({"upscaler": {"metrics": metrics}})
