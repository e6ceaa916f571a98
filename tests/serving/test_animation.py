"""Animated files: what goes in comes out, frame by frame, and tells where it comes from."""

import io

import numpy as np
import pytest
from PIL import Image, ImageSequence

from phiz_core.geometry import ImageArray
from serving import animation
from serving.animation import Animation, AnimationFormat
from serving.engine.base import ModelVersion
from serving.provenance import Provenance, SourceType

PROVENANCE = Provenance(SourceType.GENERATED, (ModelVersion("generator", 3),))
FORMATS = pytest.mark.parametrize("file_format", AnimationFormat)


@pytest.fixture(scope="module")
def frames(astronaut: ImageArray) -> ImageArray:
    """The astronaut's face moving to the left: [7, 96, 128, 3]."""
    return np.stack([astronaut[40:136, 130 + 8 * i : 258 + 8 * i] for i in range(7)])


def encode(frames: ImageArray, file_format: AnimationFormat) -> bytes:
    return animation.encode(frames, Animation(file_format, 70), 90, PROVENANCE).data


@FORMATS
def test_every_frame_is_there_in_order_and_repeats_for_ever(frames: ImageArray, file_format: AnimationFormat) -> None:
    with Image.open(io.BytesIO(encode(frames, file_format))) as image:
        assert image.format == file_format.value
        assert image.info["loop"] == 0
        shown = [np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(image)]
    assert len(shown) == len(frames)
    for index, frame in enumerate(shown):
        distances = [np.abs(frame - other).mean() for other in frames]
        assert np.argmin(distances) == index
        assert distances[index] < 8


@FORMATS
def test_a_frame_is_shown_as_long_as_asked(frames: ImageArray, file_format: AnimationFormat) -> None:
    with Image.open(io.BytesIO(encode(frames, file_format))) as image:
        times = []
        for frame in range(len(frames)):
            image.seek(frame)
            image.load()
            times.append(image.info["duration"])
    assert times == [70] * len(frames)


@FORMATS
def test_provenance_is_inside(frames: ImageArray, file_format: AnimationFormat) -> None:
    data = encode(frames, file_format)
    assert b"trainedAlgorithmicMedia" in data
    assert b"generator 3" in data
    with Image.open(io.BytesIO(data)) as image:
        image.seek(len(frames) - 1)
        image.load()


@FORMATS
def test_equal_frames_give_equal_bytes(frames: ImageArray, file_format: AnimationFormat) -> None:
    assert encode(frames, file_format) == encode(frames, file_format)


@FORMATS
def test_frames_that_stand_still_take_their_time(frames: ImageArray, file_format: AnimationFormat) -> None:
    """Writers merge frames that are alike: what counts is how long all of it takes."""
    still = np.repeat(frames[[0, 3]], 4, axis=0)
    with Image.open(io.BytesIO(encode(still, file_format))) as image:
        total = 0
        for frame in ImageSequence.Iterator(image):
            frame.load()
            total += frame.info["duration"]
    assert total == 8 * 70


def test_a_gifs_colours_do_not_flicker(frames: ImageArray) -> None:
    """All frames share one palette: a place that stands still keeps its colour."""
    moving = np.repeat(frames[:1], 5, axis=0).copy()
    for index in range(5):
        moving[index, :20, 20 * index : 20 * index + 20] = (255, 40 * index, 0)
    with Image.open(io.BytesIO(encode(moving, AnimationFormat.GIF))) as image:
        shown = np.stack([np.asarray(frame.convert("RGB"), int) for frame in ImageSequence.Iterator(image)])
    assert np.ptp(shown[:, 20:], axis=0).max() == 0
