"""``phiz models``: the models that answer."""

import argparse
from typing import TYPE_CHECKING

from phiz.cli import options
from phiz.cli.report import Report
from phiz.cli.session import connect
from phiz.v1.phiz_pb2 import Translation

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
    width = max(len(model.name) for model in models)
    for model in models:
        metrics = dict(sorted(model.metrics.items()))
        shown = "  ".join(f"{name} {value:.4g}" for name, value in metrics.items())
        state = "ready" if model.ready else "not ready"
        lines = [f"{model.name:<{width}} {model.version:>3}  {state:<9}  {shown}".rstrip()]
        lines += [f"  {direction.name:<14}  {direction.description}" for direction in model.directions]
        if model.components:
            lines.append(f"  {f'0 to {model.components - 1}':<14}  What differs most between faces.")
        if model.HasField("translation"):
            lines.append(f"  {model.translation.task:<14}  {_work(model.translation)}")
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
                "translation": _fields(model.translation) if model.HasField("translation") else None,
            },
            "\n".join(lines),
        )
    return report.exit_code


def _work(translation: Translation) -> str:
    if translation.fills_holes:
        return "Fills holes and continues pictures beyond their edges."
    return f"Translates what the filter {translation.filter} makes." if translation.filter else "Translates pictures."


def _fields(translation: Translation) -> dict[str, object]:
    return {
        "task": translation.task,
        "filter": translation.filter,
        "fills_holes": translation.fills_holes,
        "width_px": translation.width_px,
        "height_px": translation.height_px,
    }
