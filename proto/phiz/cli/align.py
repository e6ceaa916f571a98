"""``phiz align``: the faces of photographs."""

import argparse
import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phiz.cli import files, options
from phiz.cli.session import Result, each_file
from phiz.client import Client
from phiz.v1.face_pb2 import (
    FACE_ORDER_BEST_SCORE_FIRST,
    FACE_ORDER_LARGEST_FIRST,
    FACE_ORDER_LEFT_TO_RIGHT,
    Face,
)

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers

_QUALITY = 92

_ORDERS = {
    "largest": FACE_ORDER_LARGEST_FIRST,
    "left": FACE_ORDER_LEFT_TO_RIGHT,
    "score": FACE_ORDER_BEST_SCORE_FIRST,
}


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "align",
        run,
        description="Find the faces of photographs.",
        example="phiz align family.jpg --crops faces/ --overlay found.png",
    )
    parser.add_argument("files", metavar="PHOTO", nargs="+", help="JPEG, PNG or WebP file")
    parser.add_argument(
        "--max-faces", metavar="N", type=options.whole(1), default=0, help="most faces a photograph (default: 64)"
    )
    parser.add_argument(
        "--min-size",
        metavar="PX",
        type=options.whole(1),
        default=0,
        help="smallest face, from the brows to the chin in pixels (default: 16)",
    )
    parser.add_argument("--order", choices=_ORDERS, default="largest", help="which faces come first (default: largest)")
    parser.add_argument(
        "--include-cut-off", action="store_true", help="also faces with eyes or mouth beyond the photograph's edge"
    )
    parser.add_argument("--crops", metavar="DIR", help="write the faces, cut out upright, as DIR/PHOTO-face-1.png, ...")
    parser.add_argument(
        "--overlay",
        metavar="PATH",
        help="write the photograph with boxes and landmarks drawn over it: a file, or a folder for PHOTO-faces.png",
    )
    options.add_pictures(parser)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Finds the faces of one photograph after the other."""
    image_format = args.format or "png"
    suffix = files.suffix_of(image_format)
    overlay = files.Destination.of(args.overlay, several=len(args.files) > 1, option="--overlay")
    overlay_format = overlay.image_format(args)
    overlay_of = {} if args.overlay is None else _overlay_paths(args.files, overlay, overlay_format)
    outputs = list(overlay_of.values())
    if args.crops is not None:
        outputs += [_crop_path(args.crops, file, 1, suffix) for file in args.files]
    files.refuse_clashes(args.files, outputs)

    def align(client: Client, file: str) -> Result:
        photo = files.read(file)
        answer = client.align(
            photo,
            max_faces=args.max_faces,
            min_size_px=args.min_size,
            order=_ORDERS[args.order],
            include_cut_off=args.include_cut_off,
            output=options.image_options(args, image_format),
        )
        if args.crops is not None:
            for number, face in enumerate(answer.faces, 1):
                files.write(_crop_path(args.crops, file, number, suffix), face.crop.data)
        if file in overlay_of:
            files.write(overlay_of[file], _marked(photo, answer.faces, overlay_format, args.quality or _QUALITY))
        lines = [f"{file}: {len(answer.faces)} {'face' if len(answer.faces) == 1 else 'faces'}"]
        lines += [_line(number, face) for number, face in enumerate(answer.faces, 1)]
        return {"file": file, "faces": [_fields(face) for face in answer.faces]}, "\n".join(lines)

    return each_file(args, args.files, align)


def _overlay_paths(names: Sequence[str], overlay: files.Destination, image_format: str) -> dict[str, Path]:
    suffix = files.suffix_of(image_format)
    return {name: overlay.path(f"{Path(name).stem}-faces{suffix}") for name in names}


def _marked(photo: bytes, faces: Sequence[Face], image_format: str, quality: int) -> bytes:
    """The photograph's file with the faces drawn over it."""
    from phiz.pictures import decode, mark  # noqa: PLC0415 (Pillow takes its time; without an overlay none is needed)

    stream = io.BytesIO()
    mark(decode(photo), faces).save(stream, image_format, quality=quality)
    return stream.getvalue()


def _crop_path(folder: str, file: str, number: int, suffix: str) -> Path:
    return Path(folder) / f"{Path(file).stem}-face-{number}{suffix}"


def _fields(face: Face) -> dict[str, object]:
    box, marks = face.box, face.landmarks
    points = (marks.left_eye, marks.right_eye, marks.nose, marks.mouth_left, marks.mouth_right)
    return {
        "box_px": [round(value, 2) for value in (box.x_px, box.y_px, box.width_px, box.height_px)],
        "landmarks_px": [[round(point.x_px, 2), round(point.y_px, 2)] for point in points],
        "score": round(face.score, 4),
        "roll_degrees": round(face.roll_degrees, 2),
        "cut_off": face.cut_off,
    }


def _line(number: int, face: Face) -> str:
    box = face.box
    return (
        f"  {number}. {box.width_px:.0f} x {box.height_px:.0f} px at ({box.x_px:.0f}, {box.y_px:.0f}), "
        f"score {face.score:.2f}, roll {face.roll_degrees:.1f} degrees{', cut off' if face.cut_off else ''}"
    )
