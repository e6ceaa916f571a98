"""``phiz morph``: the way from face to face."""

import argparse
import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

from phiz.cli import faces, files, options
from phiz.cli.report import Report
from phiz.cli.session import bar, connect
from phiz.errors import PhizError
from phiz.v1.phiz_pb2 import (
    ANIMATION_FORMAT_GIF,
    ANIMATION_FORMAT_UNSPECIFIED,
    ANIMATION_FORMAT_WEBP,
    EASING_IN_OUT,
    EASING_LINEAR,
    AnimationFormat,
    MorphFrame,
)

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers

_ANIMATIONS = {".webp": ANIMATION_FORMAT_WEBP, ".gif": ANIMATION_FORMAT_GIF}
_EASINGS = {"in-out": EASING_IN_OUT, "linear": EASING_LINEAR}


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(
        subparsers,
        "morph",
        run,
        description="Turn one face into another.",
        example="phiz morph a.jpg seed:7 --frames 48 --size 256 --loop --out morph.webp",
    )
    faces.add_to(parser)
    parser.add_argument(
        "--frames", metavar="N", type=options.whole(2), default=24, help="number of frames (default: 24)"
    )
    parser.add_argument(
        "--easing", choices=_EASINGS, default="in-out", help="slow at each face, or at one speed (default: in-out)"
    )
    parser.add_argument("--loop", action="store_true", help="lead on from the last face to the first")
    parser.add_argument(
        "--milliseconds", metavar="MS", type=options.whole(10, 10_000), default=0, help="time of a frame (default: 60)"
    )
    options.add_preset(parser)
    parser.add_argument(
        "--out",
        metavar="PATH",
        default="morph.webp",
        help="an animation that ends in .webp or .gif, or a folder for the frames (default: %(default)s)",
    )
    options.add_pictures(parser, made=True)
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Makes the frames and writes each as it comes, or the animation."""
    if len(args.faces) < 2:
        raise files.UsageError("morph needs two faces or more")
    animation = _animation(args)
    out = Path(args.out)
    image_format = args.format or "png"
    width = len(str(args.frames - 1))
    frames = [out / f"frame-{i:0{width}}{files.suffix_of(image_format)}" for i in range(args.frames)]
    files.refuse_clashes(faces.files_among(args.faces), [out] if animation else frames)

    report = Report(args.json)
    loaded = faces.load_all(args.faces, report)
    if report.exit_code:
        return report.exit_code
    with connect(args) as client, bar(args.frames, "frame", shown=True) as progress:
        started = time.perf_counter()
        parts = client.morph(
            loaded,
            frames=args.frames,
            easing=_EASINGS[args.easing],
            loop=args.loop,
            animation=animation,
            frame_milliseconds=args.milliseconds,
            preset=options.preset(args),
            output=options.image_options(args, image_format),
        )
        try:
            with contextlib.closing(parts):
                for part in parts:
                    if part.HasField("animation"):
                        files.write(out, part.animation.data)
                        seconds = time.perf_counter() - started
                        fields = {"output": str(out), "frames": args.frames, "seconds": round(seconds, 3)}
                        report.result(fields, f"{out}  ({args.frames} frames, {seconds:.1f} s)")
                    elif part.HasField("frame"):
                        if not animation:
                            _write(frames[part.frame.index], part.frame, report)
                        progress.update()
        except PhizError as error:
            report.failure(faces.at_fault(args.faces, error), error)
    return report.exit_code


def _animation(args: argparse.Namespace) -> AnimationFormat:
    """The animation that ``--out`` names; unspecified where it names a folder."""
    suffix = Path(args.out).suffix.lower()
    if not args.out:
        raise files.UsageError("--out is empty")
    if args.out.endswith("/") or Path(args.out).is_dir() or not suffix:
        if args.milliseconds:
            raise files.UsageError("--milliseconds is for animations; --out names a folder")
        return ANIMATION_FORMAT_UNSPECIFIED
    if suffix not in _ANIMATIONS:
        raise files.UsageError(f"--out {args.out}: an animation ends in {', '.join(_ANIMATIONS)}")
    if args.format:
        raise files.UsageError("--format is for frames in a folder; --out names an animation")
    return _ANIMATIONS[suffix]


def _write(path: Path, frame: MorphFrame, report: Report) -> None:
    files.write(path, frame.image.data)
    report.result({"file": str(path), "position": round(frame.position, 4)}, str(path))
