"""Snapshots: the networks of a generator's run in one small file, which another run can begin with."""

import json
from pathlib import Path
from typing import Final

from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from training.engine.files import write_whole
from training.errors import TrainingError
from training.models.growth import Weights
from training.recipes import GENERATORS
from training.recipes.settings import facts
from training.runs import open_run

_SHIPPED: Final = Path(__file__).parent / "weights"
_NETWORKS: Final = {"generator": "generator_ema", "encoder": "encoder_ema", "discriminator": "discriminator"}
"""Name in a snapshot, and in a trainer's state."""


def shipped(name: str) -> Path:
    """The snapshot that comes with this package under ``name``."""
    return _SHIPPED / f"{name}.safetensors"


def take(run: Path, path: Path) -> None:
    """Writes a snapshot of ``run`` to ``path``: the averaged networks, as float16 but for the prior of the latents.

    Raises:
        TrainingError: ``run`` is no generator's run, or ``path`` cannot be written.
    """
    source, recipe = open_run(run, *GENERATORS.values())
    tensors = {
        f"{name}/{key}": (value if key.startswith("prior.") else value.half()).contiguous()
        for name, state in _NETWORKS.items()
        for key, value in source.state[state].items()
    }
    about = {
        "recipe": recipe.name,
        "settings": json.dumps(facts(recipe)),
        "dataset_digest": source.dataset_digest,
        "images": str(source.images),
    }
    write_whole(path, save(tensors, about))


def begin_with(path: Path) -> dict[str, Weights]:
    """Reads a snapshot, or takes the networks of a run's folder: "generator", "encoder" and "discriminator".

    Raises:
        TrainingError: ``path`` is neither, or is damaged.
    """
    if path.is_dir():
        source, _ = open_run(path, *GENERATORS.values())
        return {name: source.state[state] for name, state in _NETWORKS.items()}
    try:
        with safe_open(path, "pt") as file:
            about = file.metadata() or {}
            tensors = {key: file.get_tensor(key).float() for key in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        raise TrainingError(f"{path} is neither a run nor a snapshot of one ({error})") from error
    if about.get("recipe") not in GENERATORS:
        raise TrainingError(f"{path} is no snapshot of a generator's run")
    networks: dict[str, Weights] = {name: {} for name in _NETWORKS}
    for key, value in tensors.items():
        name, _, rest = key.partition("/")
        networks[name][rest] = value
    return networks
