"""``phiz translate``: pictures into other ones, by a task's model, or by a filter alone."""

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from phiz.calls import Region
from phiz.cli import files, options
from phiz.cli.session import Result, each_file
from phiz.client import Client
from phiz.errors import PhizError
from phiz.v1.phiz_pb2 import Filter, Margins, Rectangle

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "translate",
        run,
        description="Translate pictures: lines or layers into photographs, holes into what may have been there.",
        example="phiz translate me.jpg --task sketch --save-input",
    )
    parser.add_argument("files", metavar="PICTURE", nargs="+", help="JPEG, PNG or WebP file")
    parser.add_argument("--task", metavar="NAME", default="", help="what to do; phiz models tells the tasks")
    parser.add_argument(
        "--as-input", action="store_true", help="take the pictures as the task's input; without, it is made of them"
    )
    parser.add_argument("--save-input", action="store_true", help="write the input that the model saw, too")
    parser.add_argument(
        "--filter", metavar="NAME", default="", help="what makes the input (default: as the task says); or, alone, all"
    )
    parser.add_argument(
        "--levels", metavar="L,L,...", type=options.whole_numbers(), default=[], help="of rgb_thresholds and contours"
    )
    parser.add_argument("--low", metavar="G", type=float, help="of canny: gradient above which an edge goes on")
    parser.add_argument("--high", metavar="G", type=float, help="of canny: gradient above which an edge starts")
    parser.add_argument("--line", metavar="PX", type=float, help="of sketch: how broad strokes are")
    region = parser.add_mutually_exclusive_group()
    region.add_argument("--mask", metavar="FILE", help="a picture as large, light where to fill: of inpaint")
    region.add_argument(
        "--rectangle", metavar="X,Y,W,H", type=options.whole_numbers(4), help="a part to fill, in pixels: of inpaint"
    )
    region.add_argument(
        "--margins", metavar="L,T,R,B", type=options.whole_numbers(4), help="pixels to add at each edge: of outpaint"
    )
    options.add_out(parser, "PICTURE-TASK.png here")
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Translates one picture after the other."""
    what = args.task or args.filter
    if not what:
        raise files.UsageError("--task or --filter is needed")
    if args.save_input and not args.task:
        raise files.UsageError("--save-input needs a --task")
    destination = files.Destination.of(args.out, several=len(args.files) > 1)
    image_format = destination.image_format(args)
    suffix = files.suffix_of(image_format)
    outputs = [destination.path(f"{Path(file).stem}-{what}{suffix}") for file in args.files]
    inputs = [output.with_name(f"{output.stem}-input{output.suffix}") for output in outputs]
    files.refuse_clashes([*args.files, *([args.mask] if args.mask else [])], _written(args, outputs, inputs))
    places = dict(zip(args.files, zip(outputs, inputs, strict=True), strict=True))
    region = _region(args)

    def translate(client: Client, file: str) -> Result:
        picture = files.read(file)
        started = time.perf_counter()
        answer = client.translate(
            picture,
            args.task,
            as_input=args.as_input,
            filter=_filter(args),
            region=region,
            include_input=args.save_input,
            output=options.image_options(args, image_format),
        )
        seconds = time.perf_counter() - started
        output, seen = places[file]
        files.write(output, answer.image.data)
        if args.save_input:
            files.write(seen, answer.input.data)
        size = {"width_px": answer.image.width_px, "height_px": answer.image.height_px}
        saved = {"input": str(seen)} if args.save_input else {}
        fields = {"file": file, "output": str(output), **saved, **size, "seconds": round(seconds, 3)}
        shown = f"{answer.image.width_px} x {answer.image.height_px} px, {seconds:.1f} s"
        return fields, f"{file} -> {output}  ({shown})"

    return each_file(args, args.files, translate)


def _written(args: argparse.Namespace, outputs: Sequence[Path], inputs: Sequence[Path]) -> list[Path]:
    return [*outputs, *inputs] if args.save_input else list(outputs)


def _filter(args: argparse.Namespace) -> Filter:
    return Filter(name=args.filter, levels=args.levels, low=args.low, high=args.high, line_px=args.line)


def _region(args: argparse.Namespace) -> Region | None:
    if args.mask:
        try:
            return files.read(args.mask)
        except PhizError as error:
            raise PhizError(error.code, error.reason, f"{args.mask}: {error.message}") from error
    if args.rectangle:
        x_px, y_px, width_px, height_px = args.rectangle
        return Rectangle(x_px=x_px, y_px=y_px, width_px=width_px, height_px=height_px)
    if args.margins:
        left_px, top_px, right_px, bottom_px = args.margins
        return Margins(left_px=left_px, top_px=top_px, right_px=right_px, bottom_px=bottom_px)
    return None
