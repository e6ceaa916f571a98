"""``phiz generate``: new faces."""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from phiz.cli import files, options
from phiz.cli.faces import LATENT_SUFFIX
from phiz.cli.report import Report
from phiz.cli.session import bar, connect
from phiz.client import Client
from phiz.errors import PhizError
from phiz.v1.image_pb2 import ImageOptions
from phiz.v1.phiz_pb2 import GeneratedFace

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers
    from phiz.gallery import Gallery

_FACES_A_STREAM = 250
"""Few enough for the deadline of a call, whatever the count."""


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "generate",
        run,
        description="Make new faces.",
        example="phiz generate --count 200 --seed 7 --out faces/ --sheet gallery.png",
    )
    parser.add_argument("--count", metavar="N", type=options.whole(1), help="number of faces (default: 1)")
    parser.add_argument(
        "--seed", type=options.seed, help="seed of the first face, the next ones count up (default: a random one)"
    )
    parser.add_argument(
        "--seeds", metavar="S,S,...", type=options.seeds, help="the seed of each face, instead of --count and --seed"
    )
    parser.add_argument("--truncation", metavar="T", type=float, help="0 (average face) to 1 (default: 0.7)")
    parser.add_argument("--model", default="", help="generator to use (default: generator)")
    parser.add_argument("--latents", metavar="DIR", help="write the latent of each face, too, as DIR/face-SEED.latent")
    parser.add_argument("--sheet", metavar="FILE", help="write all faces on one sheet, each over its seed")
    options.add_out(parser, "faces/face-SEED.png")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Makes the faces and writes each as soon as it comes."""
    count = _count(args)
    destination = files.Destination.of(args.out, several=count > 1, default="faces")
    image_format = destination.image_format(args)
    sheet = None if args.sheet is None else _sheet_format(args.sheet, count)
    report = Report(args.json)
    with connect(args) as client, bar(count, "face", shown=count > 1) as progress:
        gallery = _gallery(count) if sheet else None
        try:
            for face in _faces(client, args, count, options.image_options(args, image_format)):
                path = destination.path(f"face-{face.seed}{files.suffix_of(image_format)}")
                files.write(path, face.image.data)
                latent = _write_latent(args.latents, face)
                if gallery:
                    _add(gallery, face)
                model = face.latent.model
                fields = {"file": str(path), "seed": face.seed, "model": model.name, "version": model.version}
                report.result(fields | latent, str(path))
                progress.update()
            if gallery and sheet:
                files.write(Path(args.sheet), gallery.file(sheet))
                report.result({"sheet": args.sheet}, args.sheet)
        except PhizError as error:  # the rest would fail alike
            report.failure(None, error)
    return report.exit_code


def _count(args: argparse.Namespace) -> int:
    if args.seeds is None:
        return args.count or 1
    if args.count is not None or args.seed is not None:
        raise files.UsageError("--seeds stands instead of --count and --seed")
    if len(set(args.seeds)) < len(args.seeds):
        raise files.UsageError("--seeds names a seed twice")
    return len(args.seeds)


def _faces(client: Client, args: argparse.Namespace, count: int, output: ImageOptions) -> Iterator[GeneratedFace]:
    """One face by a call, more by streams, in the order of their seeds."""
    how = {"truncation": args.truncation, "model": args.model, "output": output}
    if count == 1:
        yield from client.generate(args.count, seed=args.seed, seeds=args.seeds or (), **how).faces
        return
    seed = args.seed
    for done in range(0, count, _FACES_A_STREAM):
        some = min(_FACES_A_STREAM, count - done)
        if args.seeds:
            messages = client.generate_stream(seeds=args.seeds[done : done + some], **how)
        else:
            messages = client.generate_stream(some, seed=seed, **how)
        for message in messages:
            if message.HasField("face"):
                seed = (message.face.seed + 1) % 2**64
                yield message.face


def _write_latent(folder: str | None, face: GeneratedFace) -> dict[str, str]:
    """Writes the face's latent where it is wanted, and says where, for scripts."""
    if folder is None:
        return {}
    path = Path(folder) / f"face-{face.seed}{LATENT_SUFFIX}"
    files.write(path, face.latent.SerializeToString())
    return {"latent": str(path)}


def _sheet_format(sheet: str, count: int) -> str:
    from phiz.gallery import MAX_PICTURES  # noqa: PLC0415 (Pillow takes its time; without a sheet none is needed)

    if count > MAX_PICTURES:
        raise files.UsageError(f"--sheet holds {MAX_PICTURES} faces at most")
    image_format = options.SUFFIXES.get(Path(sheet).suffix.lower())
    if image_format is None:
        raise files.UsageError(f"--sheet {sheet}: a picture ends in {', '.join(options.SUFFIXES)}")
    return image_format


def _gallery(count: int) -> "Gallery":
    from phiz.gallery import Gallery  # noqa: PLC0415 (as above)

    return Gallery(count)


def _add(gallery: "Gallery", face: GeneratedFace) -> None:
    from phiz.pictures import decode  # noqa: PLC0415 (as above)

    gallery.add(decode(face.image.data), str(face.seed))
