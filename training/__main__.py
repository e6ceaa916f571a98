"""``python -m training prepare|train|average|evaluate|export|directions|snapshot|publish``."""

import sys
from argparse import ArgumentParser
from pathlib import Path

from training import commands
from training.directions.command import add_arguments as directions_arguments
from training.errors import TrainingError
from training.evaluate.command import add_arguments as evaluate_arguments
from training.prepare.command import add_arguments as prepare_arguments
from training.recipes import KINDS
from training.train import add_arguments as train_arguments


def main() -> int:
    """Runs one command; 1 is the user's mistake told in one line, 0 is success."""
    arguments = _parser().parse_args()
    try:
        arguments.command(arguments)
    except TrainingError as error:
        print(f"training: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> ArgumentParser:
    parser = ArgumentParser(prog="python -m training", description="Makes the models that Phiz serves.")
    names = "prepare|train|average|evaluate|export|directions|snapshot|publish"
    steps = parser.add_subparsers(required=True, metavar=names)

    prepare = steps.add_parser("prepare", help="photographs to a packed, aligned data set")
    prepare_arguments(prepare)

    train = steps.add_parser("train", help="train, or go on training")
    train_arguments(train)

    average = steps.add_parser("average", help="average the networks of two runs, one of which went on from the other")
    average.add_argument("--run", type=Path, required=True)
    average.add_argument("--other", type=Path, required=True)
    average.add_argument("--share", type=float, default=0.5, help="of the other run, 0 to 1")
    average.add_argument("--out", type=Path, required=True)
    average.set_defaults(command=commands.average)

    evaluate = steps.add_parser("evaluate", help="measure a run on held-out people")
    evaluate_arguments(evaluate)

    export = steps.add_parser("export", help="write a run's models as ONNX, checked against torch")
    export.add_argument("kind", choices=KINDS)
    export.add_argument("--run", type=Path, required=True)
    export.set_defaults(command=commands.export)

    directions = steps.add_parser("directions", help="find directions that change one thing about a face each")
    directions_arguments(directions)

    for step in (train, evaluate, export):
        step.add_argument("--generator", type=Path, help="run of the generator that an encoder belongs to")

    snapshot = steps.add_parser("snapshot", help="write a generator's networks for another run to --start with")
    snapshot.add_argument("--run", type=Path, required=True)
    snapshot.add_argument("--out", type=Path, required=True)
    snapshot.set_defaults(command=commands.snapshot)

    publish = steps.add_parser("publish", help="put exported models into a model repository")
    publish.add_argument("--run", type=Path, required=True)
    publish.add_argument("--repository", type=Path, default=Path("model_repository"))
    publish.add_argument("--keep", type=int, default=2, help="versions of a model that stay")
    publish.set_defaults(command=commands.publish)
    return parser


if __name__ == "__main__":
    sys.exit(main())
