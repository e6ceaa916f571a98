"""``phiz mix``: one face from several."""

import argparse
import re
import time
from typing import TYPE_CHECKING

from phiz.calls import Face
from phiz.cli import faces, files, options
from phiz.cli.report import Report
from phiz.cli.session import connect
from phiz.errors import PhizError

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "mix",
        run,
        description="Mix two or more faces into one.",
        example="phiz mix a.jpg b.latent seed:7 --weights 2,1,1",
    )
    parser.add_argument(
        "faces", metavar="FACE", nargs="+", type=faces.argument, help="a photograph, a .latent file or seed:NUMBER"
    )
    parser.add_argument("--weights", metavar="W,W,...", type=options.numbers, help="a weight a face (default: equal)")
    options.add_preset(parser)
    options.add_out(parser, "mix.png")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Mixes the faces."""
    if len(args.faces) < 2:
        raise files.UsageError("mix needs two faces or more")
    if args.weights and len(args.weights) != len(args.faces):
        raise files.UsageError(f"{len(args.weights)} weights for {len(args.faces)} faces")
    destination = files.Destination.of(args.out, several=False)
    image_format = destination.image_format(args)
    output = destination.path(f"mix{files.suffix_of(image_format)}")
    files.refuse_clashes([name for name in args.faces if faces.seed_of(name) is None], [output])

    report = Report(args.json)
    sources = _load(args.faces, report)
    if report.exit_code:
        return report.exit_code
    with connect(args) as client:
        started = time.perf_counter()
        try:
            answer = client.mix(
                sources,
                weights=args.weights or (),
                preset=options.preset(args),
                output=options.image_options(args, image_format),
            )
            seconds = time.perf_counter() - started
            files.write(output, answer.image.data)
        except PhizError as error:
            report.failure(_at_fault(args.faces, error), error)
        else:
            report.result({"output": str(output), "seconds": round(seconds, 3)}, f"{output}  ({seconds:.1f} s)")
    return report.exit_code


def _load(names: list[str], report: Report) -> list[Face]:
    loaded = []
    for name in names:
        try:
            loaded.append(faces.load(name))
        except PhizError as error:
            report.failure(name, error)
    return loaded


def _at_fault(names: list[str], error: PhizError) -> str | None:
    place = re.match(r"faces\[(\d+)\]", error.field)
    return names[int(place[1])] if place else None
