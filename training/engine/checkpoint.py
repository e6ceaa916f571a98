"""Checkpoints: a nested state in one safetensors file, written whole or not at all, the last few kept.

Tensors are stored as such; all else (numbers, strings, the nesting itself) as JSON in the file's header. No pickles.
"""

import json
import os
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.errors import TrainingError

KEPT = 3
"""Checkpoints that stay in a run's folder."""


def save(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Writes ``state`` (dicts, lists, tuples, tensors, numbers, strings, None) as the checkpoint of ``step``."""
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {}
    tree = _take_apart(state, "", tensors)
    path = folder / f"{step:09d}.safetensors"
    unfinished = path.with_suffix(".unfinished")
    save_file(tensors, unfinished, metadata={"tree": json.dumps(tree)})
    with unfinished.open("rb") as file:
        os.fsync(file.fileno())
    unfinished.replace(path)
    for old in _all(folder)[:-KEPT]:
        old.unlink()
    return path


def latest(folder: Path) -> Path | None:
    """The newest checkpoint in ``folder``, or None."""
    found = _all(folder)
    return found[-1] if found else None


def load(path: Path) -> dict[str, Any]:
    """Reads a checkpoint.

    Raises:
        TrainingError: the file is missing or damaged.
    """
    try:
        with safe_open(path, framework="pt") as file:
            tree = json.loads(file.metadata()["tree"])
            state = _put_together(tree, {name: file.get_tensor(name) for name in file.keys()})  # noqa: SIM118
    except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
        raise TrainingError(
            f"the checkpoint {path} cannot be read ({error}); remove it to go on from the one before"
        ) from error
    assert isinstance(state, dict)
    return state


def _all(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.safetensors"))


def _take_apart(value: Any, name: str, tensors: dict[str, Tensor]) -> Any:
    if isinstance(value, Tensor):
        tensors[name] = value.detach().cpu().contiguous().clone()
        return {"tensor": name}
    if isinstance(value, dict):
        return {"dict": [[key, _take_apart(item, f"{name}/{key}", tensors)] for key, item in value.items()]}
    if isinstance(value, list | tuple):
        return {"list": [_take_apart(item, f"{name}/{index}", tensors) for index, item in enumerate(value)]}
    return {"value": value}


def _put_together(tree: dict[str, Any], tensors: dict[str, Tensor]) -> Any:
    ((kind, content),) = tree.items()
    if kind == "tensor":
        return tensors[content]
    if kind == "dict":
        return {key: _put_together(item, tensors) for key, item in content}
    if kind == "list":
        return [_put_together(item, tensors) for item in content]
    return content


def random_state() -> dict[str, Tensor]:
    """The state of torch's own generators."""
    return {"cpu": torch.get_rng_state()} | {
        f"cuda{index}": state for index, state in enumerate(torch.cuda.get_rng_state_all())
    }


def set_random_state(state: dict[str, Tensor]) -> None:
    """Brings torch's own generators back to :func:`random_state`."""
    torch.set_rng_state(state["cpu"])
    for name, value in state.items():
        if name != "cpu":
            torch.cuda.set_rng_state(value, int(name.removeprefix("cuda")))
