"""``phiz``: reads the arguments, runs a command, and turns what went wrong into one line and an exit code."""

import argparse
import importlib.metadata
import io
import os
import sys
from collections.abc import Sequence

from phiz.cli import (
    align,
    average,
    colorize,
    demo,
    edit,
    generate,
    inspect,
    invert,
    mix,
    models,
    morph,
    serve,
    translate,
    upscale,
)
from phiz.cli.files import UsageError
from phiz.cli.report import Report
from phiz.errors import PhizError

_COMMANDS = (
    generate,
    colorize,
    translate,
    mix,
    morph,
    average,
    edit,
    invert,
    upscale,
    align,
    inspect,
    models,
    serve,
    demo,
)

_EPILOG = """\
Without --server (or PHIZ_SERVER) a command does the work in its own process.
exit codes: 0 all done, 1 something failed, 2 wrong usage, 130 interrupted
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command.

    Args:
        argv: the arguments after the program's name; those of the process where it is None.

    Returns:
        The exit code: 0, 1 where something failed, 130 after Ctrl-C.

    Raises:
        SystemExit: 0 for --help and --version, 2 for wrong usage.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="surrogateescape")  # file names that are not UTF-8 are printed as they are
    parser = _parser()
    args, rest = parser.parse_known_args(argv)
    if rest and args.command != "serve":
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    args.rest = rest
    try:
        return int(args.run(args))
    except UsageError as error:
        command_parser: argparse.ArgumentParser = args.parser
        command_parser.error(str(error))
    except PhizError as error:
        Report(getattr(args, "json", False)).failure(None, error)
        return 1
    except BrokenPipeError:  # the reader of our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except KeyboardInterrupt:
        print("phiz: interrupted", file=sys.stderr)
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="phiz",
        description="Makes faces, colours and translates photographs, finds, inverts, mixes, morphs and edits faces.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"phiz {importlib.metadata.version('phiz')}")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add_to(subparsers)
    return parser


if __name__ == "__main__":
    sys.exit(main())
