"""``phiz generate``: new faces."""

import argparse
from typing import TYPE_CHECKING

from phiz.cli import files, options
from phiz.cli.report import Report
from phiz.cli.session import bar, connect
from phiz.errors import PhizError

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers

_BATCH = 16
"""Faces a request: few enough for the progress bar to move."""


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "generate",
        run,
        description="Make new faces.",
        example="phiz generate --count 16 --seed 7 --out faces/",
    )
    parser.add_argument("--count", metavar="N", type=options.whole(1), default=1, help="number of faces (default: 1)")
    parser.add_argument(
        "--seed", type=options.seed, help="seed of the first face, the next ones count up (default: a random one)"
    )
    parser.add_argument("--truncation", metavar="T", type=float, help="0 (average face) to 1 (default: 0.7)")
    parser.add_argument("--model", default="", help="generator to use (default: generator)")
    options.add_out(parser, "faces/face-SEED.png")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Makes the faces, some at a time."""
    destination = files.Destination.of(args.out, several=args.count > 1, default="faces")
    image_format = destination.image_format(args)
    report = Report(args.json)
    seed = args.seed
    with connect(args) as client, bar(args.count, "face", shown=args.count > 1) as progress:
        for done in range(0, args.count, _BATCH):
            try:
                answer = client.generate(
                    min(_BATCH, args.count - done),
                    seed=seed,
                    truncation=args.truncation,
                    model=args.model,
                    output=options.image_options(args, image_format),
                )
                for face in answer.faces:
                    path = destination.path(f"face-{face.seed}{files.suffix_of(image_format)}")
                    files.write(path, face.image.data)
                    model = face.latent.model
                    report.result(
                        {"file": str(path), "seed": face.seed, "model": model.name, "version": model.version}, str(path)
                    )
                    progress.update()
                    seed = (face.seed + 1) % 2**64
            except PhizError as error:  # the rest would fail alike
                report.failure(None, error)
                break
    return report.exit_code
