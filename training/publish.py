"""Publishes exported models into a model repository: each version whole or not at all."""

import shutil
import tempfile
from pathlib import Path

import onnx
from google.protobuf import text_format
from tritonclient.grpc import model_config_pb2 as triton

from training.errors import TrainingError
from training.export.card import model_card
from training.export.config import model_config

MODEL_FILE = "model.onnx"


def publish(exported: Path, repository: Path, keep: int) -> list[tuple[str, int]]:
    """Publishes each ``<exported>/<model>/model.onnx`` as the next version of its model.

    A server that reads the repository meanwhile sees the old version or the new one, never a part of it: the version's
    folder is moved into its place when it is complete.

    Args:
        exported: the folder that ``export`` wrote.
        repository: the model repository.
        keep: versions that stay, the newest ones.

    Returns:
        Name and version of each published model.

    Raises:
        TrainingError: nothing to publish, or a model whose inputs or outputs are not those of the version before.
    """
    files = sorted(exported.glob(f"*/{MODEL_FILE}"))
    if not files:
        raise TrainingError(f"{exported} holds no exported model")
    return [(file.parent.name, _publish_one(file.parent.name, file, repository, keep)) for file in files]


def _publish_one(name: str, file: Path, repository: Path, keep: int) -> int:
    folder = repository / name
    versions = sorted(int(entry.name) for entry in folder.glob("*") if entry.name.isdecimal())
    version = versions[-1] + 1 if versions else 1
    config = model_config(name, file)
    _check_compatible(folder / "config.pbtxt", config)
    folder.mkdir(parents=True, exist_ok=True)
    unfinished = Path(tempfile.mkdtemp(prefix=f".{version}-", dir=folder))
    try:
        model = onnx.load(file)
        model.metadata_props.add(key="version", value=str(version))
        (unfinished / MODEL_FILE).write_bytes(model.SerializeToString())
        unfinished.chmod(0o755)
        _write(folder / "config.pbtxt", config)
        unfinished.rename(folder / str(version))
    except BaseException:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise
    facts = {entry.key: entry.value for entry in model.metadata_props}
    _write(folder / "MODEL_CARD.md", model_card(name, facts))
    for old in [*versions, version][:-keep]:
        shutil.rmtree(folder / str(old))
    return version


def _check_compatible(path: Path, config: str) -> None:
    """Callers of a model must not find other tensors under its name."""
    if not path.exists():
        return
    before = text_format.Parse(path.read_text(encoding="utf-8"), triton.ModelConfig())
    after = text_format.Parse(config, triton.ModelConfig())
    for side in ("input", "output"):
        if list(getattr(before, side)) != list(getattr(after, side)):
            raise TrainingError(f"the {side}s of {before.name} are not those that {path} serves; give it a new name")


def _write(path: Path, text: str) -> None:
    if path.exists() and path.read_text(encoding="utf-8") == text:
        return  # a Triton that polls would load the model's older versions again, for a file that is newer
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        file.write(text)
    Path(file.name).chmod(0o644)
    Path(file.name).replace(path)
