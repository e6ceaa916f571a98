"""``phiz average``: the average of many faces."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phiz.calls import Face
from phiz.cli import faces, files, options
from phiz.client import Client
from phiz.v1.image_pb2 import Image, ImageOptions
from phiz.v1.phiz_pb2 import AVERAGE_METHOD_LATENT, AVERAGE_METHOD_PIXELS

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers

_METHODS = {"pixels": AVERAGE_METHOD_PIXELS, "latent": AVERAGE_METHOD_LATENT}


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "average",
        run,
        description="Average many faces.",
        example="phiz average portraits/ --out average.png",
    )
    faces.add_to(parser, folders=True)
    parser.add_argument(
        "--method",
        choices=_METHODS,
        default="pixels",
        help="pixels: warped until eyes, nose and mouth meet; latent: as the generator sees it (default: pixels)",
    )
    options.add_preset(parser, default="fast")
    options.add_out(parser, "average.png")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Averages the faces."""
    names = _expand(args.faces)
    if len(names) < 2:
        raise files.UsageError("average needs two faces or more")

    def average(client: Client, loaded: list[Face], output: ImageOptions) -> Image:
        return client.average(loaded, method=_METHODS[args.method], preset=options.preset(args), output=output).image

    return faces.to_one_picture(args, names, "average", average)


def _expand(names: Sequence[str]) -> list[str]:
    """Each folder replaced by the photographs and latents in it, by name; UsageError where it has none."""
    expanded: list[str] = []
    for name in names:
        if not Path(name).is_dir():
            expanded.append(name)
            continue
        wanted = {*options.SUFFIXES, faces.LATENT_SUFFIX}
        found = sorted(str(file) for file in Path(name).iterdir() if file.suffix.lower() in wanted and file.is_file())
        if not found:
            raise files.UsageError(f"{name} has no faces: no file ends in {', '.join(sorted(wanted))}")
        expanded += found
    return expanded
