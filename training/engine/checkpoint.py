"""Checkpoints: a nested state in one safetensors file, written whole or not at all, the last few kept.

Tensors are stored as such; all else (numbers, strings, the nesting itself) as JSON in the file's header. No pickles.
"""

import json
import shutil
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.engine.files import unfinished
from training.errors import TrainingError

KEPT = 3
"""Checkpoints that stay in a run's folder."""


_SPARE_BYTES = 16 * 2**20
"""Room that is left to a run's other files."""


def save(folder: Path, step: int, state: dict[str, Any]) -> Path:
    """Writes ``state`` (dicts, lists, tuples, tensors, numbers, strings, None) as the checkpoint of ``step``.

    Raises:
        TrainingError: there is no room; the checkpoints before it stay.
    """
    folder.mkdir(parents=True, exist_ok=True)
    tensors: dict[str, Tensor] = {}
    tree = _take_apart(state, "", tensors)
    path = folder / f"{step:09d}.safetensors"
    _check_room(folder, sum(tensor.nbytes for tensor in tensors.values()))
    with unfinished(path) as writing:
        try:
            save_file(tensors, writing, metadata={"tree": json.dumps(tree)})
        except SafetensorError as error:
            raise OSError(error) from error
    for old in _all(folder)[:-KEPT]:
        old.unlink()
    return path


def _check_room(folder: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(folder).free
    if free_bytes < needed_bytes + _SPARE_BYTES:
        raise TrainingError(
            f"no room for a checkpoint of {needed_bytes / 1e6:.0f} MB in {folder}: {free_bytes / 1e6:.0f} MB are free; "
            "the checkpoints before it stay, and with more room the same command goes on from them"
        )


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
