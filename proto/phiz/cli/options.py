"""Options that several commands share, and how their values are read."""

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from phiz.client import DEFAULT_TIMEOUT_SECONDS
from phiz.v1.face_pb2 import (
    INVERSION_PRESET_BEST,
    INVERSION_PRESET_FAST,
    INVERSION_PRESET_STANDARD,
    INVERSION_PRESET_UNSPECIFIED,
    InversionPreset,
)
from phiz.v1.image_pb2 import (
    UPSCALE_METHOD_BICUBIC,
    UPSCALE_METHOD_EDGE_DIRECTED,
    UPSCALE_METHOD_LANCZOS,
    UPSCALE_METHOD_MODEL,
    UPSCALE_METHOD_UNSPECIFIED,
    ImageOptions,
    UpscaleMethod,
)

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]

PRESETS = {"fast": INVERSION_PRESET_FAST, "standard": INVERSION_PRESET_STANDARD, "best": INVERSION_PRESET_BEST}

UPSCALINGS = {
    "model": UPSCALE_METHOD_MODEL,
    "bicubic": UPSCALE_METHOD_BICUBIC,
    "lanczos": UPSCALE_METHOD_LANCZOS,
    "edge-directed": UPSCALE_METHOD_EDGE_DIRECTED,
}

SUFFIXES = {".png": "png", ".jpg": "jpeg", ".jpeg": "jpeg", ".webp": "webp"}
"""What a file name says of the format."""

BEST_UPSCALING = "model where the server has it, else lanczos"

_DAY_SECONDS = 86_400

_MAX_UINT32 = 2**32 - 1
"""The largest number of most fields of the contract."""


def add_command(
    subparsers: "Subparsers",
    name: str,
    run: Callable[[argparse.Namespace], int],
    *,
    description: str,
    example: str = "",
) -> argparse.ArgumentParser:
    """A parser for the command ``name``, which ``run`` carries out and answers with an exit code."""
    parser = subparsers.add_parser(
        name,
        help=description,
        description=description,
        epilog=example and f"example: {example}",
        allow_abbrev=False,
    )
    parser.set_defaults(run=run, parser=parser)
    return parser


def add_connection(parser: argparse.ArgumentParser) -> None:
    """Which server to ask, how long to wait, how to print."""
    parser.add_argument(
        "--server",
        metavar="HOST:PORT",
        type=address,
        default=os.environ.get("PHIZ_SERVER"),
        help="server to ask (default: PHIZ_SERVER, else the work is done in this process)",
    )
    parser.add_argument(
        "--timeout",
        metavar="SECONDS",
        type=timeout,
        default=DEFAULT_TIMEOUT_SECONDS,
        help="deadline of each call (default: %(default)g)",
    )
    parser.add_argument(
        "--tls-ca",
        metavar="FILE",
        type=Path,
        default=os.environ.get("PHIZ_TLS_CA") or None,
        help="ask by TLS, of a server whose certificate is of an authority in FILE (default: PHIZ_TLS_CA, else no TLS)",
    )
    parser.add_argument("--tls-cert", metavar="FILE", type=Path, help="your certificate, for a server that wants one")
    parser.add_argument("--tls-key", metavar="FILE", type=Path, help="the private key of --tls-cert")
    parser.add_argument(
        "--api-key-file",
        metavar="FILE",
        default=os.environ.get("PHIZ_API_KEY_FILE"),
        help="file of your API key (default: PHIZ_API_KEY_FILE, else the key is PHIZ_API_KEY, else none)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object a line")


def add_pictures(parser: argparse.ArgumentParser, *, made: bool = False) -> None:
    """How the server is to encode pictures, and those that it has ``made`` by itself, to enlarge."""
    parser.add_argument(
        "--format", choices=("png", "jpeg", "webp"), help="format of pictures (default: as --out, or png)"
    )
    parser.add_argument(
        "--quality", type=whole(1, 100), default=0, help="quality of jpeg and webp, 1 to 100 (default: 92)"
    )
    parser.add_argument(
        "--size", metavar="PX", type=whole(1), default=0, help="longest side of pictures in pixels (default: as it is)"
    )
    parser.set_defaults(upscaling=None)
    if made:
        parser.add_argument("--upscaling", choices=UPSCALINGS, help=f"how to reach --size (default: {BEST_UPSCALING})")


def add_out(parser: argparse.ArgumentParser, default: str) -> None:
    """Where to write."""
    parser.add_argument(
        "--out",
        metavar="PATH",
        help="file or folder to write to; a folder if it is one, ends with / or gets several files; "
        f"what was there is replaced (default: {default})",
    )


def add_preset(parser: argparse.ArgumentParser, default: str = "standard") -> None:
    """How much work goes into the inversion of a photograph; ``default`` is the server's own."""
    parser.add_argument("--preset", choices=PRESETS, help=f"work for the likeness of a photograph (default: {default})")


def preset(args: argparse.Namespace) -> InversionPreset:
    """The preset that ``args`` names, or none."""
    return PRESETS[args.preset] if args.preset else INVERSION_PRESET_UNSPECIFIED


def image_options(args: argparse.Namespace, image_format: str) -> ImageOptions:
    """The options of ``add_pictures`` for the server; ``image_format`` is "png", "jpeg" or "webp"."""
    return ImageOptions(
        format=f"IMAGE_FORMAT_{image_format.upper()}",
        quality=args.quality,
        size_px=args.size,
        upscaling=upscaling(args.upscaling),
    )


def upscaling(name: str | None) -> UpscaleMethod:
    """The method of this name; unspecified where it is None."""
    return UPSCALINGS[name] if name else UPSCALE_METHOD_UNSPECIFIED


def whole(low: int, high: int = _MAX_UINT32) -> Callable[[str], int]:
    """Reads a whole number from ``low`` to ``high``."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = low - 1
        if not low <= number <= high:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number from {low} to {high}")
        return number

    return read


seed = whole(0, 2**64 - 1)
"""Reads a seed."""


def seeds(text: str) -> list[int]:
    """Reads seeds between commas."""
    return [seed(number) for number in text.split(",")]


def timeout(text: str) -> float:
    """Reads seconds, a day at most."""
    try:
        number = float(text)
    except ValueError:
        number = 0.0
    if not 0 < number <= _DAY_SECONDS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0, up to {_DAY_SECONDS}")
    return number


def numbers(text: str) -> list[float]:
    """Reads numbers between commas."""
    try:
        return [float(number) for number in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not numbers between commas, such as 0.7,0.3") from None


def whole_numbers(count: int = 0) -> Callable[[str], list[int]]:
    """Reads whole numbers from 0 up between commas: ``count`` of them, or any number of them where it is 0."""

    def read(text: str) -> list[int]:
        values = [whole(0)(number) for number in text.split(",")]
        if count and len(values) != count:
            raise argparse.ArgumentTypeError(f"{text!r} is not {count} whole numbers between commas")
        return values

    return read


def address(text: str) -> str:
    """Reads a gRPC target with a port; "" for none."""
    if text and not re.fullmatch(r"unix:.+|(.+:)?.+:\d+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not HOST:PORT")
    return text
