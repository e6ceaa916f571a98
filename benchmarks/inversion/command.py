"""``python -m benchmarks inversion``: from the arguments to the report."""

from argparse import ArgumentParser, Namespace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tqdm import tqdm

from benchmarks.errors import MissingError
from benchmarks.inversion import measure, report
from benchmarks.inversion.networks import Networks
from benchmarks.inversion.published import OUTER_CALLS
from training.dataset import PackedImages
from training.errors import TrainingError
from training.evaluate.frozen import FrozenEncoder

_MEASURED_BY: Final = ("onnxruntime", "scipy", "numpy")


def add_arguments(parser: ArgumentParser) -> None:
    """What the benchmark can be told."""
    parser.add_argument("--data", type=Path, required=True, help="prepared data set; its split val is inverted")
    parser.add_argument("--models", type=Path, default=Path("model_repository"), help="model repository")
    parser.add_argument("--faces", type=int, default=12, help="pictures that both algorithms invert")
    parser.add_argument("--mixed-faces", type=int, default=100, help="pictures that are mixed, each with the next")
    parser.add_argument("--outer-calls", type=int, default=OUTER_CALLS, help="of the published algorithm")
    parser.add_argument("--out", type=Path, default=Path("out/bench"), help="folder for inversion.json and .png")
    parser.set_defaults(command=run)


def run(arguments: Namespace) -> None:
    """Measures, prints the tables and writes the report.

    Raises:
        MissingError: there are no pictures or no models.
    """
    if min(arguments.faces, arguments.mixed_faces - 1, arguments.outer_calls) < 1:
        raise MissingError("at least one face, two to mix, and one outer call are needed")
    networks = Networks(arguments.models)
    try:
        images = PackedImages.open(arguments.data, "val", f"face_{networks.size_px}").images
    except TrainingError as error:
        raise MissingError(str(error)) from error
    faces = measure.spread(images, arguments.faces)
    networks.evaluate(networks.invert(faces[0], 1).latent.reshape(-1), faces[0])  # the first runs are slower
    races = [
        measure.race(networks, face, seed, arguments.outer_calls) for seed, face in enumerate(tqdm(faces, "inversion"))
    ]
    parents, encoder = measure.spread(images, arguments.mixed_faces), FrozenEncoder()
    mixes = {steps: measure.mixes(networks, parents, encoder, steps) for steps in tqdm(measure.MIX_STEPS, "mixes")}
    result = report.summarize(races, mixes, {name: version(name) for name in _MEASURED_BY})
    print(report.text(result), end="")
    report.write(result, races, arguments.out)
    print(f"\nwritten: {arguments.out}/inversion.json, inversion.png")
