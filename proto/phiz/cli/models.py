"""``phiz models``: the models that answer."""

import argparse
from typing import TYPE_CHECKING

from phiz.cli import options
from phiz.cli.report import Report
from phiz.cli.session import connect

if TYPE_CHECKING:
    from phiz.cli.options import Subparsers


def add_to(subparsers: "Subparsers") -> None:
    """Adds the command."""
    parser = options.add_command(subparsers, "models", run, description="List the models.")
    options.add_connection(parser)


def run(args: argparse.Namespace) -> int:
    """Prints a line a model."""
    report = Report(args.json)
    with connect(args) as client:
        models = client.list_models().models
    for model in models:
        metrics = dict(sorted(model.metrics.items()))
        shown = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        report.result(
            {
                "name": model.name,
                "version": model.version,
                "ready": model.ready,
                "recipe": model.recipe,
                "dataset_digest": model.dataset_digest,
                "metrics": metrics,
            },
            f"{model.name:<12} {model.version:>3}  {'ready' if model.ready else 'not ready':<9}  {shown}".rstrip(),
        )
    return report.exit_code
