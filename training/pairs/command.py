"""``python -m training train translator`` with the user's own pictures: its arguments, and what is trained by them."""

import re
from argparse import ArgumentParser, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from training.dataset import Feed, PackedImages, to_tensor
from training.engine.parallel import Place
from training.engine.trainer import Trainer
from training.errors import TrainingError
from training.models.translator import STRIDE_PX
from training.pairs.feeds import PairedPictures, UnpairedBatch, UnpairedPictures, pair_batch
from training.pairs.find import find_pairs, find_pictures
from training.pairs.pack import pack
from training.recipes import pairs, translator, unpaired
from training.recipes.pairs import PairsRecipe
from training.recipes.unpaired import UnpairedRecipe
from training.runs import load_translator
from training.synthesis.tasks import TASKS
from training.trainers.cyclegan import CycleGanTrainer
from training.trainers.translator import TranslatorTrainer

OwnRecipe = PairsRecipe | UnpairedRecipe

_KIND: Final = "translator"
_EXAMPLES: Final = 12
_OPTIONS: Final = ("task", "direction", "width_px", "height_px")
_SIDE_PX: Final = 256
_TASK: Final = re.compile(r"[a-z0-9]+([_-][a-z0-9]+)*")


def add_arguments(parser: ArgumentParser) -> None:
    """Adds the arguments that a translator of the user's own pictures takes beside their folders."""
    own = parser.add_argument_group("translator with --pairs or --unpaired")
    own.add_argument("--task", help="what it is served as; default: the name of the run's folder")
    own.add_argument("--direction", choices=pairs.DIRECTIONS, help="of --pairs; default: AtoB")
    own.add_argument("--width-px", type=int, metavar="N", help=f"size to learn at; default: {_SIDE_PX}")
    own.add_argument("--height-px", type=int, metavar="N", help="likewise")


def own_recipe(arguments: Namespace) -> OwnRecipe | None:
    """The recipe for the user's own pictures; None where none are named.

    Raises:
        TrainingError: options that do not go together, or a size or a task's name that cannot be.
    """
    if arguments.pairs is None and arguments.unpaired is None:
        if unused := [name for name in _OPTIONS if getattr(arguments, name) is not None]:
            raise TrainingError(f"--{unused[0].replace('_', '-')} is for --pairs and --unpaired only")
        return None
    if arguments.kind != _KIND:
        raise TrainingError(f"--pairs and --unpaired are for the kind {_KIND}, not for {arguments.kind}")
    width_px, height_px = _size_px(arguments)
    for side_px in (width_px, height_px):
        if side_px < STRIDE_PX or side_px % STRIDE_PX:
            raise TrainingError(f"width and height are multiples of {STRIDE_PX} pixels, which {side_px} is not")
    task = arguments.out.resolve().name if arguments.task is None else arguments.task
    if not _TASK.fullmatch(task):
        raise TrainingError(f"{task!r} cannot be a task's name; give one of a-z, 0-9, - and _ with --task")
    if task in TASKS:
        raise TrainingError(f"there is a task {task} already; give another name with --task")
    size = f"{width_px}x{height_px}"
    if arguments.pairs is not None:
        return replace(
            pairs.RECIPE,
            tasks=(task,),
            layout=f"pairs_{size}",
            crop_px=(height_px, width_px),
            direction=arguments.direction or pairs.DIRECTIONS[0],
        )
    if arguments.direction is not None:
        raise TrainingError("--direction is for --pairs; --unpaired learns both")
    first, second = (folder.resolve() for folder in arguments.unpaired)
    if first == second:
        raise TrainingError(f"both kinds of pictures are in {first}")
    return replace(unpaired.RECIPE, tasks=(task, f"{task}-reversed"), layout=size)


def pack_own(arguments: Namespace, place: Place) -> Path:
    """Packs the pictures into the run's folder, which the main process does while the others wait.

    Raises:
        TrainingError: as :func:`find_pairs` and :func:`pack`.
    """
    out: Path = arguments.out
    if place.is_main:
        if arguments.pairs is not None:
            sets = {"pairs": find_pairs(arguments.pairs)}
        else:
            sets = {side: find_pictures(folder) for side, folder in zip("ab", arguments.unpaired, strict=True)}
        pack(sets, *_size_px(arguments), out)
    place.mean(torch.zeros((), device=place.device))
    return out / "data"


def own_job(
    recipe: OwnRecipe, data: Path, seed: int, place: Place, start: Path | None
) -> tuple[Trainer[Any], Feed[Any]]:
    """The trainer of ``recipe``, and the feed of the pictures in ``data``.

    ``start``: a translator's run that pairs begin with.

    Raises:
        TrainingError: too few pictures for a batch, ``start`` is no translator's run, or a shift beyond the picture.
    """
    if recipe.shift >= 1.0:
        raise TrainingError(f"shift is a part of a picture's sides, below 1; {recipe.shift:g} is not")
    if isinstance(recipe, PairsRecipe):
        train, val = (PackedImages.open(data, split, recipe.layout) for split in ("train", "val"))
        trainer = TranslatorTrainer(recipe, pair_batch(place.bring(_some(val, _EXAMPLES)), recipe), seed, place)
        if start is not None:
            trainer.begin_with(*load_translator(start, *translator.RECIPES.values(), pairs.RECIPE)[:2])
        return trainer, PairedPictures(train, recipe, seed, place)
    (train_a, val_a), (train_b, val_b) = (
        [PackedImages.open(data, split, f"{side}_{recipe.layout}") for split in ("train", "val")] for side in "ab"
    )
    count = min(_EXAMPLES, len(val_a.images), len(val_b.images))
    shown = UnpairedBatch(*(place.bring(_some(val, count)) for val in (val_a, val_b)))
    return CycleGanTrainer(recipe, shown, seed, place), UnpairedPictures(train_a, train_b, recipe, seed, place)


def _size_px(arguments: Namespace) -> tuple[int, int]:
    width_px, height_px = (_SIDE_PX if side is None else side for side in (arguments.width_px, arguments.height_px))
    return width_px, height_px


def _some(data: PackedImages, most: int) -> torch.Tensor:
    """At most ``most`` pictures, evenly chosen."""
    count = min(most, len(data.images))
    return to_tensor(data.images[np.arange(count) * len(data.images) // count])
