"""Photographs of one tone, told from those in colour."""

import cv2
import numpy as np
import pytest
import skimage.data
from hypothesis import given
from hypothesis import strategies as st

from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray
from phiz_core.tone import MAX_SPREAD, chroma_spread


def toned(photo: ImageArray, dark: tuple[int, int, int], light: tuple[int, int, int]) -> ImageArray:
    """The photograph's luminance, printed from one colour to another."""
    share = luminance(photo)[..., None] / 255
    return np.asarray(np.rint((1 - share) * np.array(dark) + share * np.array(light)), np.uint8)


def jpeg(photo: ImageArray, quality: int) -> ImageArray:
    data = cv2.imencode(".jpg", photo[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), np.uint8)[..., ::-1]


def test_gray_has_no_spread_at_all() -> None:
    gray = np.repeat(luminance(skimage.data.astronaut())[..., None], 3, axis=2)

    assert chroma_spread(gray) == pytest.approx(0, abs=0.01)


@pytest.mark.parametrize(
    ("dark", "light"),
    [((40, 24, 10), (250, 235, 205)), ((90, 70, 50), (225, 205, 170)), ((10, 20, 60), (235, 240, 250))],
    ids=["sepia", "faded", "cyanotype"],
)
@pytest.mark.parametrize("quality", [60, 95])
def test_one_tone_is_not_colour_however_strong_it_is(
    dark: tuple[int, int, int], light: tuple[int, int, int], quality: int
) -> None:
    print_ = toned(skimage.data.astronaut(), dark, light)

    assert chroma_spread(jpeg(print_, quality)) < MAX_SPREAD


def test_a_print_that_yellowed_at_one_side_is_of_one_tone() -> None:
    print_ = toned(skimage.data.astronaut(), (30, 25, 20), (245, 240, 230))
    blue = np.linspace(0.88, 1, 512)[:, None]
    yellowed = np.stack([print_[..., 0], print_[..., 1], print_[..., 2] * blue], axis=-1).astype(np.uint8)

    assert chroma_spread(yellowed) < MAX_SPREAD


@pytest.mark.parametrize("name", ["astronaut", "coffee", "chelsea", "rocket"])
def test_photographs_in_colour_are_told(name: str) -> None:
    assert chroma_spread(getattr(skimage.data, name)()) > MAX_SPREAD


def test_pale_colours_are_colours(astronaut: ImageArray) -> None:
    gray = np.repeat(luminance(astronaut)[..., None], 3, axis=2)
    pale = np.asarray(np.rint(0.6 * gray + 0.4 * astronaut), np.uint8)

    assert chroma_spread(pale) > MAX_SPREAD


@given(height=st.integers(1, 40), width=st.integers(1, 40), level=st.tuples(*[st.integers(0, 255)] * 3))
def test_a_plain_picture_of_any_size_has_no_spread(height: int, width: int, level: tuple[int, int, int]) -> None:
    assert chroma_spread(np.full((height, width, 3), level, np.uint8)) == pytest.approx(0, abs=0.01)
