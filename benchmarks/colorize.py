"""What coloured photographs cost, and what it brings to look at each face once more.

``python -m benchmarks colorize``, or ``make bench-colorize``. Groups are the portraits of the held-out people side by
side, one to sixteen of them, in gray; the more there are, the smaller the colorizer sees each face. The colour of the
faces, from hair to chin and ear to ear, is compared with that of the portraits. Cost is measured in a new process for
each size of photograph, which holds a server and its caller and keeps to two cores: the seconds of a call, of processor
time in it, and the most memory that the process ever held. Photographs are sent as JPEG.
"""

import csv
import io
import itertools
import math
import multiprocessing
import os
import resource
import sys
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import cv2
import numpy as np
from PIL import Image
from skimage.data import astronaut
from tqdm import tqdm

from benchmarks.errors import MissingError
from phiz.client import Client
from phiz.pictures import decode
from phiz.v1.face_pb2 import FACE_TREATMENT_EACH_AGAIN, FACE_TREATMENT_WITH_PHOTOGRAPH, FaceTreatment
from phiz.v1.image_pb2 import IMAGE_FORMAT_JPEG, IMAGE_FORMAT_PNG, ImageFormat, ImageOptions
from phiz_core import colour, geometry
from phiz_core.compose import FACE
from phiz_core.geometry import ImageArray, Points
from serving.local import local_server
from serving.settings import Settings

_SIDES: Final = (1, 2, 3, 4)
_PORTRAIT_PX: Final = (256, 320)
_FACE_PX: Final = 128
_CORES: Final = 2
_REPEATS: Final = 5
_SHAPES: Final = ((100, 75), (1600, 1200), (4000, 3000), (5164, 3873))
_MARKS: Final = ("left_eye", "right_eye", "nose", "mouth_left", "mouth_right")
_FORMATS: Final[dict[str, ImageFormat]] = {"JPEG": IMAGE_FORMAT_JPEG, "PNG": IMAGE_FORMAT_PNG}


class _Portrait(NamedTuple):
    """RGB uint8 of ``_PORTRAIT_PX``, and the five landmarks [5, 2] of its face."""

    pixels: ImageArray
    landmarks_px: Points


class _Cost(NamedTuple):
    """Of one photograph: the seconds and the processor time of the fastest call, and the most memory."""

    seconds: float
    processor_seconds: float
    mebibytes: float


def add_arguments(parser: ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--data", type=Path, required=True, help="folder of portraits/")
    parser.add_argument("--models", type=Path, default=Path("model_repository"), help="model repository")
    parser.add_argument("--portraits", type=int, help="measure so many of them only, the first ones")
    parser.add_argument("--shapes", type=int, default=len(_SHAPES), help="measure the cost of so many sizes only")
    parser.set_defaults(command=measure)


def measure(arguments: Namespace) -> None:
    """Prints a row a size of photograph, and a row a size of group.

    Raises:
        MissingError: no portrait is there.
    """
    portraits = _read(arguments.data / "portraits", arguments.portraits)
    settings = Settings(model_repository=arguments.models)
    print(f"{'photograph':>12}{'answer':>8}{'seconds':>9}{'processor':>11}{'MiB':>8}")
    for shape, name in itertools.product(_SHAPES[: arguments.shapes], _FORMATS):
        photo = colour.luminance(np.asarray(cv2.resize(astronaut(), shape, interpolation=cv2.INTER_CUBIC)))
        cost = _in_a_new_process(settings, _file(photo, "JPEG"), name)
        size = f"{shape[0]} x {shape[1]}"
        print(f"{size:>12}{name:>8}{cost.seconds:>9.2f}{cost.processor_seconds:>11.2f}{cost.mebibytes:>8.0f}")
    print(f"\n{len(portraits)} portraits; ab error of their faces\n")
    print(f"{'a group of':>10}{'as gray':>9}{'whole':>9}{'each again':>12}{'looked at again':>17}")
    with local_server(settings) as target, Client(target) as client:
        for side in _SIDES:
            _print_groups(client, portraits, side)


def _read(folder: Path, most: int | None) -> list[_Portrait]:
    table = folder / "portraits.csv"
    if not table.exists():
        raise MissingError(f"{table} is absent")
    with table.open(newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] == "val"][:most]
    if not rows:
        raise MissingError(f"{table} holds no one out: no row's split is val")
    return [_portrait(folder / "val" / row["file"], row) for row in rows]


def _portrait(path: Path, row: dict[str, str]) -> _Portrait:
    pixels = np.asarray(decode(path.read_bytes()), np.uint8)
    scale = np.array(_PORTRAIT_PX) / pixels.shape[1::-1]
    marks = np.array([[float(row[f"{mark}_{axis}"]) for axis in "xy"] for mark in _MARKS])
    return _Portrait(np.asarray(cv2.resize(pixels, _PORTRAIT_PX, interpolation=cv2.INTER_AREA)), marks * scale)


def _print_groups(client: Client, portraits: Sequence[_Portrait], side: int) -> None:
    errors: list[tuple[float, float, float]] = []
    again = 0
    groups = [portraits[first : first + side**2] for first in range(0, len(portraits), side**2)]
    for group in tqdm(groups, desc=f"{side**2}", leave=False):
        real = _side_by_side([portrait.pixels for portrait in group], side)
        gray = np.repeat(colour.luminance(real)[..., None], 3, axis=2)
        whole, _ = _coloured(client, gray, FACE_TREATMENT_WITH_PHOTOGRAPH)
        each, count = _coloured(client, gray, FACE_TREATMENT_EACH_AGAIN)
        again += count
        for cut in _faces(group, side):
            face = geometry.crop(real, cut, _FACE_PX, _FACE_PX)
            crops = [geometry.crop(picture, cut, _FACE_PX, _FACE_PX) for picture in (gray, whole, each)]
            as_gray, in_whole, by_itself = (_ab_error(crop, face) for crop in crops)
            errors.append((as_gray, in_whole, by_itself))
    as_gray, in_whole, by_itself = np.mean(errors, axis=0).tolist()
    share = f"{again} of {len(portraits)}"
    print(f"{side**2:>10}{as_gray:>9.2f}{in_whole:>9.2f}{by_itself:>12.2f}{share:>17}")


def _side_by_side(pictures: Sequence[ImageArray], side: int) -> ImageArray:
    width, height = _PORTRAIT_PX
    page = np.full((side * height, side * width, 3), 128, np.uint8)
    for number, picture in enumerate(pictures):
        row, column = divmod(number, side)
        page[row * height :, column * width :][:height, :width] = picture
    return page


def _faces(group: Sequence[_Portrait], side: int) -> Iterator[geometry.Affine]:
    """The aligned cut of each face of the group."""
    for number, portrait in enumerate(group):
        row, column = divmod(number, side)
        offset = np.array([column, row]) * _PORTRAIT_PX
        yield geometry.crop_to_photo(portrait.landmarks_px + offset, _FACE_PX)


def _coloured(client: Client, photo: ImageArray, faces: FaceTreatment) -> tuple[ImageArray, int]:
    answer = client.colorize(_file(photo, "PNG"), faces=faces)
    return np.asarray(decode(answer.image.data), np.uint8), answer.faces


def _ab_error(one: ImageArray, other: ImageArray) -> float:
    """Mean distance in the a and b of CIELAB of two aligned faces, RGB uint8 [H, W, 3], within the oval of a face."""
    first, second = (
        np.asarray(cv2.cvtColor(each.astype(np.float32) / 255, cv2.COLOR_RGB2Lab))[..., 1:] for each in (one, other)
    )
    axes = round(FACE.width * _FACE_PX / 2), round(FACE.height * _FACE_PX / 2)
    oval = cv2.ellipse(np.zeros((_FACE_PX, _FACE_PX), np.uint8), (_FACE_PX // 2,) * 2, axes, 0, 0, 360, 1, cv2.FILLED)
    return float(np.linalg.norm(first - second, axis=-1)[oval > 0].mean())


def _file(photo: ImageArray, file_format: str) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(photo).save(stream, file_format, quality=92)
    return stream.getvalue()


def _in_a_new_process(settings: Settings, photo: bytes, answer: str) -> _Cost:
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        return pool.apply(_cost, (settings, photo, answer))


def _cost(settings: Settings, photo: bytes, answer: str) -> _Cost:
    """What it costs a server to colour a photograph's file."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, set(sorted(os.sched_getaffinity(0))[:_CORES]))
    output = ImageOptions(format=_FORMATS[answer], quality=92)
    seconds = processor_seconds = math.inf
    with local_server(settings) as target, Client(target) as client:
        for _ in range(_REPEATS):
            began, processor_began = time.perf_counter(), time.process_time()
            client.colorize(photo, output=output)
            seconds = min(seconds, time.perf_counter() - began)
            processor_seconds = min(processor_seconds, time.process_time() - processor_began)
    unit = 1 << 20 if sys.platform == "darwin" else 1 << 10
    return _Cost(seconds, processor_seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / unit)
