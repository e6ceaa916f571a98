"""The averaged networks of two runs, averaged once more (Izmailov et al. 2018; Wortsman et al. 2022, model soups).

Where the one run went on from the other, the weights between theirs are often better than both.
"""

from pathlib import Path
from typing import Any, Final

import torch

from training.engine import checkpoint
from training.errors import TrainingError

_AVERAGED: Final = "_ema"


def average(run: Path, other: Path, share: float, out: Path) -> None:
    """Writes a run of which all is as in ``run``, but for its averaged networks: these are mixed with ``other``'s.

    Args:
        run: a run's folder.
        other: another, of the same recipe and data, whose networks have the same shapes.
        share: of ``other``, 0 to 1.
        out: the folder to write.

    Raises:
        TrainingError: a folder holds no checkpoint, or a damaged one; the two do not go together; ``out`` is a run.
    """
    if not 0.0 <= share <= 1.0:
        raise TrainingError(f"the share is {share}; it must be 0 to 1")
    if checkpoint.latest(out / "checkpoints") is not None:
        raise TrainingError(f"{out} holds a run already")
    whole, another = (_newest(folder) for folder in (run, other))
    for key in ("recipe", "dataset_digest"):
        if whole[key] != another[key]:
            raise TrainingError(f"{run} and {other} do not go together: their {key} differ")
    names = [name for name in whole["trainer"] if name.endswith(_AVERAGED)]
    if not names:
        raise TrainingError(f"{run} keeps no averaged networks")
    for name in names:
        whole["trainer"][name] = _mixed(whole["trainer"][name], another["trainer"][name], share)
    checkpoint.save(out / "checkpoints", whole["step"], whole)


def _newest(folder: Path) -> dict[str, Any]:
    path = checkpoint.latest(folder / "checkpoints")
    if path is None:
        raise TrainingError(f"{folder} holds no checkpoint; train first")
    return checkpoint.load(path)


def _mixed(weights: dict[str, Any], others: dict[str, Any], share: float) -> dict[str, Any]:
    if {name: value.shape for name, value in weights.items()} != {name: value.shape for name, value in others.items()}:
        raise TrainingError("the two runs do not go together: their networks have other shapes")
    return {
        name: torch.lerp(value, others[name], share) if value.is_floating_point() else value
        for name, value in weights.items()
    }
