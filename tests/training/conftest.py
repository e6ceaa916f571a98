"""A small data set of drawn faces, made by the real `prepare`."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from tests.training.tiny import prepare, write_photographs


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
    """The photographs, packed in the default layouts."""
    out = tmp_path_factory.mktemp("prepared") / "set"
    prepare("--photos", photographs, "--out", out, "--workers", 1)
    return out
