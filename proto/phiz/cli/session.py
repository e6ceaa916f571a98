"""A command's connection, and its loop over files."""

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Never

import grpc
from tqdm import tqdm

from phiz.cli.files import UsageError
from phiz.cli.report import Report
from phiz.client import Client
from phiz.credentials import tls
from phiz.errors import PhizError

Result = tuple[Mapping[str, object], str]
"""What is printed of a file that went well: fields for scripts, a line for people."""


@contextlib.contextmanager
def connect(args: argparse.Namespace) -> Iterator[Client]:
    """A client of the server that ``args`` names, or of one that lives in this process while the command runs.

    Raises:
        UsageError: what is said of TLS or of the API key cannot be used.
        PhizError: no server could be started in this process.
    """
    with contextlib.ExitStack() as stack:
        client = _client(args) if args.server else Client(_start_local_server(stack), timeout_seconds=args.timeout)
        yield stack.enter_context(client)


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


def _client(args: argparse.Namespace) -> Client:
    if args.tls_ca is None and (args.tls_cert is not None or args.tls_key is not None):
        raise UsageError("--tls-cert and --tls-key need --tls-ca")
    try:
        credentials = tls(args.tls_ca, args.tls_cert, args.tls_key) if args.tls_ca is not None else None
        return Client(args.server, timeout_seconds=args.timeout, credentials=credentials, api_key=_api_key(args))
    except ValueError as error:
        raise UsageError(str(error)) from error


def _api_key(args: argparse.Namespace) -> str | None:
    """The key, which stands in no argument, because those can be seen by everybody on the machine."""
    if not args.api_key_file:
        return os.environ.get("PHIZ_API_KEY")
    try:
        return Path(args.api_key_file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"--api-key-file cannot be read: {error}") from error


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
