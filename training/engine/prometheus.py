"""A run's progress as Prometheus reads it: a file in its text format, for the textfile collector of a node exporter."""

from collections.abc import Mapping


def exposition(recipe: str, run: str, images_total: int, row: Mapping[str, float]) -> bytes:
    """The newest row of a run's history.

    Args:
        recipe: its recipe's name.
        run: its folder's name.
        images_total: images of the whole run.
        row: ``images``, ``seconds`` and ``images_per_second``; all others are losses.
    """
    progress = {
        "images": ("Images seen so far.", row["images"]),
        "images_target": ("Images of the whole run.", float(images_total)),
        "seconds": ("Time that they took, without what was done again after a stop.", row["seconds"]),
        "images_per_second": ("Speed since the row before.", row["images_per_second"]),
    }
    labels = f'recipe="{_escaped(recipe)}",run="{_escaped(run)}"'
    lines = []
    for name, (text, value) in progress.items():
        lines += [*_head(name, text), f"phiz_training_{name}{{{labels}}} {value!r}"]
    lines += _head("loss", "Mean since the row before.")
    lines += [
        f'phiz_training_loss{{{labels},loss="{_escaped(name)}"}} {value!r}'
        for name, value in row.items()
        if name not in progress
    ]
    return "".join(f"{line}\n" for line in lines).encode()


def _head(name: str, text: str) -> list[str]:
    return [f"# HELP phiz_training_{name} {text}", f"# TYPE phiz_training_{name} gauge"]


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
