"""The commands of ``python -m training``, one function each."""

import json
from argparse import Namespace
from collections.abc import Mapping, Sequence
from pathlib import Path

from training.averaging import average as average_runs
from training.errors import TrainingError
from training.export import family, models
from training.export.onnx_file import Export, write
from training.publish import MODEL_FILE
from training.publish import publish as publish_folder
from training.recipes import colorizer, translator, upscaler
from training.recipes.unpaired import UnpairedRecipe
from training.runs import (
    Run,
    load_autoencoder,
    load_colorizer,
    load_dcgan,
    load_detector,
    load_encoder,
    load_generator,
    load_landmarks,
    load_translator,
    load_unpaired,
    load_upscaler,
    own_recipe_of,
)
from training.snapshot import take


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
    measured = json.loads(metrics_file.read_text(encoding="utf-8"))
    # What they were measured with is no figure, and servers take figures only.
    measured_with = {name: value for name, value in measured.items() if isinstance(value, str)}
    facts = measured_with | {
        "recipe": source.recipe,
        "dataset_digest": source.dataset_digest,
        "images": source.images,
    }
    figures = {name: value for name, value in measured.items() if name not in measured_with}
    for item in exports:
        own = facts | {"metrics": _figures_of(item, figures)}
        differences = write(item, arguments.run / "export" / item.name / MODEL_FILE, own)
        print(f"{item.name}: largest difference to torch {differences}")


def _figures_of(item: Export, figures: Mapping[str, float]) -> Mapping[str, float]:
    """Those of its task, where ``figures`` are of several tasks, each of which begins their names."""
    start = f"{item.metadata.get('task', '')}_"
    return {name.removeprefix(start): value for name, value in figures.items() if name.startswith(start)} or figures


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
    if arguments.kind in upscaler.RECIPES:
        enlarging, source = load_upscaler(arguments.run, upscaler.RECIPES[arguments.kind])
        return models.upscaler_exports(enlarging), source
    if arguments.kind in translator.RECIPES:
        return _translator_exports(arguments)
    return _generator_exports(arguments)


def _translator_exports(arguments: Namespace) -> tuple[Sequence[Export], Run]:
    own = own_recipe_of(arguments.run, arguments.kind)
    if isinstance(own, UnpairedRecipe):
        *both_ways, settings, source = load_unpaired(arguments.run)
        exports = [
            models.translator_exports(network, (task,), *settings.size_px)
            for network, task in zip(both_ways, settings.tasks, strict=True)
        ]
        return [export for one in exports for export in one], source
    translating, recipe, source = load_translator(arguments.run, own or translator.RECIPES[arguments.kind])
    return models.translator_exports(translating, recipe.tasks, *recipe.size_px), source


def _generator_exports(arguments: Namespace) -> tuple[Sequence[Export], Run]:
    if arguments.kind == "generator":
        generator, source = load_generator(arguments.run)
        return family.generator_exports(generator), source
    if arguments.kind == "neural-identities":
        dcgan, source = load_dcgan(arguments.run)
        return family.dcgan_exports(dcgan), source
    generator, joint = load_autoencoder(generator_run(arguments))
    encoder, source = load_encoder(arguments.run, generator, joint)
    return family.inverter_exports(generator, encoder), source


def publish(arguments: Namespace) -> None:
    """Publishes what ``export`` wrote into a model repository."""
    for name, version in publish_folder(arguments.run / "export", arguments.repository, arguments.keep):
        print(f"{name}: version {version}")


def average(arguments: Namespace) -> None:
    """Averages the averaged networks of two runs."""
    average_runs(arguments.run, arguments.other, arguments.share, arguments.out)
    print(f"{arguments.out}: {arguments.run} with {arguments.share:g} of {arguments.other}")


def snapshot(arguments: Namespace) -> None:
    """Writes the networks of a generator's run into one small file that another run can begin with."""
    take(arguments.run, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size / 1e6:.1f} MB")


def generator_run(arguments: Namespace) -> Path:
    """The run of the generator that an encoder belongs to."""
    if arguments.generator is None:
        raise TrainingError("an encoder belongs to a generator: name its run with --generator")
    assert isinstance(arguments.generator, Path)
    return arguments.generator
