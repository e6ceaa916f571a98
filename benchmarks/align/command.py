"""``python -m benchmarks align``: from the arguments to the report."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

from benchmarks.align import measure, report
from benchmarks.align.detectors import NAMES, Sources, open_detector
from benchmarks.align.pictures import Picture, annotated, face_free
from benchmarks.errors import MissingError

_ROLLS: Final = (0, -30, 30)
_TIMED: Final = 60
_MEASURED_BY: Final = ("onnxruntime", "opencv-python-headless", "numpy", "scikit-image")


def add_arguments(parser: ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--data", type=Path, required=True, help="folder of landmarks/, portraits/ and teacher/")
    parser.add_argument("--models", type=Path, default=Path("model_repository"), help="Phiz's model repository")
    parser.add_argument("--face-free", type=Path, help="folder of further pictures without a face")
    parser.add_argument("--detectors", nargs="+", choices=NAMES, default=NAMES, help="default: all")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder for align.json, .csv and .png")
    parser.add_argument("--workers", type=int, default=measure.cores(), help="processes")
    parser.set_defaults(command=run)


def run(arguments: Namespace) -> None:
    """Measures, prints the table and writes the report.

    Raises:
        MissingError: there is no photograph or no detector at all.
    """
    sources = Sources(arguments.models, arguments.data / "teacher")
    photographs, notes = annotated(arguments.data)
    empty, more = face_free(arguments.data, arguments.face_free)
    names, absent = _present(arguments.detectors, sources)
    notes += more + absent
    if not photographs:
        raise MissingError("; ".join(notes))
    if not names:
        raise MissingError("; ".join(absent))
    findings = measure.find_all([*photographs, *empty], _ROLLS, names, sources, arguments.workers)
    times = measure.time_all(_spread(photographs, _TIMED), names, sources)
    result = report.summarize(findings, times, notes, {name: version(name) for name in _MEASURED_BY})
    print(report.text(result), end="")
    report.write(result, findings, arguments.out)
    print(f"\nwritten: {arguments.out}/align.json, align.csv (each picture), align.png")


def _present(names: Sequence[str], sources: Sources) -> tuple[list[str], list[str]]:
    """The detectors that can be opened, and a note for each that cannot."""
    present, notes = [], []
    for name in names:
        try:
            open_detector(name, sources)
        except MissingError as missing:
            notes.append(f"{name} is left out: {missing}")
        else:
            present.append(name)
    return present, notes


def _spread(pictures: Sequence[Picture], count: int) -> list[Picture]:
    """At most about ``count`` pictures, evenly from each set."""
    chosen = []
    groups = list(dict.fromkeys(picture.group for picture in pictures))
    for group in groups:
        members = [picture for picture in pictures if picture.group == group]
        chosen += members[:: max(1, len(members) * len(groups) // count)]
    return chosen
