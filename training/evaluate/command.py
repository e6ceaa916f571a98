"""``python -m training evaluate`` of a generator and of the face encoder that it is judged by."""

import json
from argparse import Namespace
from pathlib import Path

from training.dataset import PackedImages
from training.errors import TrainingError
from training.evaluate import report
from training.evaluate.face_encoder import evaluate_face_encoder
from training.evaluate.frozen import FROZEN, FrozenEncoder, freeze
from training.evaluate.generator import evaluate_generator
from training.evaluate.inception import Inception
from training.evaluate.sources import Make, of_generator, of_models
from training.recipes import face_encoder
from training.runs import load_face_encoder, load_generator

_SEED = 0


def generator(arguments: Namespace) -> None:
    """Measures a run's generator, or exported models, and writes figures and pictures into ``arguments.out``.

    Raises:
        TrainingError: no place to write to, or what is to be measured cannot be.
    """
    make, folder = _source(arguments)
    encoder = FrozenEncoder()
    inception = Inception(arguments.inception) if arguments.inception else None
    layout = f"face_{make(1, _SEED).shape[1]}"
    train, val = (PackedImages.open(arguments.data, split, layout).images for split in ("train", "val"))
    found = evaluate_generator(make, train, val, encoder, inception, arguments.samples, _SEED)
    report.write(found, train, folder)
    print(report.table(found))
    print(f"figures and pictures: {folder}")


def _source(arguments: Namespace) -> tuple[Make, Path]:
    if not arguments.models:
        return of_generator(load_generator(arguments.run)[0]), arguments.out or arguments.run
    if not arguments.out:
        raise TrainingError("name a folder for the figures with --out")
    return of_models(arguments.models), arguments.out


def encoder(arguments: Namespace) -> None:
    """Freezes a run's face encoder into its folder and measures it.

    To be the one that all figures are taken by, it must take the place of the file in ``training/evaluate``; figures
    from before and after cannot be compared.
    """
    network, source = load_face_encoder(arguments.run)
    train, val = (PackedImages.open(arguments.data, split, face_encoder.RECIPE.layout) for split in ("train", "val"))
    facts = {
        "recipe": source.recipe,
        "dataset_digest": source.dataset_digest,
        "images": str(source.images),
        "widths": json.dumps(face_encoder.RECIPE.widths),
    }
    path = arguments.run / FROZEN.name
    freeze(network, train.images, facts, path)
    frozen = FrozenEncoder(path)
    found = evaluate_face_encoder(frozen, train, val, _SEED) | {"face_encoder_sha256": frozen.digest}
    report.write_metrics(found, arguments.run)
    print(json.dumps(found, indent=2))
    print(f"frozen encoder: {path}")
