"""The commands of ``python -m training``, one function each."""

import json
import os
from argparse import Namespace
from collections.abc import Sequence
from pathlib import Path

import torch

from training import evaluate_faces
from training.dataset import PackedImages, ShuffledImages, to_tensor
from training.engine.loop import Budget, run
from training.engine.trainer import Trainer
from training.errors import TrainingError
from training.evaluate import command as evaluate_command
from training.evaluate.colorizer import evaluate_colorizer
from training.evaluate.encoder import evaluate_encoder
from training.export import models
from training.export.onnx_file import Export, write
from training.models.inverter import WPlusEncoder
from training.publish import MODEL_FILE
from training.publish import publish as publish_folder
from training.recipes import Recipe, colorizer, encoder_64, face_detector, face_encoder, face_landmarks, phiz_64
from training.runs import Run, load_colorizer, load_detector, load_encoder, load_generator, load_landmarks
from training.synthesis.faces import Portraits
from training.synthesis.feeds import CropFeed, SceneFeed
from training.synthesis.views import ViewFeed
from training.trainers.colorizer import ColorizerTrainer
from training.trainers.encoder import EncoderTrainer
from training.trainers.face_detector import DetectorTrainer
from training.trainers.face_encoder import FaceEncoderTrainer
from training.trainers.face_landmarks import LandmarksTrainer
from training.trainers.generator import GeneratorTrainer

_RECIPES: dict[str, Recipe] = {
    "generator": phiz_64.RECIPE,
    "encoder": encoder_64.RECIPE,
    "colorizer": colorizer.RECIPE,
    "face-landmarks": face_landmarks.RECIPE,
    "face-detector": face_detector.RECIPE,
    "face-encoder": face_encoder.RECIPE,
}
KINDS = tuple(_RECIPES)
"""What can be trained."""

_EVALUATION_SEED = 0
_EXAMPLES = 16


def train(arguments: Namespace) -> None:
    """Trains one kind of network, going on where the run's folder left off."""
    torch.set_num_threads(arguments.threads or os.cpu_count() or 1)
    recipe = _RECIPES[arguments.kind]
    budget = Budget(arguments.images or recipe.images, arguments.minutes)
    torch.manual_seed(arguments.seed)
    if arguments.kind == "face-landmarks":
        crops, held_out_crops = (_crops(arguments.data, split) for split in ("train", "val"))
        landmarks_trainer = LandmarksTrainer(face_landmarks.RECIPE, held_out_crops.next(), arguments.seed)
        done = run(landmarks_trainer, recipe.name, crops, budget, arguments.out)
    elif arguments.kind == "face-detector":
        scenes, held_out_scenes = (_scenes(arguments.data, split) for split in ("train", "val"))
        detector_trainer = DetectorTrainer(face_detector.RECIPE, held_out_scenes.next(), arguments.seed)
        done = run(detector_trainer, recipe.name, scenes, budget, arguments.out)
    elif arguments.kind == "face-encoder":
        views = ViewFeed(PackedImages.open(arguments.data, "train", recipe.layout), recipe.batch)
        held_out_faces = PackedImages.open(arguments.data, "val", recipe.layout)
        held_out_views = ViewFeed(held_out_faces, min(recipe.batch, len(held_out_faces.images)))
        encoder_trainer = FaceEncoderTrainer(face_encoder.RECIPE, held_out_views.next(), arguments.seed)
        done = run(encoder_trainer, recipe.name, views, budget, arguments.out)
    else:
        feed = ShuffledImages(PackedImages.open(arguments.data, "train", recipe.layout), recipe.batch, arguments.seed)
        held_out = PackedImages.open(arguments.data, "val", recipe.layout)
        examples = to_tensor(held_out.images[:: max(1, len(held_out.images) // _EXAMPLES)][:_EXAMPLES])
        done = run(_trainer(arguments, examples), recipe.name, feed, budget, arguments.out)
    print("done" if done else f"stopped early; the same command goes on from {arguments.out}")


def _crops(data: Path, split: str) -> CropFeed:
    recipe = face_landmarks.RECIPE
    return CropFeed(Portraits.open(data, split, recipe.layout), recipe.faces, recipe.batch)


def _scenes(data: Path, split: str) -> SceneFeed:
    recipe = face_detector.RECIPE
    return SceneFeed(Portraits.open(data, split, recipe.layout), recipe)


def _trainer(arguments: Namespace, examples: torch.Tensor) -> Trainer[torch.Tensor]:
    if arguments.kind == "generator":
        return GeneratorTrainer(phiz_64.RECIPE, examples, arguments.seed)
    if arguments.kind == "colorizer":
        return ColorizerTrainer(colorizer.RECIPE, examples, arguments.seed)
    generator, joint, _ = load_generator(_generator_run(arguments))
    torch.manual_seed(arguments.seed)
    start = WPlusEncoder(joint, generator.mapping, generator.synthesis.layers)
    return EncoderTrainer(encoder_64.RECIPE, generator, start, examples)


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
    recipe = _RECIPES[arguments.kind]
    val = PackedImages.open(arguments.data, "val", recipe.layout).images
    if arguments.kind == "face-landmarks":
        landmarks, _ = load_landmarks(arguments.run)
        metrics = evaluate_faces.evaluate_landmarks(landmarks, _crops(arguments.data, "val"), _EVALUATION_SEED)
    elif arguments.kind == "face-detector":
        detector, _ = load_detector(arguments.run)
        metrics = evaluate_faces.evaluate_detector(detector, _scenes(arguments.data, "val"), _EVALUATION_SEED)
    elif arguments.kind == "encoder":
        generator, joint, _ = load_generator(_generator_run(arguments))
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
    generator, joint, _ = load_generator(_generator_run(arguments))
    encoder, source = load_encoder(arguments.run, generator, joint)
    return models.inverter_exports(generator, encoder), source


def publish(arguments: Namespace) -> None:
    """Publishes what ``export`` wrote into a model repository."""
    for name, version in publish_folder(arguments.run / "export", arguments.repository, arguments.keep):
        print(f"{name}: version {version}")


def _generator_run(arguments: Namespace) -> Path:
    if arguments.generator is None:
        raise TrainingError("an encoder belongs to a generator: name its run with --generator")
    assert isinstance(arguments.generator, Path)
    return arguments.generator
