"""``python -m training directions``: finds a generator's directions, shows what they do, and exports them."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

import numpy as np
import torch

from phiz_core.geometry import ImageArray, Points
from training.directions.attributes import ATTRIBUTES
from training.directions.effect import Effect, Find, effects, responses, seen
from training.directions.fit import Directions, Measured, fit
from training.directions.pictures import sheet
from training.directions.sampler import Sampler, of_models, of_run
from training.engine.files import write_whole
from training.engine.pictures import png
from training.export.editor import editor_exports
from training.export.onnx_file import write
from training.prepare.detect import FaceFinder, FaceModels
from training.publish import MODEL_FILE

LEFT_OUT = ("background_hue", "glasses", "sharpness")
"""Measured, so that other directions leave them as they are, but their own directions do not look as they are named."""

_NAMES = tuple(attribute.name for attribute in ATTRIBUTES)
_SEED = 0
_TEST_SEED = 1
_TEST_FACES = 64


def add_arguments(parser: ArgumentParser) -> None:
    """What the search can be told."""
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--run", type=Path, help="run of the generator")
    source.add_argument("--models", type=Path, help="a model repository with the generator, instead of a run")
    parser.add_argument("--out", type=Path, required=True, help="folder of the sheets and of export/, for publish")
    parser.add_argument(
        "--repository", type=Path, default=Path("model_repository"), help="where the models are that find faces"
    )
    parser.add_argument("--samples", type=int, default=4000, help="faces to make and measure")
    parser.add_argument("--components", type=int, default=16, help="principal directions, known by number")
    parser.add_argument(
        "--leave-out",
        metavar="NAME,...",
        type=_known,
        default=LEFT_OUT,
        help="directions that do not look as they are named; they are still kept from changing with the others "
        f"(default: {','.join(LEFT_OUT)})",
    )
    parser.set_defaults(command=directions)


def directions(arguments: Namespace) -> None:
    """Writes ``directions.png``, ``components.png`` and ``export/editor`` into the folder, and prints a table.

    Raises:
        TrainingError: no generator, no networks that find faces, or too few faces to learn from.
    """
    sampler = of_models(arguments.models) if arguments.models else of_run(arguments.run)
    find = _finder(arguments.repository)
    w = sampler.latents(arguments.samples, _SEED)
    found, values = seen(sampler.faces(w), find)
    fitted = fit(w[found], values, sampler.latent_dim, arguments.components)
    shipped = [place for place, name in enumerate(_NAMES) if name not in arguments.leave_out]
    changes = responses(sampler, find, fitted.named[shipped], Measured.of(values), _TEST_FACES, _TEST_SEED)
    found_effects = effects(changes, shipped)
    _write(arguments.out, sampler, fitted, shipped, found_effects)
    print(f"faces were found in {found.sum()} of {len(found)} pictures")
    print(_table(found_effects, fitted, shipped))
    print(f"sheets and export: {arguments.out}")


def _write(out: Path, sampler: Sampler, fitted: Directions, shipped: list[int], found: list[Effect]) -> None:
    out.mkdir(parents=True, exist_ok=True)
    bank = np.concatenate([fitted.named[shipped], fitted.components])
    numbers = [str(number) for number in range(len(fitted.components))]
    write_whole(out / "directions.png", png(sheet(sampler, fitted.named, _NAMES, _TEST_SEED)))
    write_whole(out / "components.png", png(sheet(sampler, fitted.components, numbers, _TEST_SEED)))
    named = [{"name": effect.attribute.name, "description": effect.attribute.description} for effect in found]
    metrics = {f"{effect.attribute.name}_change": effect.change for effect in found}
    metrics |= {f"{effect.attribute.name}_spill": effect.spill for effect in found}
    facts = {key: value for key, value in sampler.facts.items() if key != "generator_digest"} | {"metrics": metrics}
    exports = editor_exports(
        torch.from_numpy(bank.astype(np.float32)), named, sampler.layers, sampler.facts["generator_digest"]
    )
    for export in exports:
        write(export, out / "export" / export.name / MODEL_FILE, facts)


def _table(found: list[Effect], fitted: Directions, shipped: list[int]) -> str:
    """A line a direction: what a unit changes, what else it changes most, and how sure and how far the step is."""
    lines = [f"{'direction':<16}{'change':>8}{'spill':>8}  {'most on':<16}{'explained':>10}{'length':>8}"]
    lines += [
        f"{effect.attribute.name:<16}{effect.change:>8.2f}{effect.spill:>8.2f}  {effect.other.name:<16}"
        f"{fitted.explained[place]:>10.2f}{fitted.lengths[place]:>8.2f}"
        for effect, place in zip(found, shipped, strict=True)
    ]
    return "\n".join(lines)


def _finder(repository: Path) -> Find:
    finder = FaceFinder(FaceModels(repository))

    def find(picture: ImageArray) -> Points | None:
        faces = finder.find(picture)
        return faces[0].landmarks_px if faces else None

    return find


def _known(text: str) -> tuple[str, ...]:
    names = tuple(name for name in text.split(",") if name)
    if unknown := set(names) - set(_NAMES):
        raise ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}; there are {', '.join(_NAMES)}")
    return names
