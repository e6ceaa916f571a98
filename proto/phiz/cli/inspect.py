"""``phiz inspect``: what files declare of where their pictures come from."""

import argparse
from typing import TYPE_CHECKING

from phiz.cli import files, options
from phiz.cli.report import one_line
from phiz.cli.session import Result, each_file
from phiz.client import Client
from phiz.v1.phiz_pb2 import EVIDENCE_DECLARED, EVIDENCE_UNREADABLE, Evidence, InspectResponse

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "inspect",
        run,
        description="Tell what pictures declare of where they come from.",
        example="phiz inspect seed-8.png",
    )
    parser.add_argument("files", metavar="PICTURE", nargs="+", help="JPEG, PNG, WebP or GIF file")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Inspects one picture after the other."""

    def inspect(client: Client, file: str) -> Result:
        answer = client.inspect(files.read(file))
        provenance = answer.provenance
        fields = {
            "file": file,
            "evidence": Evidence.Name(answer.evidence).removeprefix("EVIDENCE_"),
            "digital_source_type": answer.digital_source_type_uri,
            "models": [{"name": model.name, "version": model.version} for model in provenance.models],
            "seed": provenance.seed if provenance.HasField("seed") else None,
            "creator_tool": answer.creator_tool,
            "content_credentials": answer.content_credentials,
        }
        return fields, f"{file}: {one_line(_words(answer))}"

    return each_file(args, args.files, inspect)


def _words(answer: InspectResponse) -> str:
    credentials = "; has Content Credentials, which were not verified" if answer.content_credentials else ""
    if answer.evidence == EVIDENCE_UNREADABLE:
        return f"has metadata that cannot be read{credentials}"
    if answer.evidence != EVIDENCE_DECLARED:
        return f"says nothing of where it comes from{credentials}"
    provenance = answer.provenance
    parts = [answer.digital_source_type_uri.rpartition("/")[2]]
    parts += [f"{model.name} {model.version}" for model in provenance.models]
    parts += [f"seed {provenance.seed}"] if provenance.HasField("seed") else []
    parts += [f"written by {answer.creator_tool}"] if answer.creator_tool else []
    return f"declares {', '.join(part for part in parts if part)}{credentials}"
