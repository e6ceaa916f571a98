"""How near enlarged portraits come to what they were before they were made small, and how long that takes.

``python -m benchmarks upscale``, or ``make bench-upscale``. Each portrait of the held-out people, in its own pixels, is
made small by Pillow's antialiased bicubic filter (Keys 1981, a = -0.5, as papers on super-resolution do), and enlarged
again by each mode, once from the small picture itself and once from a JPEG of it.
"""

import csv
import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio, structural_similarity
from tqdm import tqdm

from benchmarks.align.pictures import Picture
from benchmarks.errors import MissingError
from benchmarks.runtime import keep_to_one_core, newest, open_session
from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray
from phiz_core.upscale import Interpolation, edge_directed, interpolate
from training.synthesis.pairs import shrink

Mode = Callable[[ImageArray, int], ImageArray]

_FACTORS: Final = (2, 4)
_JPEG_QUALITY: Final = 75
_TIMED_PX: Final = 128
_WARM_UPS: Final = 3
_REPEATS: Final = 25


@dataclass
class _Figures:
    """Of one mode, a number a portrait."""

    psnr_db: list[float] = field(default_factory=list)
    ssim: list[float] = field(default_factory=list)
    jpeg_psnr_db: list[float] = field(default_factory=list)


def add_arguments(parser: ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--data", type=Path, required=True, help="folder of portraits/")
    parser.add_argument("--models", type=Path, default=Path("model_repository"), help="model repository")
    parser.add_argument("--portraits", type=int, help="measure so many of them only, evenly chosen")
    parser.set_defaults(command=measure)


def measure(arguments: Namespace) -> None:
    """Prints a row a factor and mode.

    Raises:
        MissingError: no portrait is there.
    """
    portraits = _portraits(arguments.data / "portraits")
    chosen = portraits[:: max(1, len(portraits) // (arguments.portraits or len(portraits)))]
    keep_to_one_core()
    cv2.setNumThreads(1)
    print(f"{len(chosen)} portraits; milliseconds of one core for {_TIMED_PX} x {_TIMED_PX} pixels\n")
    print(f"{'factor':>6}  {'mode':<15}{'PSNR dB':>9}{'over bicubic':>14}{'SSIM':>8}{'of JPEG, dB':>13}{'ms':>8}")
    for factor in _FACTORS:
        modes = _modes(factor, arguments.models)
        figures = {name: _Figures() for name in modes}
        for portrait in tqdm(chosen, desc=f"x{factor}", leave=False):
            _enlarge_all(portrait.pixels(), factor, modes, figures)
        small = _middle(chosen[0].pixels(), _TIMED_PX)
        bicubic = statistics.mean(figures["bicubic"].psnr_db)
        for name, mode in modes.items():
            psnr_db, ssim, jpeg = (
                statistics.mean(values)
                for values in (figures[name].psnr_db, figures[name].ssim, figures[name].jpeg_psnr_db)
            )
            print(
                f"{factor:>6}  {name:<15}{psnr_db:>9.2f}{psnr_db - bicubic:>+14.2f}{ssim:>8.4f}{jpeg:>13.2f}"
                f"{_milliseconds(partial(mode, small, factor)):>8.1f}"
            )


def _portraits(folder: Path) -> list[Picture]:
    table = folder / "portraits.csv"
    if not table.exists():
        raise MissingError(f"{table} is absent")
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"]
    if not rows:
        raise MissingError(f"{table} holds no one out: no row's split is val")
    return [Picture("portraits val", folder / "val" / row["file"], row["file"]) for row in rows]


def _modes(factor: int, models: Path) -> dict[str, Mode]:
    """What enlarges by ``factor``: Phiz's own modes, and Pillow's bicubic filter, whose cubic is that of the papers."""
    modes: dict[str, Mode] = {
        "bicubic": partial(_interpolated, how=Interpolation.BICUBIC),
        "bicubic, Pillow": _pillow,
        "Lanczos": partial(_interpolated, how=Interpolation.LANCZOS),
        "edge-directed": edge_directed,
    }
    name = f"upscaler_x{factor}"
    with suppress(MissingError):
        modes[name] = partial(_by_model, open_session(newest(models, name)))
    return modes


def _interpolated(pixels: ImageArray, factor: int, how: Interpolation) -> ImageArray:
    return interpolate(pixels, factor * pixels.shape[1], factor * pixels.shape[0], how)


def _pillow(pixels: ImageArray, factor: int) -> ImageArray:
    size = (factor * pixels.shape[1], factor * pixels.shape[0])
    return np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC), np.uint8)


def _by_model(session: Any, pixels: ImageArray, _factor: int) -> ImageArray:
    return np.asarray(session.run(["upscaled"], {"image": pixels[None]})[0][0], np.uint8)


def _enlarge_all(portrait: ImageArray, factor: int, modes: Mapping[str, Mode], figures: Mapping[str, _Figures]) -> None:
    height, width = (side - side % factor for side in portrait.shape[:2])
    wanted = np.ascontiguousarray(portrait[:height, :width])
    small = shrink(wanted, factor)
    _, data = cv2.imencode(".jpg", small[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
    compressed = np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR_RGB), np.uint8)
    for name, mode in modes.items():
        made = mode(small, factor)
        figures[name].psnr_db.append(float(peak_signal_noise_ratio(wanted, made)))
        figures[name].ssim.append(_ssim(wanted, made))
        figures[name].jpeg_psnr_db.append(float(peak_signal_noise_ratio(wanted, mode(compressed, factor))))


def _ssim(wanted: ImageArray, made: ImageArray) -> float:
    """Structural similarity of luminance, as Wang et al. (2004) compute it."""
    kwargs = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    return float(structural_similarity(luminance(wanted), luminance(made), **kwargs))


def _middle(pixels: ImageArray, side_px: int) -> ImageArray:
    top, left = (max(0, side - side_px) // 2 for side in pixels.shape[:2])
    return np.ascontiguousarray(pixels[top : top + side_px, left : left + side_px])


def _milliseconds(run: Callable[[], ImageArray]) -> float:
    """The median processor time of a run in one thread: what else the core does meanwhile does not count."""
    times = []
    for _ in range(_WARM_UPS + _REPEATS):
        started = time.process_time()
        run()
        times.append(time.process_time() - started)
    return statistics.median(times[_WARM_UPS:]) * 1000.0
