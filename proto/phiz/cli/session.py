"""A command's connection, and its loop over files."""

import argparse
import contextlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Never

import grpc
from tqdm import tqdm

from phiz.cli.report import Report
from phiz.client import Client
from phiz.errors import PhizError

Result = tuple[Mapping[str, object], str]
"""What is printed of a file that went well: fields for scripts, a line for people."""


@contextlib.contextmanager
def connect(args: argparse.Namespace) -> Iterator[Client]:
    """A client of the server that ``args`` names, or of one that lives in this process while the command runs."""
    with contextlib.ExitStack() as stack:
        target = args.server or _start_local_server(stack)
        yield stack.enter_context(Client(target, timeout_seconds=args.timeout))


def each_file(args: argparse.Namespace, files: Sequence[str], work: Callable[[Client, str], Result]) -> int:
    """Does ``work`` on one file after the other, going on after a failure; returns the exit code."""
    report = Report(args.json)
    with connect(args) as client, bar(len(files), "file", shown=len(files) > 1) as progress:
        for file in files:
            try:
                fields, line = work(client, file)
            except PhizError as error:
                report.failure(file, error)
            else:
                report.result(fields, line)
            progress.update()
    return report.exit_code


def bar(total: int, unit: str, *, shown: bool) -> "tqdm[Never]":
    """A progress bar on stderr, if that is a terminal."""
    return tqdm(total=total, unit=unit, file=sys.stderr, leave=False, disable=None if shown else True)


def _start_local_server(stack: contextlib.ExitStack) -> str:
    try:
        from serving.errors import StartupError  # noqa: PLC0415
        from serving.local import local_server  # noqa: PLC0415
    except ImportError as error:
        raise not_installed(error) from error
    try:
        return stack.enter_context(local_server())
    except StartupError as error:
        message = f"no server could be started: {error}"
        raise PhizError(grpc.StatusCode.UNAVAILABLE, "SERVER_NOT_STARTED", message) from error


def not_installed(error: ImportError) -> PhizError:
    """Says how to get what a server needs."""
    return PhizError(
        grpc.StatusCode.UNAVAILABLE,
        "SERVING_NOT_INSTALLED",
        f"{error}: install 'phiz[serving,cpu]' to run a server here, or name one with --server HOST:PORT",
    )
