"""``phiz colorize``: colour for photographs."""

import argparse
import time
from typing import TYPE_CHECKING

from phiz.cli import files, options
from phiz.cli.session import Result, each_file
from phiz.client import Client
from phiz.v1.face_pb2 import FACE_TREATMENT_EACH_AGAIN, FACE_TREATMENT_WITH_PHOTOGRAPH

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers, "colorize", run, description="Colour photographs.", example="phiz colorize old.jpg"
    )
    parser.add_argument("files", metavar="PHOTO", nargs="+", help="JPEG, PNG or WebP file")
    parser.add_argument(
        "--saturation", metavar="S", type=float, help="how vivid the colours are, 0 (gray) to 1.5 (default: 1)"
    )
    parser.add_argument(
        "--strength", metavar="S", type=float, help="how much colour is mixed into the gray, 0 to 1 (default: 1)"
    )
    parser.add_argument(
        "--force", action="store_true", help="colour photographs that are in colour already, too, instead of theirs"
    )
    parser.add_argument(
        "--faces", action="store_true", help="colour each small face once more by itself, for photographs of groups"
    )
    parser.add_argument("--model", default="", help="colorizer to use (default: colorizer)")
    options.add_out(parser, "PHOTO-colorized.png here")
    options.add_pictures(parser)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Colours one photograph after the other."""
    image_format, output_of = files.one_picture_each(args, args.files, "colorized")

    def colorize(client: Client, file: str) -> Result:
        photo = files.read(file)
        started = time.perf_counter()
        answer = client.colorize(
            photo,
            saturation=args.saturation,
            strength=args.strength,
            allow_colour=args.force,
            faces=FACE_TREATMENT_EACH_AGAIN if args.faces else FACE_TREATMENT_WITH_PHOTOGRAPH,
            model=args.model,
            output=options.image_options(args, image_format),
        )
        seconds = time.perf_counter() - started
        output = output_of[file]
        files.write(output, answer.image.data)
        fields = {"file": file, "output": str(output), "faces": answer.faces, "seconds": round(seconds, 3)}
        again = f"{answer.faces} {'face' if answer.faces == 1 else 'faces'}, " if args.faces else ""
        return fields, f"{file} -> {output}  ({again}{seconds:.1f} s)"

    return each_file(args, args.files, colorize)
