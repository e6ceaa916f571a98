"""``phiz inspect``: what files declare of where their pictures come from."""

import argparse
from typing import TYPE_CHECKING, Any, Final

from phiz.cli import files, options
from phiz.cli.report import one_line
from phiz.cli.session import Result, each_file
from phiz.client import Client
from phiz.v1.phiz_pb2 import (
    EVIDENCE_DECLARED,
    EVIDENCE_UNREADABLE,
    VERIFICATION_INVALID,
    VERIFICATION_SIGNED,
    VERIFICATION_TRUSTED,
    Evidence,
    InspectResponse,
    Verification,
)

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers

_VERIFIED: Final = {
    VERIFICATION_INVALID: "which do not hold",
    VERIFICATION_SIGNED: "signed by {signer}, who is not known",
    VERIFICATION_TRUSTED: "signed by {signer}, who is trusted",
}


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
            "content_credentials": _credentials(answer),
        }
        return fields, f"{file}: {one_line(_words(answer))}"

    return each_file(args, args.files, inspect)


def _words(answer: InspectResponse) -> str:
    credentials = _credentials_in_words(answer)
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


def _credentials_in_words(answer: InspectResponse) -> str:
    if not answer.HasField("content_credentials"):
        return ""
    credentials = answer.content_credentials
    verified = _VERIFIED.get(credentials.verification, "which were not verified")
    return f"; has Content Credentials, {verified.format(signer=credentials.signer)}"


def _credentials(answer: InspectResponse) -> dict[str, Any] | None:
    if not answer.HasField("content_credentials"):
        return None
    credentials = answer.content_credentials
    return {
        "verification": Verification.Name(credentials.verification).removeprefix("VERIFICATION_"),
        "signer": credentials.signer,
        "claim_generator": credentials.claim_generator,
        "digital_source_type": credentials.digital_source_type_uri,
        "failures": list(credentials.failures),
    }
