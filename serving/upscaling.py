"""Pictures brought to a size: by a trained upscaler or along their edges, both in tiles, or by plain interpolation."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, ParamSpec, Protocol, TypeVar

import numpy as np

from phiz_core import upscale
from phiz_core.geometry import ImageArray
from phiz_core.upscale import Interpolation
from serving.engine.base import Model, ModelVersion, Tensors
from serving.errors import ModelNotFound
from serving.images import Upscaling, fit_longest

P = ParamSpec("P")
T = TypeVar("T")

TILE_PX: Final = 256
"""Longest side of a tile. It bounds the memory of one inference, whatever the size of the picture."""

MARGIN_PX: Final = 16
"""What a tile sees beyond the part that is kept of it: more than reaches a pixel through any of the methods, so that
tiles give the pixels that the whole picture would give."""

_INTERPOLATIONS: Final = {Upscaling.BICUBIC: Interpolation.BICUBIC, Upscaling.LANCZOS: Interpolation.LANCZOS}

Run = Callable[[ImageArray], Awaitable[ImageArray]]
"""Enlarges tiles: [N, h, w, C] uint8 to [N, scale * h, scale * w, C] uint8."""


class Stages(Protocol):
    """What is needed of a ``serving.pipeline.Job``."""

    def model(self, name: str, *, takes: str, gives: str, field: str = "") -> Model:
        """The model of this name, or ModelNotFound."""
        ...

    async def infer(self, model: Model, inputs: Tensors) -> Tensors:
        """Runs any number of rows."""
        ...

    async def blocking(self, stage: str, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Runs a blocking function in a worker thread."""
        ...


async def resize(
    stages: Stages, pictures: ImageArray, longest_px: int, method: Upscaling | None, *, field: str
) -> tuple[ImageArray, tuple[ModelVersion, ...]]:
    """Brings pictures to a longest side: shrunk by averaging; enlarged 2 or 4 times as often as it takes, then shrunk.

    Args:
        stages: the request.
        pictures: [N, H, W, C] uint8, of which a fourth channel is transparency.
        longest_px: longest side of the result.
        method: how to enlarge; None for the trained upscalers where they are loaded, else Lanczos.
        field: the request's field that names the method.

    Returns:
        [N, h, w, C] uint8, and the upscalers that took part.

    Raises:
        ModelNotFound: the trained upscalers were asked for and are not loaded.
    """
    height_px, width_px = pictures.shape[1:3]
    size = fit_longest(width_px, height_px, longest_px)
    scales = _scales(max(height_px, width_px), longest_px)
    method = choose(stages, method, scales)
    if not scales or method in _INTERPOLATIONS:
        how = _INTERPOLATIONS[method] if scales else Interpolation.AREA
        return await _interpolate(stages, pictures, size, how), ()
    for scale in scales:
        pictures = await enlarge(stages, pictures, scale, method, field=field)
    used = dict.fromkeys(scales if method is Upscaling.MODEL else ())
    models = tuple(_upscaler(stages, scale, field).id for scale in used)
    return await _interpolate(stages, pictures, size, Interpolation.AREA), models


async def enlarge(stages: Stages, pictures: ImageArray, scale: int, method: Upscaling, *, field: str) -> ImageArray:
    """Makes pictures ``scale`` (2 or 4) times larger: [N, H, W, C] uint8 to [N, scale * H, scale * W, C] uint8.

    A fourth channel, transparency, goes by Lanczos whatever the method.

    Raises:
        ModelNotFound: the trained upscaler was asked for and is not loaded.
    """
    height_px, width_px, channels = pictures.shape[1:]
    size = scale * width_px, scale * height_px
    if channels == 4:
        colours = await enlarge(stages, pictures[..., :3], scale, method, field=field)
        alpha = await _interpolate(stages, pictures[..., 3:], size, Interpolation.LANCZOS)
        return np.concatenate([colours, alpha], axis=-1)
    match method:
        case Upscaling.MODEL:
            model = _upscaler(stages, scale, field)

            async def by_model(tiles: ImageArray) -> ImageArray:
                return np.asarray((await stages.infer(model, {"image": tiles}))["upscaled"])

            return await _tiled(pictures, scale, by_model)
        case Upscaling.EDGE_DIRECTED:

            async def along_edges(tiles: ImageArray) -> ImageArray:
                return np.stack(
                    [await stages.blocking("compose", upscale.edge_directed, tile, scale) for tile in tiles]
                )

            return await _tiled(pictures, scale, along_edges)
        case _:
            return await _interpolate(stages, pictures, size, _INTERPOLATIONS[method])


def choose(stages: Stages, method: Upscaling | None, scales: Sequence[int]) -> Upscaling:
    """The method, or what stands for none: the trained upscalers where all that are needed are loaded, else Lanczos."""
    if method is not None:
        return method
    try:
        for scale in scales:
            _upscaler(stages, scale, "")
    except ModelNotFound:
        return Upscaling.LANCZOS
    return Upscaling.MODEL


def _upscaler(stages: Stages, scale: int, field: str) -> Model:
    return stages.model(f"upscaler_x{scale}", takes="image", gives="upscaled", field=field)


def _scales(side_px: int, wanted_px: int) -> list[int]:
    """The factors, 2 and 4, that bring a side to ``wanted_px`` or past it."""
    scales = []
    while side_px < wanted_px:
        scales.append(2 if wanted_px <= 2 * side_px else 4)
        side_px *= scales[-1]
    return scales


async def _interpolate(stages: Stages, pictures: ImageArray, size: tuple[int, int], how: Interpolation) -> ImageArray:
    if size == pictures.shape[2:0:-1]:
        return pictures
    return np.stack([await stages.blocking("compose", upscale.interpolate, each, *size, how) for each in pictures])


@dataclass(frozen=True)
class Window:
    """A tile along one side: it sees ``start`` to ``stop``, and ``kept_start`` to ``kept_stop`` is kept of it."""

    start: int
    stop: int
    kept_start: int
    kept_stop: int


def windows(side_px: int) -> list[Window]:
    """The tiles along a side: of one length, so that they fit into one batch, and no longer than they must be."""
    if side_px <= TILE_PX:
        return [Window(0, side_px, 0, side_px)]
    inner_px = side_px - 2 * MARGIN_PX
    count = -(-inner_px // (TILE_PX - 2 * MARGIN_PX))
    tile_px = -(-inner_px // count) + 2 * MARGIN_PX
    starts = [i * (side_px - tile_px) // (count - 1) for i in range(count)]
    cuts = [0, *((before + tile_px + after) // 2 for before, after in pairwise(starts)), side_px]
    return [Window(start, start + tile_px, cuts[i], cuts[i + 1]) for i, start in enumerate(starts)]


async def _tiled(pictures: ImageArray, scale: int, run: Run) -> ImageArray:
    """Enlarges pictures [N, H, W, C], one row of tiles after the other."""
    count, height_px, width_px, channels = pictures.shape
    large = np.empty((count, scale * height_px, scale * width_px, channels), np.uint8)
    columns = windows(width_px)
    for row in windows(height_px):
        band = pictures[:, row.start : row.stop]
        tiles = np.concatenate([band[:, :, column.start : column.stop] for column in columns])
        enlarged = await run(tiles)
        for column, tile in zip(columns, np.split(enlarged, len(columns)), strict=True):
            large[:, _kept(row, scale), _kept(column, scale)] = tile[:, _inside(row, scale), _inside(column, scale)]
    return large


def _kept(window: Window, scale: int) -> slice:
    return slice(scale * window.kept_start, scale * window.kept_stop)


def _inside(window: Window, scale: int) -> slice:
    return slice(scale * (window.kept_start - window.start), scale * (window.kept_stop - window.start))
