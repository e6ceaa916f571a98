"""``python -m training evaluate``: figures of a run, or of exported models, on held-out people."""

import json
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from training.commands import generator_run
from training.dataset import PackedImages
from training.errors import TrainingError
from training.evaluate import report
from training.evaluate.colorizer import evaluate_colorizer
from training.evaluate.encoder import evaluate_encoder
from training.evaluate.face_encoder import evaluate_face_encoder
from training.evaluate.frozen import FROZEN, FrozenEncoder, freeze
from training.evaluate.generator import evaluate_generator
from training.evaluate.inception import Inception
from training.evaluate.own import evaluate_own
from training.evaluate.sources import Make, of_dcgan, of_generator, of_models
from training.evaluate.translator import evaluate_translator, examples
from training.evaluate.upscaler import evaluate_upscaler
from training.evaluate_faces import evaluate_detector, evaluate_landmarks
from training.recipes import (
    KINDS,
    colorizer,
    encoder_64,
    face_detector,
    face_encoder,
    face_landmarks,
    translator,
    upscaler,
)
from training.runs import (
    load_autoencoder,
    load_colorizer,
    load_dcgan,
    load_detector,
    load_encoder,
    load_face_encoder,
    load_generator,
    load_landmarks,
    load_translator,
    load_upscaler,
    own_recipe_of,
)
from training.synthesis.faces import Portraits
from training.synthesis.feeds import CropFeed, SceneFeed
from training.synthesis.tasks import TASKS

_SEED: Final = 0


def add_arguments(parser: ArgumentParser) -> None:
    """What evaluation can be told."""
    parser.add_argument("kind", choices=KINDS)
    measured = parser.add_mutually_exclusive_group(required=True)
    measured.add_argument("--run", type=Path)
    measured.add_argument("--models", type=Path, help="generator only: a model repository instead of a run")
    parser.add_argument("--data", type=Path, required=True, help="packed data set")
    parser.add_argument("--out", type=Path, help="generators only: folder of figures and pictures; default: the run's")
    parser.add_argument("--layout", help="generators only: packed cut to compare with; default: the run's")
    parser.add_argument("--samples", type=int, default=5000, help="generators only: faces to make, at most")
    parser.add_argument("--inception", type=Path, help="generators only: ONNX file of Inception's features, for FID")
    parser.set_defaults(command=evaluate)


def evaluate(arguments: Namespace) -> None:
    """Measures a run and writes ``metrics.json``, for a generator pictures, too.

    Raises:
        TrainingError: what is to be measured is not there or not whole, or there is no place to write to.
    """
    if arguments.models and arguments.kind != "generator":
        raise TrainingError("name the run with --run; only a generator can be measured as exported --models")
    if arguments.kind in ("generator", "neural-identities"):
        _generator(arguments)
        return
    found = _MEASURES[arguments.kind](arguments)
    report.write_metrics(found, arguments.run)
    print(json.dumps(found, indent=2))


def _generator(arguments: Namespace) -> None:
    make, learnt, folder = _source(arguments)
    inception = Inception(arguments.inception) if arguments.inception else None
    layout = arguments.layout or learnt
    train, val = (PackedImages.open(arguments.data, split, layout).images for split in ("train", "val"))
    found = evaluate_generator(make, train, val, FrozenEncoder(), inception, arguments.samples, _SEED)
    report.write(found, train, folder)
    print(report.table(found))
    print(f"figures and pictures: {folder}")


def _source(arguments: Namespace) -> tuple[Make, str, Path]:
    """What makes faces, the layout that it learnt, and the folder of the figures."""
    if arguments.models:
        if not arguments.out:
            raise TrainingError("name a folder for the figures with --out")
        make = of_models(arguments.models)
        return make, f"face_{make(1, _SEED).shape[1]}", arguments.out
    if arguments.kind == "generator":
        generator, run = load_generator(arguments.run)
        make = of_generator(generator)
    else:
        dcgan, run = load_dcgan(arguments.run)
        make = of_dcgan(dcgan)
    return make, run.layout, arguments.out or arguments.run


def _face_encoder(arguments: Namespace) -> Mapping[str, float | str]:
    """Also freezes it into the run's folder.

    To be the one that all figures are taken by, that file must take the place of the one in ``training/evaluate``;
    figures from before and after cannot be compared.
    """
    recipe = face_encoder.RECIPE
    network, source = load_face_encoder(arguments.run)
    train, val = (PackedImages.open(arguments.data, split, recipe.layout) for split in ("train", "val"))
    facts = {
        "recipe": source.recipe,
        "dataset_digest": source.dataset_digest,
        "images": str(source.images),
        "widths": json.dumps(recipe.widths),
    }
    path = arguments.run / FROZEN.name
    freeze(network, train.images, facts, path)
    frozen = FrozenEncoder(path)
    return evaluate_face_encoder(frozen, train, val, _SEED) | {"face_encoder_sha256": frozen.digest}


def _encoder(arguments: Namespace) -> Mapping[str, float | str]:
    generator, joint = load_autoencoder(generator_run(arguments))
    encoder, _ = load_encoder(arguments.run, generator, joint)
    return evaluate_encoder(encoder, generator, _held_out(arguments, encoder_64.RECIPE.layout).images)


def _colorizer(arguments: Namespace) -> Mapping[str, float | str]:
    network, _ = load_colorizer(arguments.run)
    return evaluate_colorizer(network, _held_out(arguments, colorizer.RECIPE.layout).images, _SEED)


def _landmarks(arguments: Namespace) -> Mapping[str, float | str]:
    network, _ = load_landmarks(arguments.run)
    recipe = face_landmarks.RECIPE
    portraits = Portraits.open(arguments.data, "val", recipe.layout)
    return evaluate_landmarks(network, CropFeed(portraits, recipe.faces, recipe.batch), _SEED)


def _detector(arguments: Namespace) -> Mapping[str, float | str]:
    network, _ = load_detector(arguments.run)
    recipe = face_detector.RECIPE
    return evaluate_detector(network, SceneFeed(Portraits.open(arguments.data, "val", recipe.layout), recipe), _SEED)


def _upscaler(arguments: Namespace) -> Mapping[str, float | str]:
    recipe = upscaler.RECIPES[arguments.kind]
    network, _ = load_upscaler(arguments.run, recipe)
    return evaluate_upscaler(network, _held_out(arguments, recipe.layout).images)


def _translator(arguments: Namespace) -> Mapping[str, float | str]:
    """Of several tasks, each figure begins with its task."""
    if own := own_recipe_of(arguments.run, arguments.kind):
        return evaluate_own(arguments.run, own, arguments.data, _SEED)
    network, recipe, _ = load_translator(arguments.run, translator.RECIPES[arguments.kind])
    photographs = _held_out(arguments, recipe.layout).images
    landmarks = Portraits.open(arguments.data, "val", recipe.layout).landmarks
    encoder = FrozenEncoder()
    found: dict[str, float | str] = {"face_encoder_sha256": encoder.digest}
    for index, task in enumerate(recipe.tasks):
        prefix = f"{task}_" if len(recipe.tasks) > 1 else ""
        shown = examples(TASKS[task], photographs, landmarks, _SEED)
        measured = evaluate_translator(network.of_task(index), shown, encoder)
        found |= {f"{prefix}{name}": value for name, value in measured.items()}
    return found


def _held_out(arguments: Namespace, layout: str) -> PackedImages:
    return PackedImages.open(arguments.data, "val", layout)


_MEASURES: Final[Mapping[str, Callable[[Namespace], Mapping[str, float | str]]]] = {
    "encoder": _encoder,
    "colorizer": _colorizer,
    "face-landmarks": _landmarks,
    "face-detector": _detector,
    "face-encoder": _face_encoder,
    **dict.fromkeys(upscaler.RECIPES, _upscaler),
    **dict.fromkeys(translator.RECIPES, _translator),
}
