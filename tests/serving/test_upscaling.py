"""Bringing pictures to a size, with upscalers whose work is known."""

from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz_core import upscale
from phiz_core.geometry import ImageArray
from serving.admission import Admission
from serving.engine.embedded import EmbeddedEngine
from serving.engine.repository import read_repository
from serving.errors import ModelNotFound
from serving.images import Upscaling
from serving.metrics import Metrics
from serving.pipeline import Job, Pipeline
from serving.settings import Settings
from serving.upscaling import MARGIN_PX, TILE_PX, choose, enlarge, resize, windows
from tests.serving.blurring_upscalers import enlarged, write_upscaler


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Both upscalers."""
    folder = tmp_path_factory.mktemp("repository")
    for scale in (2, 4):
        write_upscaler(folder, scale)
    return folder


@pytest.fixture
async def job(repository: Path) -> AsyncIterator[Job]:
    metrics = Metrics()
    engine = await EmbeddedEngine.open(read_repository(repository), metrics, intra_op_threads=1)
    with ThreadPoolExecutor(1) as workers:
        pipeline = Pipeline(Settings(), engine, Admission(1, 1, 1, metrics), metrics, workers)
        with pipeline.job("Upscale") as running:
            yield running
    await engine.close()


def noise(height_px: int, width_px: int, channels: int = 3) -> ImageArray:
    return np.random.default_rng(7).integers(0, 256, (height_px, width_px, channels), np.uint8)


def off_by(one: ImageArray, other: ImageArray) -> int:
    return int(np.abs(one.astype(int) - other).max())


@given(side_px=st.integers(1, 30_000))
def test_the_tiles_of_a_side_keep_every_pixel_once_and_see_what_bears_on_it(side_px: int) -> None:
    tiles = windows(side_px)

    assert [place for tile in tiles for place in (tile.kept_start, tile.kept_stop)] == [
        0,
        *(place for tile in tiles[1:] for place in (tile.kept_start, tile.kept_start)),
        side_px,
    ]
    assert len({tile.stop - tile.start for tile in tiles}) == 1
    assert tiles[0].stop <= TILE_PX
    assert sum(tile.stop - tile.start for tile in tiles) < side_px + len(tiles) * (2 * MARGIN_PX + 1)
    for tile in tiles:
        assert tile.kept_start < tile.kept_stop
        assert tile.start in range(max(0, tile.kept_start - MARGIN_PX) + 1)
        assert tile.stop >= min(side_px, tile.kept_stop + MARGIN_PX)


@pytest.mark.parametrize("scale", [2, 4])
@pytest.mark.parametrize("size", [(1, 1), (40, 60), (TILE_PX, TILE_PX + 1), (300, 700)])
async def test_tiles_of_the_model_leave_no_seam(job: Job, size: tuple[int, int], scale: int) -> None:
    picture = noise(*size)

    (large,) = await enlarge(job, picture[None], scale, Upscaling.MODEL, field="method")

    assert off_by(large, enlarged(picture, scale)) <= 1  # sums in another order


@pytest.mark.parametrize("scale", [2, 4])
async def test_tiles_along_edges_leave_no_seam(job: Job, scale: int) -> None:
    picture = noise(300, 400)

    (large,) = await enlarge(job, picture[None], scale, Upscaling.EDGE_DIRECTED, field="method")

    assert off_by(large, upscale.edge_directed(picture, scale)) <= 1


async def test_several_pictures_come_back_in_their_order(job: Job) -> None:
    pictures = np.stack([np.full((20, 300, 3), level, np.uint8) for level in range(0, 250, 25)])

    large = await enlarge(job, pictures, 2, Upscaling.MODEL, field="method")

    assert [int(picture[20, 300, 0]) for picture in large] == [
        int(enlarged(picture, 2)[20, 300, 0]) for picture in pictures
    ]


@pytest.mark.parametrize("method", Upscaling)
async def test_transparency_is_enlarged_beside_the_colours(job: Job, method: Upscaling) -> None:
    picture = noise(32, 32, channels=4)
    picture[..., 3] = np.where(np.arange(32) < 16, 255, 0)

    (large,) = await enlarge(job, picture[None], 2, method, field="method")

    (colours,) = await enlarge(job, picture[None, ..., :3], 2, method, field="method")
    assert np.array_equal(large[..., :3], colours)
    assert np.all(large[:, :24, 3] > 240)
    assert np.all(large[:, 40:, 3] < 15)


@pytest.mark.parametrize("method", [*Upscaling, None])
@pytest.mark.parametrize(
    ("size", "longest_px", "expected"),
    [
        ((1, 1), 16, (16, 16)),
        ((64, 64), 64, (64, 64)),
        ((64, 64), 65, (65, 65)),
        ((31, 64), 100, (48, 100)),
        ((90, 3), 400, (400, 13)),
        ((90, 3), 16, (16, 1)),
    ],
)
async def test_the_longest_side_is_what_was_asked_for(
    job: Job, size: tuple[int, int], longest_px: int, expected: tuple[int, int], method: Upscaling | None
) -> None:
    resized, _ = await resize(job, noise(*size)[None], longest_px, method, field="upscaling")

    assert resized.shape == (1, *expected, 3)


@pytest.mark.parametrize(
    ("longest_px", "used"),
    [(64, []), (65, [2]), (128, [2]), (129, [4]), (256, [4]), (257, [4, 2]), (1024, [4]), (1025, [4, 2])],
)
async def test_the_model_is_used_as_often_as_it_takes(job: Job, longest_px: int, used: list[int]) -> None:
    plain = np.full((1, 64, 2, 3), 100, np.uint8)

    _, models = await resize(job, plain, longest_px, Upscaling.MODEL, field="upscaling")

    assert [model.name for model in models] == [f"upscaler_x{scale}" for scale in used]
    assert job.models == list(models)


async def test_what_shrinks_is_averaged_whatever_the_method(job: Job) -> None:
    checks = np.indices((64, 64)).sum(axis=0) % 2
    picture = (255 * checks)[..., None].repeat(3, axis=-1).astype(np.uint8)

    for method in (*Upscaling, None):
        (small,), models = await resize(job, picture[None], 32, method, field="upscaling")
        assert small.shape == (32, 32, 3)
        assert set(np.unique(small)) <= {127, 128}
        assert models == ()


class TestWithoutTheModelOfOneScale:
    @pytest.fixture
    def repository(self, tmp_path: Path) -> Path:
        """The upscaler of scale 2 alone."""
        write_upscaler(tmp_path, 2)
        return tmp_path

    async def test_what_was_asked_for_and_is_not_there_is_an_error(self, job: Job) -> None:
        with pytest.raises(ModelNotFound) as caught:
            await resize(job, noise(64, 64)[None], 256, Upscaling.MODEL, field="output.upscaling")
        assert caught.value.field == "output.upscaling"
        assert "upscaler_x4" in caught.value.message

    async def test_what_was_not_asked_for_falls_back_to_lanczos(self, job: Job) -> None:
        picture = noise(64, 64)

        (large,), models = await resize(job, picture[None], 256, None, field="output.upscaling")

        assert np.array_equal(large, upscale.interpolate(picture, 256, 256, upscale.Interpolation.LANCZOS))
        assert models == ()

    def test_the_best_is_chosen_by_what_is_needed(self, job: Job) -> None:
        assert choose(job, None, [2]) is Upscaling.MODEL
        assert choose(job, None, [2, 4]) is Upscaling.LANCZOS
        assert choose(job, Upscaling.BICUBIC, [2]) is Upscaling.BICUBIC
