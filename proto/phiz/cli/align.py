"""``phiz align``: the faces of photographs."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from phiz.cli import files, options
from phiz.cli.session import Result, each_file
from phiz.client import Client
from phiz.v1.face_pb2 import Face

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "align",
        run,
        description="Find the faces of photographs.",
        example="phiz align family.jpg --crops faces/",
    )
    parser.add_argument("files", metavar="PHOTO", nargs="+", help="JPEG, PNG or WebP file")
    parser.add_argument(
        "--max-faces", metavar="N", type=options.whole(1), default=0, help="most faces a photograph (default: 32)"
    )
    parser.add_argument("--crops", metavar="DIR", help="write the faces, cut out upright, as DIR/PHOTO-face-1.png, ...")
    options.add_pictures(parser)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Finds the faces of one photograph after the other."""
    image_format = args.format or "png"
    suffix = files.suffix_of(image_format)
    if args.crops is not None:
        files.refuse_clashes(args.files, [_crop_path(args.crops, file, 1, suffix) for file in args.files])

    def align(client: Client, file: str) -> Result:
        answer = client.align(
            files.read(file), max_faces=args.max_faces, output=options.image_options(args, image_format)
        )
        if args.crops is not None:
            for number, face in enumerate(answer.faces, 1):
                files.write(_crop_path(args.crops, file, number, suffix), face.crop.data)
        lines = [f"{file}: {len(answer.faces)} {'face' if len(answer.faces) == 1 else 'faces'}"]
        lines += [_line(number, face) for number, face in enumerate(answer.faces, 1)]
        return {"file": file, "faces": [_fields(face) for face in answer.faces]}, "\n".join(lines)

    return each_file(args, args.files, align)


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
    }


def _line(number: int, face: Face) -> str:
    box = face.box
    return (
        f"  {number}. {box.width_px:.0f} x {box.height_px:.0f} px at ({box.x_px:.0f}, {box.y_px:.0f}), "
        f"score {face.score:.2f}, roll {face.roll_degrees:.1f} degrees"
    )
