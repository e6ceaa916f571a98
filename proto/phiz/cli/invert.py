"""``phiz invert``: the latents of photographs."""

import argparse
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from phiz.cli import files, options
from phiz.cli.faces import LATENT_SUFFIX
from phiz.cli.session import Result, each_file
from phiz.client import Client
from phiz.v1.phiz_pb2 import InvertResponse

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "invert",
        run,
        description="Find the latents of photographs.",
        example="phiz invert me.jpg --preset best --out me.latent",
    )
    parser.add_argument("files", metavar="PHOTO", nargs="+", help="JPEG, PNG or WebP file")
    options.add_preset(parser)
    parser.add_argument(
        "--max-evaluations",
        metavar="N",
        type=options.whole(0),
        help="most evaluations of the generator (default: as --preset)",
    )
    parser.add_argument(
        "--tolerance", metavar="MSE", type=float, help="mean squared error, pixels in 0..1, to stop at (default: 0)"
    )
    parser.add_argument("--progress", action="store_true", help="tell on the way how near it is; takes longer")
    options.add_out(parser, "PHOTO.latent here, with PHOTO-reconstruction.png beside it")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Inverts one photograph after the other."""
    destination = files.Destination.of(args.out, several=len(args.files) > 1)
    if destination.file and destination.file.suffix != LATENT_SUFFIX:
        raise files.UsageError(f"--out {args.out}: a latent file ends in {LATENT_SUFFIX}")
    image_format = args.format or "png"
    latents = [destination.path(f"{Path(file).stem}{LATENT_SUFFIX}") for file in args.files]
    pictures = [path.with_name(f"{path.stem}-reconstruction{files.suffix_of(image_format)}") for path in latents]
    files.refuse_clashes(args.files, latents + pictures)
    outputs_of = dict(zip(args.files, zip(latents, pictures, strict=True), strict=True))

    def invert(client: Client, file: str) -> Result:
        photo = files.read(file)
        started = time.perf_counter()
        output = options.image_options(args, image_format)
        call = _with_progress if args.progress else Client.invert
        answer = call(
            client,
            photo,
            preset=options.preset(args),
            max_evaluations=args.max_evaluations,
            tolerance=args.tolerance,
            output=output,
        )
        seconds = time.perf_counter() - started
        latent, picture = outputs_of[file]
        files.write(latent, answer.latent.SerializeToString())
        files.write(picture, answer.reconstruction.data)
        quality = answer.quality
        fields = {
            "file": file,
            "latent": str(latent),
            "reconstruction": str(picture),
            "psnr_db": round(quality.psnr_db, 2),
            "loss": float(f"{quality.loss:.6g}"),
            "evaluations": quality.evaluations,
            "seconds": round(seconds, 3),
        }
        return fields, f"{file} -> {latent}, {picture}  ({quality.psnr_db:.1f} dB, {seconds:.1f} s)"

    return each_file(args, args.files, invert)


def _with_progress(client: Client, photo: bytes, **asked: Any) -> InvertResponse:
    """As ``client.invert``, with a line on stderr for each of its news."""
    for message in client.invert_stream(photo, **asked):
        if message.HasField("result"):
            return message.result
        quality = message.progress.quality
        most = message.progress.max_evaluations
        print(
            f"{quality.psnr_db:.1f} dB after {quality.evaluations} of {most} evaluations", file=sys.stderr, flush=True
        )
    raise AssertionError("an inversion ends with its result")
