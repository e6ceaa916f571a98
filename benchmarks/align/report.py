"""What was measured, as a table to read, as JSON, as one row a finding, and as a plot."""

import csv
import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import matplotlib.pyplot as plt
import numpy as np

from benchmarks.align.measure import TIMED_PX, Finding
from benchmarks.align.metrics import FOUND_WITHIN, Accuracy, accuracy
from benchmarks.align.pictures import FACE_FREE

_PLOTTED_TO: Final = 0.2


@dataclass(frozen=True)
class Report:
    """All figures of one run.

    Attributes:
        accuracy: by set, by roll in degrees (both directions together), by detector.
        face_free_pictures: in how many pictures without a face faces were looked for.
        false_faces_per_100: by detector, in 100 pictures without a face.
        milliseconds: by detector, the median over the timed photographs.
        timed_photographs: how many those were.
        notes: what was left out, and why.
        versions: of what was measured and what ran it.
    """

    accuracy: Mapping[str, Mapping[int, Mapping[str, Accuracy]]]
    face_free_pictures: int
    false_faces_per_100: Mapping[str, float]
    milliseconds: Mapping[str, float]
    timed_photographs: int
    notes: Sequence[str]
    versions: Mapping[str, str]


def summarize(
    findings: Sequence[Finding],
    times: Mapping[str, Sequence[float]],
    notes: Sequence[str],
    versions: Mapping[str, str],
) -> Report:
    """Sums up what was found and how long it took."""
    detectors = list(dict.fromkeys(finding.detector for finding in findings))
    errors = _errors(findings)
    empty = [finding for finding in findings if finding.picture.group == FACE_FREE]
    pictures = len(empty) // len(detectors)
    false_faces = {
        name: 100.0 * sum(finding.faces for finding in empty if finding.detector == name) / pictures
        for name in detectors
        if pictures
    }
    return Report(
        {
            group: {
                roll: {name: accuracy(values) for name, values in by_name.items()} for roll, by_name in by_roll.items()
            }
            for group, by_roll in errors.items()
        },
        pictures,
        false_faces,
        {name: float(np.median(values)) for name, values in times.items()},
        max(map(len, times.values()), default=0),
        notes,
        versions,
    )


def text(report: Report) -> str:
    """The table."""
    lines = [
        "Eye error: mean distance of both eyes to the annotated ones over the annotated distance between the eyes, of",
        f"the faces that were found: the point between the eyes within {FOUND_WITHIN} of that distance.",
        "",
        f"{'set':<16}{'rolled':>7}{'faces':>7}  {'detector':<13}{'found %':>8}{'mean':>8}{'median':>8}{'p95':>8}",
    ]
    for group, by_roll in report.accuracy.items():
        for roll, by_name in by_roll.items():
            for name, row in by_name.items():
                turn = f"+-{roll}" if roll else "0"
                figures = "".join(f"{_number(value):>8}" for value in (row.mean, row.median, row.p95))
                lines.append(f"{group:<16}{turn:>7}{row.photographs:>7}  {name:<13}{row.found_percent:>8.1f}{figures}")
            lines.append("")
    lines += [
        f"False faces in 100 of {report.face_free_pictures} pictures without a face, and median milliseconds",
        f"on one core for one of {report.timed_photographs} photographs at {TIMED_PX} px, decoding excluded:",
        "",
        f"{'detector':<13}{'false faces':>12}{'ms':>8}",
    ]
    for name in report.milliseconds:
        false_faces = _number(report.false_faces_per_100.get(name), 2)
        lines.append(f"{name:<13}{false_faces:>12}{report.milliseconds[name]:>8.1f}")
    lines += ["", *(f"note: {note}" for note in report.notes)]
    return "\n".join(lines).rstrip() + "\n"


def write(report: Report, findings: Sequence[Finding], folder: Path) -> None:
    """Writes ``align.json``, ``align.csv`` (one row a finding) and ``align.png`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "align.json", (json.dumps(asdict(report), indent=2) + "\n").encode())
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(("set", "picture", "roll_degrees", "detector", "faces", "eye_error"))
    for found in findings:
        error = "" if found.error is None else f"{found.error:.4f}"
        row = (found.picture.group, found.picture.name, found.roll_degrees, found.detector, found.faces, error)
        writer.writerow(row)
    _replace(folder / "align.csv", table.getvalue().encode())
    _replace(folder / "align.png", _plot(_errors(findings)))


_Errors = dict[str, dict[int, dict[str, list[float | None]]]]


def _errors(findings: Sequence[Finding]) -> _Errors:
    """By set, by roll, by detector; in the order in which they came, upright first."""
    errors: _Errors = {}
    for finding in sorted(findings, key=lambda finding: abs(finding.roll_degrees)):
        if finding.picture.eyes is not None:
            by_roll = errors.setdefault(finding.picture.group, {})
            by_name = by_roll.setdefault(abs(finding.roll_degrees), {})
            by_name.setdefault(finding.detector, []).append(finding.error)
    return errors


def _plot(errors: _Errors) -> bytes:
    """Cumulative error distributions: a row of panels for each roll, a panel for each set. PNG."""
    rolls = sorted({roll for by_roll in errors.values() for roll in by_roll})
    rows, columns = max(1, len(rolls)), max(1, len(errors))
    figure, panels = plt.subplots(rows, columns, figsize=(4.2 * columns, 3.4 * rows), squeeze=False, sharey=True)
    for row, roll in enumerate(rolls):
        for panel, (group, by_roll) in zip(panels[row], errors.items(), strict=True):
            for name, values in by_roll[roll].items():
                found = np.sort([value for value in values if value is not None])
                share = 100.0 * np.arange(1, len(found) + 1) / len(values)
                panel.plot(np.append(found, 1.0), np.append(share, share[-1:] if len(found) else 0.0), label=name)
            panel.set(title=group + (f", rolled by {roll} degrees" if roll else ""), xlim=(0, _PLOTTED_TO))
            panel.set(ylim=(0, 101), xticks=(0.05, 0.1, 0.15, 0.2), xlabel="eye error / interocular distance")
            panel.grid(alpha=0.3)
        panels[row][0].set_ylabel("faces within that error, %")
    if errors:
        panels[0][0].legend(loc="lower right", frameon=False)
    figure.tight_layout()
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=110)
    plt.close(figure)
    return png.getvalue()


def _number(value: float | None, digits: int = 4) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
