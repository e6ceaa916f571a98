"""``python -m training prepare``: its arguments, and what they mean."""

import os
from argparse import ArgumentParser, Namespace
from dataclasses import asdict, replace
from pathlib import Path

from training.errors import TrainingError
from training.prepare.examine import Plan
from training.prepare.flow import Job
from training.prepare.flow import prepare as run
from training.prepare.layouts import DEFAULT_LAYOUTS, CelebaWindow, layout
from training.prepare.quality import NO_LIMITS, Limits
from training.prepare.source import read_photographs


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments of ``prepare`` to its parser."""
    parser.add_argument("--photos", type=Path, required=True, help="folder of photographs, or CSV table of them")
    parser.add_argument("--out", type=Path, required=True, help="folder to make")
    parser.add_argument(
        "--layouts",
        nargs="+",
        default=list(DEFAULT_LAYOUTS),
        metavar="LAYOUT",
        help=f"face_<n>, portrait_<w>x<h>, pixels_<w>x<h>, celeba_<n>; default: {' '.join(DEFAULT_LAYOUTS)}",
    )
    parser.add_argument("--faces", choices=("largest", "all"), default="largest", help="of each photograph")
    parser.add_argument("--persons", choices=("folder",), help="the first sub-folder names the person")
    parser.add_argument("--val", type=float, default=0.1, help="part to hold out; default: %(default)s")
    parser.add_argument("--filters", action="store_true", help="write sheets of the filter bank")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes; default: one a core")
    parser.add_argument("--repository", type=Path, default=Path("model_repository"), help="has the face finder")

    limits = parser.add_argument_group(
        "limits", "A face whose landmarks the table gives is only held to limits that are named."
    )
    defaults = Limits()
    for flag, field, kind, text in (
        ("--min-score", "min_score", float, "least score of the face finder, 0 to 1"),
        ("--min-size", "min_interocular_px", float, "least distance between the eyes in pixels"),
        ("--min-sharpness", "min_sharpness", float, "least variance of the Laplacian"),
        ("--max-yaw", "max_yaw_degrees", float, "greatest turn of the head to a side in degrees"),
        ("--max-roll", "max_roll_degrees", float, "greatest tilt of the head in degrees"),
        ("--max-beyond-edge", "max_beyond_edge", float, "greatest part of the face's square outside; 1 takes all"),
        (
            "--duplicate-bits",
            "duplicate_bits",
            int,
            "faces whose hashes differ in no more of 256 bits are one; -1: none",
        ),
    ):
        limits.add_argument(
            flag, type=kind, dest=field, metavar="N", help=f"{text}; default: {getattr(defaults, field):g}"
        )

    celeba = parser.add_argument_group("celeba_<n>", "Where its 108 pixel window lies in 178 x 218.")
    celeba.add_argument("--delta-i", type=float, default=0.0, metavar="PX", help="to the right")
    celeba.add_argument("--delta-j", type=float, default=0.0, metavar="PX", help="downwards")
    celeba.add_argument("--rotation", type=float, default=0.0, metavar="DEGREES", help="clockwise turn of the window")
    parser.set_defaults(command=prepare)


def prepare(arguments: Namespace) -> None:
    """Prepares a data set and prints what became of the photographs."""
    print(run(_job(arguments)))


def _job(arguments: Namespace) -> Job:
    out: Path = arguments.out
    if not 0 <= arguments.val <= 1:
        raise TrainingError(f"--val is a part of the whole, 0 to 1; {arguments.val:g} is not")
    if arguments.workers < 1:
        raise TrainingError("at least one worker is needed")
    if arguments.photos.is_dir() and out.resolve().is_relative_to(arguments.photos.resolve()):
        raise TrainingError(f"{out} lies within the photographs; it would be read as photographs the next time")
    named = {name: getattr(arguments, name) for name in asdict(Limits()) if getattr(arguments, name) is not None}
    window = CelebaWindow(arguments.delta_i, arguments.delta_j, arguments.rotation)
    layouts = tuple(layout(name, window) for name in dict.fromkeys(arguments.layouts))
    plan = Plan(layouts, replace(Limits(), **named), replace(NO_LIMITS, **named), arguments.faces)
    return Job(
        photographs=read_photographs(arguments.photos, folders_are_persons=arguments.persons == "folder"),
        out=out,
        plan=plan,
        repository=arguments.repository,
        val=arguments.val,
        workers=arguments.workers,
        filters=arguments.filters,
        settings={
            "layouts": [item.name for item in layouts],
            "celeba_window": asdict(window),
            "limits": asdict(plan.limits),
            "given_limits": asdict(plan.given_limits),
            "faces": plan.faces,
        },
    )
