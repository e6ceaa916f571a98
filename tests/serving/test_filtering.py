"""A filter as a caller asks for it."""

import math
from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import filters
from phiz_core.geometry import ImageArray
from serving.errors import FieldsConflict, FilterInvalid, OutOfRange
from serving.filtering import SentFilter, read_filter


def test_the_default_is_taken_where_none_is_named(astronaut: ImageArray) -> None:
    chosen = read_filter(SentFilter(), "canny")
    assert np.array_equal(chosen(astronaut), filters.canny(astronaut))


def test_the_callers_filter_and_parameters_count(astronaut: ImageArray) -> None:
    chosen = read_filter(SentFilter("canny", {"low": 20.0}), "gray")
    assert np.array_equal(chosen(astronaut), filters.canny(astronaut, low=20.0))


def test_an_unknown_filter_is_answered_with_those_that_there_are() -> None:
    with pytest.raises(FilterInvalid, match="sketch") as caught:
        read_filter(SentFilter("oil"), "")
    assert caught.value.field == "filter.name"
    assert caught.value.metadata["filters"].split(",") == list(filters.FILTERS)


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("gray", {"levels": [1]}, "filter.levels"),
        ("canny", {"line_px": 1.0}, "filter.line_px"),
        ("sketch", {"line_px": 1.0, "high": 3.0}, "filter.high"),
    ],
)
def test_a_parameter_that_the_filter_does_not_have(name: str, parameters: dict[str, Any], field: str) -> None:
    with pytest.raises(FieldsConflict) as caught:
        read_filter(SentFilter(name, parameters), "")
    assert caught.value.field == field


@pytest.mark.parametrize(
    ("name", "parameters", "field"),
    [
        ("rgb_thresholds", {"levels": [1, 2]}, "filter"),
        ("rgb_thresholds", {"levels": [1, 2, 256]}, "filter"),
        ("canny", {"low": 3.0, "high": 2.0}, "filter"),
        ("canny", {"low": math.nan}, "filter"),
        ("canny", {"low": -1.0}, "filter"),
        ("sketch", {"line_px": 0.0}, "filter"),
        ("sketch", {"line_px": math.nan}, "filter.line_px"),
        ("sketch", {"line_px": 33.0}, "filter.line_px"),
        ("colour_contours", {"levels": [7] * 17}, "filter.levels"),
    ],
)
def test_parameters_that_are_not_as_the_filter_takes_them(name: str, parameters: dict[str, Any], field: str) -> None:
    with pytest.raises((FilterInvalid, OutOfRange)) as caught:
        read_filter(SentFilter(name, parameters), "")
    assert caught.value.field == field


numbers = st.floats(width=32)


@given(
    name=st.sampled_from([*filters.FILTERS, "oil"]),
    parameters=st.fixed_dictionaries(
        {},
        optional={
            "levels": st.lists(st.integers(0, 2**32 - 1) | st.integers(0, 255), min_size=1, max_size=20),
            "low": numbers,
            "high": numbers,
            "line_px": numbers,
        },
    ),
)
def test_whatever_is_sent_is_refused_or_filters(name: str, parameters: dict[str, Any]) -> None:
    picture = np.random.default_rng(7).integers(0, 256, (9, 5, 3), np.uint8)
    with suppress(FilterInvalid, FieldsConflict, OutOfRange):
        chosen = read_filter(SentFilter(name, parameters), "")
        assert chosen(picture).shape == picture.shape
