"""``python -m benchmarks align|colorize|inversion|models|refusal|serve|translate|upscale``."""

import sys
from argparse import ArgumentParser
from collections.abc import Sequence

from benchmarks import colorize, models, refusal, upscale
from benchmarks.align import command as align
from benchmarks.errors import MissingError
from benchmarks.inversion import command as inversion
from benchmarks.serve import command as serve
from benchmarks.translate import command as translate


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one benchmark; 1 if nothing could be measured, with one line that says why."""
    parser = ArgumentParser(prog="python -m benchmarks", description="Measures Phiz beside its peers.")
    kinds = parser.add_subparsers(
        required=True, metavar="align|colorize|inversion|models|refusal|serve|translate|upscale"
    )
    align.add_arguments(kinds.add_parser("align", help="faces found, eye error, false faces, time"))
    colorize.add_arguments(kinds.add_parser("colorize", help="cost of colour, and what looking at faces again brings"))
    inversion.add_arguments(kinds.add_parser("inversion", help="latents found, beside the published algorithm"))
    models.add_arguments(kinds.add_parser("models", help="milliseconds of each model on one core"))
    refusal.add_arguments(kinds.add_parser("refusal", help="what it costs to refuse pictures that are far too large"))
    serve.add_arguments(kinds.add_parser("serve", help="what the service costs beside the bare runtime, under load"))
    translate.add_arguments(kinds.add_parser("translate", help="translated portraits beside what they were, and time"))
    upscale.add_arguments(kinds.add_parser("upscale", help="enlarged portraits beside what they were, and time"))
    arguments = parser.parse_args(argv)
    try:
        arguments.command(arguments)
    except MissingError as missing:
        print(f"benchmarks: {missing}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
