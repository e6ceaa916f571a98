"""``python -m benchmarks serve``: loads each system as if many called it, and writes down what that shows."""

import os
import statistics
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import astuple
from pathlib import Path

from tqdm import tqdm

from benchmarks.errors import MissingError
from benchmarks.serve import report, systems
from benchmarks.serve.calls import Rpc
from benchmarks.serve.measure import Figures, capacity, measure
from benchmarks.serve.systems import System

LOADS = (0.5, 0.8, 1.0, 1.5)


def add_arguments(parser: ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--models", type=Path, default=Path("model_repository"), help="model repository")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder of serve.md, .json, .png")
    parser.add_argument("--rpcs", nargs="+", type=Rpc, default=list(Rpc), help="Generate, Colorize, Mix: those only")
    parser.add_argument("--seconds", type=float, default=10.0, help="of each load that count")
    parser.add_argument("--repeats", type=int, default=3, help="times that everything is measured")
    parser.add_argument("--without-triton", action="store_true", help="leave Phiz with Triton out")
    parser.set_defaults(command=run)


def run(arguments: Namespace) -> None:
    """Prints the table, and writes it with a plot into ``out``.

    Raises:
        MissingError: there are too few cores, or k6, Triton or a model is not there.
    """
    core, *others = sorted(os.sched_getaffinity(0))
    if not others:
        raise MissingError("there is one core only: servers and callers need one each")
    os.sched_setaffinity(0, others)  # of this process, and of k6, which takes after it
    rows = [row for rpc in arguments.rpcs for row in _measure(rpc, arguments, core)]
    arguments.out.mkdir(parents=True, exist_ok=True)
    report.write(rows, arguments.out)
    print(report.table(rows))


def _measure(rpc: Rpc, arguments: Namespace, core: int) -> list[report.Row]:
    """All systems at all loads: the median of each figure over the repeats."""
    found: dict[tuple[str, float], list[Figures]] = {}
    with ExitStack() as running:
        floor = running.enter_context(systems.bare(arguments.models, core))
        measured = [floor, running.enter_context(systems.embedded(arguments.models, core))]
        if not arguments.without_triton:
            measured.append(running.enter_context(systems.with_triton(arguments.models, core)))
        progress = tqdm(total=arguments.repeats * len(LOADS) * len(measured), desc=rpc.value, file=sys.stderr)
        for repeat in range(arguments.repeats):
            most = capacity(floor, rpc, arguments.seconds)
            for load in LOADS:
                for system in _in_turn(measured, repeat):
                    figures = measure(system, rpc, load * most, arguments.seconds)
                    found.setdefault((system.name, load), []).append(figures)
                    progress.update()
        progress.close()
    return [report.Row(rpc, name, load, _middle(repeats)) for (name, load), repeats in found.items()]


def _in_turn(measured: Sequence[System], repeat: int) -> Sequence[System]:
    """Another one is the first in each repeat."""
    first = repeat % len(measured)
    return [*measured[first:], *measured[:first]]


def _middle(repeats: Sequence[Figures]) -> Figures:
    """The median of each figure."""
    return Figures(*map(statistics.median, zip(*map(astuple, repeats), strict=True)))
