"""A small data set of drawn faces, made by the real `prepare`, and pairs of them, packed as `train` packs them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.tiny import prepare, write_pairs, write_photographs
from training.pairs.find import find_pairs, find_pictures
from training.pairs.pack import pack


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    """Small tensors are slower with more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def photographs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A table of 22 drawn photographs, 4 of them held out."""
    return write_photographs(tmp_path_factory.mktemp("photographs"), 22, 4)


@pytest.fixture(scope="session")
def prepared(photographs: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The photographs, packed in the default layouts, and drawn pairs, which a translator would have in its run."""
    folder = tmp_path_factory.mktemp("prepared")
    out = folder / "set"
    prepare("--photos", photographs, "--out", out, "--workers", 1)
    pairs = write_pairs(folder / "pairs", 12)
    sets = {"pairs": find_pairs(pairs), "a": find_pictures(pairs / "A"), "b": find_pictures(pairs / "B")}
    packed = pack(sets, 32, 32, folder / "run")
    for array in packed.glob("*.npy"):
        array.rename(out / array.name)
    facts, more = (json.loads((data / "dataset.json").read_text()) for data in (out, packed))
    (out / "dataset.json").write_text(json.dumps(facts | {"layouts": facts["layouts"] + more["layouts"]}))
    return out
