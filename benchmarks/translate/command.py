"""How near translators come to the photographs of held-out people, and how long that takes.

``python -m benchmarks translate``, or ``make bench-translate``. Beside each translator stand what needs no model and,
with ``--pix2pix-seconds``, a pix2pix that is trained for so long on the same pairs.
"""

import statistics
import time
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from benchmarks.errors import MissingError
from benchmarks.runtime import newest, open_session
from benchmarks.translate import pix2pix, report
from benchmarks.translate.report import OURS, PIX2PIX, Row
from phiz_core import colour, filters
from phiz_core.geometry import ImageArray
from training.dataset import PackedImages
from training.errors import TrainingError
from training.evaluate.frozen import FrozenEncoder
from training.evaluate.translator import Examples, examples, figures, kept, trivial
from training.recipes.translator import TRUNK
from training.synthesis.faces import Portraits
from training.synthesis.tasks import TASKS, Task

_COLORIZER: Final = "colorizer"
_MEASURED: Final = {
    **TASKS,
    "colorize": Task("colorize", lambda _random, photograph: filters.gray(photograph), "gray"),
}
"""The translators' tasks, and the colorizer's."""
_SEED: Final = 0
_REPEATS: Final = 9


def add_arguments(parser: ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--data", type=Path, required=True, help="prepared data set; its split val is translated")
    parser.add_argument("--models", type=Path, default=Path("model_repository"), help="model repository")
    parser.add_argument("--tasks", nargs="+", choices=_MEASURED, default=list(_MEASURED), help="only these")
    parser.add_argument(
        "--pix2pix-seconds", type=float, help="train a pix2pix for each task for so long, in one thread"
    )
    parser.add_argument("--pix2pix-width", type=int, default=64, help="channels of its first level; 64 as published")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder for translate.json and .png")
    parser.set_defaults(command=measure)


def measure(arguments: Namespace) -> None:
    """Prints the table and writes it with its plot.

    Raises:
        MissingError: there are no photographs or no models.
    """
    torch.set_num_threads(1)
    try:
        train, val = (PackedImages.open(arguments.data, split, TRUNK.layout).images for split in ("train", "val"))
        landmarks = Portraits.open(arguments.data, "val", TRUNK.layout).landmarks
    except TrainingError as error:
        raise MissingError(str(error)) from error
    encoder, rows = FrozenEncoder(), []
    for task in (_MEASURED[name] for name in arguments.tasks):
        shown = examples(task, np.asarray(val), landmarks, _SEED)
        for name, made, milliseconds in _answers(arguments, task, shown, train):
            rows.append(Row(task.name, name, milliseconds, **figures(made, shown, encoder)))
            print(report.line(rows[-1]) if len(rows) > 1 else f"{report.HEAD}\n{report.line(rows[-1])}", flush=True)
    report.write(rows, arguments.out)
    print(f"\nwritten: {arguments.out}/translate.json, translate.png")


def _answers(
    arguments: Namespace, task: Task, shown: Examples, train: ImageArray
) -> Iterator[tuple[str, ImageArray, float]]:
    """Names, what is made, and milliseconds a picture; those that need no model take no time worth telling."""
    name, translate = (f"translator_{task.name}", _translated) if task.name in TASKS else (_COLORIZER, _coloured)
    session = open_session(newest(arguments.models, name))
    yield OURS, *_timed(partial(translate, session), shown)
    if arguments.pix2pix_seconds is not None:
        generator = pix2pix.train(task, train, arguments.pix2pix_seconds, arguments.pix2pix_width)
        yield PIX2PIX, *_timed(partial(pix2pix.answer, generator), shown)
    for name, made in trivial(shown).items():
        yield name.replace("_", " "), made, 0.0


def _coloured(session: Any, shown: Examples) -> ImageArray:
    """The chroma that the colorizer tells joined to the luminance, one picture at a time."""
    made = []
    for image in shown.given:
        luma = colour.luminance(image)
        (chroma,) = session.run(["chroma"], {"luminance": luma[None, ..., None]})[0]
        made.append(colour.join(luma, chroma))
    return np.stack(made)


def _translated(session: Any, shown: Examples) -> ImageArray:
    """What a translator makes, one picture at a time, as a server answers."""
    takes_mask = len(session.get_inputs()) > 1
    made = []
    for image, mask in zip(shown.given, shown.masks, strict=True):
        feeds = {"image": image[None]} | ({"mask": mask[None, ..., None]} if takes_mask else {})
        made.append(session.run(["translated"], feeds)[0][0])
    return kept(np.stack(made), shown)


def _timed(translate: Callable[[Examples], ImageArray], shown: Examples) -> tuple[ImageArray, float]:
    """What is made, and the median processor time of one picture in one thread, in milliseconds."""
    one = Examples(shown.given[:1], shown.masks[:1], shown.photographs[:1], None)
    translate(one)
    times = []
    for _ in range(_REPEATS):
        started = time.process_time()
        translate(one)
        times.append(time.process_time() - started)
    return translate(shown), statistics.median(times) * 1000.0
