"""``phiz demo``: every call, shown."""

import argparse
import io
import json
import time
from pathlib import Path
from typing import TYPE_CHECKING

import grpc

from phiz.cli import files, options
from phiz.client import Client
from phiz.errors import PhizError

if TYPE_CHECKING:
    from PIL import Image

    from phiz.cli.options import Subparsers
    from phiz.demo.story import Step

_LONGEST_PX = 1600
"""A larger photograph is shrunk: the sheet shows no more of it."""

_ROW = "{:<11} {:>8}  {:<15} {}"


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "demo",
        run,
        description="Start a server, call all it can do, draw a contact sheet.",
        example="phiz demo --photo me.jpg",
    )
    parser.add_argument("--out", metavar="DIR", type=Path, default=Path("out/demo"), help="default: %(default)s")
    parser.add_argument("--photo", metavar="PHOTO", help="a photograph with a face (default: scikit-image's astronaut)")


def run(args: argparse.Namespace) -> int:
    """Makes the pictures, the sheet and the report."""
    from phiz.demo import contact_sheet  # noqa: PLC0415 (Pillow takes its time; the other commands need none)
    from phiz.demo.server import running_server  # noqa: PLC0415
    from phiz.demo.story import tell  # noqa: PLC0415

    started = time.perf_counter()
    photo = _photo(args.photo)
    gray = photo.convert("L")
    files.write(args.out / "photo.png", _png(photo))
    files.write(args.out / "gray.png", _png(gray))
    steps: list[Step] = []
    with running_server(args.out / "server.log") as address, Client(address) as client:
        print(_ROW.format("call", "ms", "pictures", "models"))
        for step in tell(client, _png(photo), _png(gray)):
            steps.append(step)
            for name, picture in step.pictures.items():
                files.write(args.out / name, picture.data)
            print(_table_row(step), flush=True)
    sheet = args.out / "contact_sheet.png"
    files.write(sheet, _png(contact_sheet.draw(photo, gray, steps)))
    seconds = time.perf_counter() - started
    report = {
        "photo": args.photo or "skimage.data.astronaut",
        "width_px": photo.width,
        "height_px": photo.height,
        "seconds": round(seconds, 2),
        "calls": [step.report() for step in steps],
    }
    files.write(args.out / "report.json", json.dumps(report, indent=2).encode() + b"\n")
    print(f"\n{sheet}  ({seconds:.1f} s in all)")
    return 0


def _photo(file: str | None) -> "Image.Image":
    from PIL import Image  # noqa: PLC0415

    from phiz.pictures import decode  # noqa: PLC0415

    if file is None:
        try:
            from skimage.data import astronaut  # noqa: PLC0415
        except ImportError as error:
            message = f"{error}: install 'phiz[demo]', or give a photograph with --photo"
            raise PhizError(grpc.StatusCode.FAILED_PRECONDITION, "DEMO_NOT_INSTALLED", message) from error
        photo = Image.fromarray(astronaut())
    else:
        try:
            photo = decode(files.read(file))
        except PhizError as error:
            raise PhizError(error.code, error.reason, f"{file}: {error.message}") from error
        except (OSError, Image.DecompressionBombError) as error:
            message = f"{file}: is not a picture that can be read"
            raise PhizError(grpc.StatusCode.INVALID_ARGUMENT, "IMAGE_UNREADABLE", message) from error
    photo.thumbnail((_LONGEST_PX, _LONGEST_PX))
    return photo


def _png(picture: "Image.Image") -> bytes:
    stream = io.BytesIO()
    picture.save(stream, "PNG")
    return stream.getvalue()


def _table_row(step: "Step") -> str:
    pictures = list(step.pictures.values())
    size = f"{len(pictures)} x {pictures[0].width_px}x{pictures[0].height_px} px" if pictures else ""
    models = ", ".join(f"{name} {version}" for name, version in step.models.items())
    return _ROW.format(step.rpc, f"{step.milliseconds:.0f}", size, models)
