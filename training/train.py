"""``python -m training train``: from the arguments to a run."""

import math
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from training import snapshot
from training.commands import generator_run
from training.dataset import Feed, PackedImages, ShuffledImages, to_tensor
from training.engine import checkpoint, parallel
from training.engine.loop import Budget, run
from training.engine.parallel import Place
from training.engine.trainer import Trainer
from training.errors import TrainingError
from training.models.inverter import WPlusEncoder
from training.pairs.command import add_arguments as own_arguments
from training.pairs.command import own_job, own_recipe, pack_own
from training.recipes import RECIPES, Recipe, translator, upscaler
from training.recipes.colorizer import ColorizerRecipe
from training.recipes.encoder_64 import EncoderRecipe
from training.recipes.face_detector import DetectorRecipe
from training.recipes.face_encoder import FaceEncoderRecipe
from training.recipes.face_landmarks import LandmarksRecipe
from training.recipes.generator import GeneratorRecipe
from training.recipes.neural_identities import DcganRecipe
from training.recipes.pairs import PairsRecipe
from training.recipes.settings import changed
from training.recipes.translator import TranslatorRecipe
from training.recipes.unpaired import UnpairedRecipe
from training.recipes.upscaler import UpscalerRecipe
from training.runs import load_autoencoder, load_detector, load_translator, load_upscaler
from training.synthesis.colour_pairs import ColourFeed
from training.synthesis.faces import Portraits
from training.synthesis.feeds import CropFeed, SceneFeed
from training.synthesis.mined import mine
from training.synthesis.pairs import PairFeed
from training.synthesis.translations import TranslationFeed, examples_of
from training.synthesis.views import ViewFeed
from training.trainers.colorizer import ColorizerTrainer
from training.trainers.dcgan import DcganTrainer
from training.trainers.encoder import EncoderTrainer
from training.trainers.face_detector import DetectorTrainer
from training.trainers.face_encoder import FaceEncoderTrainer
from training.trainers.face_landmarks import LandmarksTrainer
from training.trainers.generator import GeneratorTrainer
from training.trainers.translator import TranslatorTrainer
from training.trainers.upscaler import UpscalerTrainer

_EXAMPLES: Final = 16
_ONLY_FOR: Final = {
    "start": (GeneratorRecipe, UpscalerRecipe, TranslatorRecipe),
    "detector": (LandmarksRecipe,),
    "generator": (EncoderRecipe,),
}
"""Options that name another run, and the recipes that make use of them."""
_PRECISIONS: Final = {"bfloat16": torch.bfloat16, "float32": torch.float32}


def add_arguments(parser: ArgumentParser) -> None:
    """What training can be told."""
    parser.add_argument("kind", choices=RECIPES)
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--data", type=Path, help="packed data set")
    source.add_argument("--pairs", type=Path, metavar="DIR", help="your pictures: A|B side by side, or DIR/A and DIR/B")
    source.add_argument("--unpaired", type=Path, nargs=2, metavar=("A", "B"), help="two folders of your pictures")
    parser.add_argument("--out", type=Path, required=True, help="the run's folder; a run that is there goes on")
    parser.add_argument("--detector", type=Path, help="run of the detector whose mistakes face-landmarks is to refuse")
    parser.add_argument(
        "--start",
        type=Path,
        help="run or snapshot whose networks a generator, or run whose body an upscaler, or run whose weights a "
        "translator begins with; default: the recipe's; of no meaning to a run that goes on",
    )
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change the recipe; repeatable")
    parser.add_argument("--images", type=_positive, help="images of the whole run; default: the recipe's")
    parser.add_argument("--minutes", type=float, default=math.inf, help="stop this leg after so long")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=_positive, help="CPU threads of a process; default: its part of all")
    parser.add_argument("--cpu", action="store_true", help="leave a GPU unused")
    parser.add_argument("--precision", choices=_PRECISIONS, default="bfloat16", help="of convolutions and products")
    own_arguments(parser)
    parser.set_defaults(command=train)


def train(arguments: Namespace) -> None:
    """Trains one kind of network, going on where the run's folder left off; under ``torchrun``, with other processes.

    Raises:
        TrainingError: a setting that the recipe does not have, data that does not fit, or as :func:`run` says.
    """
    own = own_recipe(arguments)
    recipe = changed(own or RECIPES[arguments.kind], arguments.set)
    place = parallel.join(arguments.cpu, _PRECISIONS[arguments.precision], arguments.threads)
    if own:
        arguments.data = pack_own(arguments, place)
    trainer, feed = job(recipe, arguments, place)
    budget = Budget(arguments.images or recipe.images, arguments.minutes)
    done = run(trainer, recipe, feed, budget, arguments.out, place)
    if place.is_main:
        print("done" if done else f"stopped early; the same command goes on from {arguments.out}")
    parallel.leave()


def job(  # noqa: PLR0911 - one a kind of recipe
    recipe: Recipe, arguments: Namespace, place: Place
) -> tuple[Trainer[Any], Feed[Any]]:
    """The trainer of ``recipe`` and the feed that goes with it.

    Raises:
        TrainingError: an option that the recipe makes no use of, data that does not fit, or another run that does not.
    """
    for option, kinds in _ONLY_FOR.items():
        if getattr(arguments, option) is not None and not isinstance(recipe, kinds):
            raise TrainingError(f"{recipe.name} makes no use of --{option}")
    data, seed, batch = arguments.data, arguments.seed, recipe.batch
    examples_place = replace(place, rank=0, ranks=1)
    torch.manual_seed(seed)
    match recipe:
        case LandmarksRecipe():
            train, val = (Portraits.open(data, split, recipe.layout) for split in ("train", "val"))
            mined = None
            if arguments.detector is not None:
                mined = mine(load_detector(arguments.detector)[0], train.luminance, train.landmarks)
            examples = CropFeed(val, recipe.faces, batch, examples_place).next()
            trainer = LandmarksTrainer(recipe, examples, seed, place)
            return trainer, CropFeed(train, recipe.faces, batch, place, mined)
        case DetectorRecipe():
            scenes, held_out_scenes = (
                SceneFeed(Portraits.open(data, split, recipe.layout), recipe, here)
                for split, here in (("train", place), ("val", examples_place))
            )
            return DetectorTrainer(recipe, held_out_scenes.next(), seed, place), scenes
        case FaceEncoderRecipe():
            views = ViewFeed(PackedImages.open(data, "train", recipe.layout), batch, place)
            faces = PackedImages.open(data, "val", recipe.layout)
            held_out_views = ViewFeed(faces, min(batch, len(faces.images)), examples_place)
            return FaceEncoderTrainer(recipe, held_out_views.next(), seed, place), views
        case UpscalerRecipe():
            portraits, others = (PackedImages.open(data, split, recipe.layout) for split in ("train", "val"))
            pairs = PairFeed(portraits, recipe, place)
            shown = replace(recipe, batch=min(batch, len(others.images)))
            examples_pairs = PairFeed(others, shown, examples_place).next()
            start = _start(arguments)
            other = load_upscaler(start, *upscaler.RECIPES.values())[0] if start else None
            return UpscalerTrainer(recipe, examples_pairs, seed, place, other), pairs
        case PairsRecipe() | UnpairedRecipe():
            return own_job(recipe, data, seed, place, _start(arguments))
        case TranslatorRecipe():
            held_out = PackedImages.open(data, "val", recipe.layout).images
            translating = TranslatorTrainer(recipe, examples_of(held_out, recipe.tasks, examples_place), seed, place)
            if begun := _start(arguments):
                translating.begin_with(*load_translator(begun, *translator.RECIPES.values())[:2])
            return translating, TranslationFeed(PackedImages.open(data, "train", recipe.layout), recipe, place)
        case _:
            train_split, val_split = (PackedImages.open(data, split, recipe.layout) for split in ("train", "val"))
            pictures = to_tensor(val_split.images[:: max(1, len(val_split.images) // _EXAMPLES)][:_EXAMPLES])
            learner = _image_trainer(recipe, pictures, arguments, place)
            if isinstance(recipe, ColorizerRecipe):
                return learner, ColourFeed(train_split, recipe, place)
            return learner, ShuffledImages(train_split, batch, seed, place)


def _image_trainer(recipe: Recipe, examples: Tensor, arguments: Namespace, place: Place) -> Trainer[Any]:
    match recipe:
        case GeneratorRecipe():
            other = _start(arguments, snapshot.shipped(recipe.start) if recipe.start else None)
            if recipe.grown and not _goes_on(arguments) and not (other and other.is_dir()):
                raise TrainingError(f"{recipe.name} grows from a generator: name its run with --start")
            trainer = GeneratorTrainer(recipe, examples, arguments.seed, place)
            if other:
                trainer.begin_with(snapshot.begin_with(other))
            return trainer
        case DcganRecipe():
            return DcganTrainer(recipe, arguments.seed, place)
        case ColorizerRecipe():
            return ColorizerTrainer(recipe, examples, arguments.seed, place)
        case EncoderRecipe():
            generator, joint = load_autoencoder(generator_run(arguments))
            torch.manual_seed(arguments.seed)
            start = WPlusEncoder(joint, generator.mapping, generator.synthesis.layers)
            return EncoderTrainer(recipe, generator, start, examples, place)
    raise AssertionError(f"nobody trains {recipe.name}")


def _start(arguments: Namespace, usual: Path | None = None) -> Path | None:
    """What the run begins with, if it has not begun: a run that goes on has its networks in its own checkpoint."""
    named: Path | None = arguments.start
    return None if _goes_on(arguments) else named or usual


def _goes_on(arguments: Namespace) -> bool:
    return checkpoint.latest(arguments.out / "checkpoints") is not None


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise ArgumentTypeError(f"{text} is not a whole number from 1")
    return int(text)
