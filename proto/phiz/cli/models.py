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
    """Prints a line a model, and beneath it a line a direction."""
    report = Report(args.json)
    with connect(args) as client:
        models = client.list_models().models
    for model in models:
        metrics = dict(sorted(model.metrics.items()))
        shown = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        state = "ready" if model.ready else "not ready"
        lines = [f"{model.name:<12} {model.version:>3}  {state:<9}  {shown}".rstrip()]
        lines += [f"  {direction.name:<14}  {direction.description}" for direction in model.directions]
        if model.components:
            lines.append(f"  {f'0 to {model.components - 1}':<14}  What differs most between faces.")
        report.result(
            {
                "name": model.name,
                "version": model.version,
                "ready": model.ready,
                "recipe": model.recipe,
                "dataset_digest": model.dataset_digest,
                "metrics": metrics,
                "directions": {direction.name: direction.description for direction in model.directions},
                "components": model.components,
            },
            "\n".join(lines),
        )
    return report.exit_code
