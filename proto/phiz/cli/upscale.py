"""``phiz upscale``: pictures made larger."""

import argparse
import time
from typing import TYPE_CHECKING

from phiz.cli import files, options
from phiz.cli.session import Result, each_file
from phiz.client import Client

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers, "upscale", run, description="Make pictures larger.", example="phiz upscale small.png --scale 4"
    )
    parser.add_argument("files", metavar="PHOTO", nargs="+", help="JPEG, PNG or WebP file; transparency stays")
    parser.add_argument(
        "--scale", type=int, choices=(2, 4), default=0, help="how many times larger (default: 2, or as --size needs)"
    )
    parser.add_argument("--method", choices=options.UPSCALINGS, help=f"how (default: {options.BEST_UPSCALING})")
    options.add_out(parser, "PHOTO-upscaled.png here")
    options.add_pictures(parser)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Enlarges one picture after the other."""
    image_format, output_of = files.one_picture_each(args, args.files, "upscaled")

    def upscale(client: Client, file: str) -> Result:
        photo = files.read(file)
        started = time.perf_counter()
        image = client.upscale(
            photo,
            args.scale,
            method=options.upscaling(args.method),
            output=options.image_options(args, image_format),
        ).image
        seconds = time.perf_counter() - started
        output = output_of[file]
        files.write(output, image.data)
        fields = {
            "file": file,
            "output": str(output),
            "width_px": image.width_px,
            "height_px": image.height_px,
            "seconds": round(seconds, 3),
        }
        return fields, f"{file} -> {output}  ({image.width_px} x {image.height_px} px, {seconds:.1f} s)"

    return each_file(args, args.files, upscale)
