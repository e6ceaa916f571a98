"""The commands of ``python -m training``, one function each."""

import json
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

from training import evaluate_faces
from training.dataset import PackedImages
from training.errors import TrainingError
from training.evaluate import command as evaluate_command
from training.evaluate.colorizer import evaluate_colorizer
from training.evaluate.encoder import evaluate_encoder
from training.export import models
from training.export.onnx_file import Export, write
from training.publish import MODEL_FILE
from training.publish import publish as publish_folder
from training.recipes import RECIPES, colorizer, face_detector, face_landmarks
from training.runs import Run, load_colorizer, load_detector, load_encoder, load_generator, load_landmarks
from training.synthesis.faces import Portraits
from training.synthesis.feeds import CropFeed, SceneFeed

_EVALUATION_SEED = 0


def _crops(data: Path, split: str) -> CropFeed:
    recipe = face_landmarks.RECIPE
    return CropFeed(Portraits.open(data, split, recipe.layout), recipe.faces, recipe.batch)


def _scenes(data: Path, split: str) -> SceneFeed:
    recipe = face_detector.RECIPE
    return SceneFeed(Portraits.open(data, split, recipe.layout), recipe)


def evaluate_run(arguments: Namespace) -> None:
    """Measures a run on the held-out people and writes ``metrics.json`` into its folder."""
    if arguments.kind == "generator":
        evaluate_command.generator(arguments)
        return
    if arguments.run is None:
        raise TrainingError("name the run with --run; only a generator can be measured as exported --models")
    if arguments.kind == "face-encoder":
        evaluate_command.encoder(arguments)
        return
    recipe = RECIPES[arguments.kind]
    val = PackedImages.open(arguments.data, "val", recipe.layout).images
    if arguments.kind == "face-landmarks":
        landmarks, _ = load_landmarks(arguments.run)
        metrics = evaluate_faces.evaluate_landmarks(landmarks, _crops(arguments.data, "val"), _EVALUATION_SEED)
    elif arguments.kind == "face-detector":
        detector, _ = load_detector(arguments.run)
        metrics = evaluate_faces.evaluate_detector(detector, _scenes(arguments.data, "val"), _EVALUATION_SEED)
    elif arguments.kind == "encoder":
        generator, joint, _ = load_generator(generator_run(arguments))
        encoder, _ = load_encoder(arguments.run, generator, joint)
        metrics = evaluate_encoder(encoder, generator, val)
    else:
        network, _ = load_colorizer(arguments.run)
        metrics = evaluate_colorizer(network, val)
    text = json.dumps(metrics, indent=2)
    (arguments.run / "metrics.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def export(arguments: Namespace) -> None:
    """Writes a run's models as ONNX into ``<run>/export``, checked against torch."""
    if arguments.kind == "face-encoder":
        raise TrainingError("the face encoder is not served; evaluate freezes it for training/evaluate")
    exports, source = _exports(arguments)
    metrics_file = arguments.run / "metrics.json"
    if not metrics_file.exists():
        raise TrainingError(
            f"{arguments.run} has no metrics.json; evaluate it first, so that the model can tell how good it is"
        )
    facts = {
        "recipe": source.recipe,
        "dataset_digest": source.dataset_digest,
        "images": source.images,
        "metrics": json.loads(metrics_file.read_text(encoding="utf-8")),
    }
    for item in exports:
        differences = write(item, arguments.run / "export" / item.name / MODEL_FILE, facts)
        print(f"{item.name}: largest difference to torch {differences}")


def _exports(arguments: Namespace) -> tuple[Sequence[Export], Run]:
    if arguments.kind == "colorizer":
        network, source = load_colorizer(arguments.run)
        return models.colorizer_exports(network, colorizer.RECIPE.working_px), source
    if arguments.kind == "face-detector":
        detector, source = load_detector(arguments.run)
        return models.detector_exports(detector), source
    if arguments.kind == "face-landmarks":
        landmarks, source = load_landmarks(arguments.run)
        return models.landmarks_exports(landmarks), source
    if arguments.kind == "generator":
        generator, _, source = load_generator(arguments.run)
        return models.generator_exports(generator), source
    generator, joint, _ = load_generator(generator_run(arguments))
    encoder, source = load_encoder(arguments.run, generator, joint)
    return models.inverter_exports(generator, encoder), source


def publish(arguments: Namespace) -> None:
    """Publishes what ``export`` wrote into a model repository."""
    for name, version in publish_folder(arguments.run / "export", arguments.repository, arguments.keep):
        print(f"{name}: version {version}")


def generator_run(arguments: Namespace) -> Path:
    """The run of the generator that an encoder belongs to."""
    if arguments.generator is None:
        raise TrainingError("an encoder belongs to a generator: name its run with --generator")
    assert isinstance(arguments.generator, Path)
    return arguments.generator
