"""What was measured, as tables to read, as JSON, and as a plot."""

import io
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes

from benchmarks.inversion.measure import STEPS, Mixes, Race
from benchmarks.inversion.published import Space

_POINTS = 200
_OURS = "Phiz"


@dataclass(frozen=True)
class Level:
    """Medians over the pictures where an algorithm stood at some point: gradients, seconds, PSNR in dB."""

    evaluations: float
    seconds: float
    psnr_db: float


@dataclass(frozen=True)
class Equal:
    """Both algorithms at the loss that the published one has after some outer calls.

    Attributes:
        theirs: the published one.
        evaluations: ours, median.
        seconds: ours, median.
        ratio: the published one's time over ours: median.
        least_ratio: the least of them.
        reached: share of pictures on which ours came to that loss at all; the others count in no median.
    """

    theirs: Level
    evaluations: float
    seconds: float
    ratio: float
    least_ratio: float
    reached: float


@dataclass(frozen=True)
class Mixed:
    """Whom mixes show, as distances of identities.

    Attributes:
        parents: of two parents, median.
        mix: of a mix to a parent, median.
        rebuilt: of an inverted parent to itself, median.
        farther: of a mix to the farther parent, as a part of the parents' own: median.
        between: share of mixes that are nearer to both parents than those are to each other.
        pairs: each pair's own: of the parents, and of the mix to the first and to the second.
    """

    parents: float
    mix: float
    rebuilt: float
    farther: float
    between: float
    pairs: Sequence[tuple[float, float, float]]


@dataclass(frozen=True)
class Report:
    """All figures of one run.

    Attributes:
        faces: how many were inverted by both.
        ours: by limit of evaluations.
        equal: by where the published algorithm looked, and by its outer calls.
        mixes: by the limit of evaluations that the parents were inverted with.
        versions: of what measured.
    """

    faces: int
    ours: Mapping[int, Level]
    equal: Mapping[str, Mapping[int, Equal]]
    mixes: Mapping[int, Mixed]
    versions: Mapping[str, str]


def summarize(races: Sequence[Race], mixes: Mapping[int, Mixes], versions: Mapping[str, str]) -> Report:
    """Sums up what was measured."""
    return Report(
        faces=len(races),
        ours={
            steps: Level(
                steps,
                _median([race.seconds[i] for race in races]),
                _median(psnr_db([race.losses[i] for race in races])),
            )
            for i, steps in enumerate(STEPS)
        },
        equal={
            space.value: {mark: _equal(races, space, mark) for mark in marks} for space, marks in races[0].equal.items()
        },
        mixes={steps: _mixed(each) for steps, each in mixes.items()},
        versions=versions,
    )


def _mixed(mixes: Mixes) -> Mixed:
    farther = mixes.mix.max(axis=1)
    return Mixed(
        parents=_median(mixes.parents),
        mix=_median(mixes.mix),
        rebuilt=_median(mixes.rebuilt),
        farther=_median(farther / mixes.parents),
        between=float((farther < mixes.parents).mean()),
        pairs=[(float(d), float(a), float(b)) for d, (a, b) in zip(mixes.parents, mixes.mix, strict=True)],
    )


def _equal(races: Sequence[Race], space: Space, mark: int) -> Equal:
    theirs, ours = [], []
    for race in races:
        trace = race.theirs[space]
        last = trace.calls[mark - 1] - 1
        theirs.append((last + 1, trace.seconds[last], float(psnr_db([trace.losses[last]])[0])))
        ours.append(race.equal[space][mark])
    both = [(a[1], b[0], b[1]) for a, b in zip(theirs, ours, strict=True) if b is not None]
    ratios = [slow / quick for slow, _, quick in both]
    evaluations, seconds, quality = (_median(column) for column in zip(*theirs, strict=True))
    return Equal(
        Level(evaluations, seconds, quality),
        _median([count for _, count, _ in both]),
        _median([quick for _, _, quick in both]),
        _median(ratios),
        min(ratios, default=float("nan")),
        len(both) / len(races),
    )


def text(report: Report) -> str:
    """The tables."""
    lines = [
        f"Medians over {report.faces} held-out faces, one at a time, on one thread; the same graph for both.",
        "",
        f"Phiz   {'evaluations':>12}{'ms':>9}{'PSNR dB':>10}",
        *(f"       {steps:>12}{1000 * row.seconds:>9.1f}{row.psnr_db:>10.2f}" for steps, row in report.ours.items()),
        "",
        "At the loss that the published algorithm has after so many outer calls (time ratio: median, and least):",
        "",
        f"{'published':>48}{_OURS:>19}",
        f"{'over':<5}{'calls':>5}{'PSNR dB':>9}{'reached %':>11}{'evals':>8}{'ms':>10}"
        f"{'evals':>9}{'ms':>10}{'ratio':>8}{'least':>7}",
    ]
    for space, rows in report.equal.items():
        for calls, row in rows.items():
            theirs = f"{row.theirs.evaluations:>8.0f}{1000 * row.theirs.seconds:>10.0f}"
            ours = f"{row.evaluations:>9.0f}{1000 * row.seconds:>10.1f}{row.ratio:>8.1f}{row.least_ratio:>7.1f}"
            lines.append(f"{space:<5}{calls:>5}{row.theirs.psnr_db:>9.2f}{100 * row.reached:>11.0f}{theirs}{ours}")
    for steps, mixed in report.mixes.items():
        others = [f"{d:.2f}: {a:.2f} and {b:.2f}" for d, a, b in mixed.pairs if max(a, b) >= d]
        lines += [
            "",
            f"Identity in {len(mixed.pairs)} pairs of photographs, {steps} evaluations each; distances, medians:",
            f"{mixed.parents:.3f} between the parents, {mixed.mix:.3f} from the mix to a parent, {mixed.rebuilt:.3f}",
            f"from an inverted photograph to itself; to the farther parent {mixed.farther:.2f} of the parents' own.",
            f"{100 * mixed.between:.0f} % of the mixes are nearer to both parents than those are to each other; the",
            f"others (parents: mix to each): {'; '.join(others) or 'none'}.",
        ]
    return "\n".join(lines) + "\n"


def write(report: Report, races: Sequence[Race], folder: Path) -> None:
    """Writes ``inversion.json`` and ``inversion.png`` into ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    _replace(folder / "inversion.json", (json.dumps(asdict(report), indent=2) + "\n").encode())
    _replace(folder / "inversion.png", _plot(races))


def psnr_db(losses: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Mean squared errors of pixels in 0..1 to decibels."""
    return -10.0 * np.log10(np.maximum(np.asarray(losses, np.float64), 1e-10))


def _plot(races: Sequence[Race]) -> bytes:
    """PSNR over evaluations and over seconds: the median of the pictures, and the middle half of them. PNG."""
    figure, (by_evaluations, by_seconds) = plt.subplots(1, 2, figsize=(11, 4.2), sharey=True)
    ours = np.stack([psnr_db(race.losses) for race in races])
    _band(by_evaluations, np.array(STEPS) + 1, ours, _OURS, "o")  # with the first one, of the encoder's guess
    _band(by_seconds, np.median([race.seconds for race in races], axis=0), ours, _OURS, "o")
    for space in Space:
        traces = [race.theirs[space] for race in races]
        counts = np.unique(np.geomspace(1, min(len(trace.losses) for trace in traces), _POINTS).astype(int))
        rows = [psnr_db(trace.losses)[counts - 1] for trace in traces]
        _band(by_evaluations, counts, np.stack(rows), f"published, over {space.value}")
        first, last = max(trace.seconds[0] for trace in traces), min(trace.seconds[-1] for trace in traces)
        times = np.geomspace(first, max(first, last), _POINTS)
        rows = [psnr_db(trace.losses)[np.searchsorted(trace.seconds, times, "right") - 1] for trace in traces]
        _band(by_seconds, times, np.stack(rows), f"published, over {space.value}")
    by_evaluations.set(xlabel="evaluations of the generator and its gradient", ylabel="PSNR, dB")
    by_seconds.set_xlabel("seconds on one core")
    for panel in (by_evaluations, by_seconds):
        panel.set_xscale("log")
        panel.grid(alpha=0.3)
    by_evaluations.legend(loc="lower right", frameon=False)
    figure.tight_layout()
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=110)
    plt.close(figure)
    return png.getvalue()


def _band(
    panel: Axes, x: npt.NDArray[np.generic], rows: npt.NDArray[np.float64], label: str, marker: str | None = None
) -> None:
    low, middle, high = np.percentile(rows, (25, 50, 75), axis=0)
    (line,) = panel.plot(x, middle, label=label, marker=marker, markersize=4)
    panel.fill_between(x, low, high, alpha=0.2, color=line.get_color())


def _median(values: npt.ArrayLike) -> float:
    numbers = np.asarray(values, np.float64)
    return float(np.median(numbers)) if numbers.size else float("nan")


def _replace(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f".{path.name}.{os.getpid()}")
    unfinished.write_bytes(content)
    unfinished.replace(path)
