"""What tests of servers share."""

import shutil
from pathlib import Path

import pytest

from serving.settings import Settings


@pytest.fixture(scope="session")
def one_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model repository of one small model, for servers that are asked for nothing but what they have."""
    folder = tmp_path_factory.mktemp("models")
    shutil.copytree(Settings().model_repository / "mapping", folder / "mapping")
    return folder
