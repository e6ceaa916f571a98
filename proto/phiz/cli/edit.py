"""``phiz edit``: faces changed along directions."""

import argparse
import time
from typing import TYPE_CHECKING

from phiz.cli import faces, files, options
from phiz.cli.session import Result, each_file
from phiz.client import Client

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "edit",
        run,
        description="Change faces: their angle, their smile, their light.",
        example="phiz edit me.jpg --step smile=2 --step turn=-1 --paste-back",
    )
    parser.add_argument(
        "faces", metavar="FACE", nargs="+", type=faces.argument, help="a photograph, a .latent file or seed:NUMBER"
    )
    parser.add_argument(
        "--step",
        dest="steps",
        metavar="NAME=S",
        action="append",
        required=True,
        type=_step,
        help="a direction that phiz models tells, or a component by its number, and how far, -10 to 10 standard "
        "deviations of new faces; several add up",
    )
    parser.add_argument("--paste-back", action="store_true", help="change each face in its photograph")
    options.add_preset(parser)
    options.add_out(parser, "FACE-edited.png here")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Changes one face after the other."""
    image_format, output_of = files.one_picture_each(args, args.faces, "edited")

    def edit(client: Client, name: str) -> Result:
        face = faces.load(name)
        started = time.perf_counter()
        answer = client.edit(
            face,
            args.steps,
            preset=options.preset(args),
            paste_back=args.paste_back,
            output=options.image_options(args, image_format),
        )
        seconds = time.perf_counter() - started
        output = output_of[name]
        files.write(output, answer.image.data)
        fields = {"file": name, "output": str(output), "seconds": round(seconds, 3)}
        return fields, f"{name} -> {output}  ({seconds:.1f} s)"

    return each_file(args, args.faces, edit)


def _step(text: str) -> tuple[str | int, float]:
    """Reads a direction's name or a component's number, and a strength."""
    direction, _, strength = text.partition("=")
    try:
        return int(direction) if direction.isdecimal() else direction, float(strength)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=STRENGTH, such as smile=2 or 3=-1.5") from None
