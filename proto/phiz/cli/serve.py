"""``phiz serve``: the server."""

import argparse
from typing import TYPE_CHECKING

from phiz.cli.session import not_installed

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command. Its options are the server's own, so that they are told once."""
    parser = subparsers.add_parser("serve", help="Run the server; see phiz serve --help.", add_help=False)
    parser.set_defaults(run=run, parser=parser)


def run(args: argparse.Namespace) -> int:
    """Hands the arguments over to the server."""
    try:
        from serving.server import main  # noqa: PLC0415
    except ImportError as error:
        raise not_installed(error) from error
    return main(args.rest)
