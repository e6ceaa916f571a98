"""The command line, run in an empty folder against the real server."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from phiz.cli.main import main


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    exit_code: int
    out: list[str]
    err: str

    @property
    def objects(self) -> list[dict[str, Any]]:
        """The lines of stdout, as JSON."""
        return [json.loads(line) for line in self.out]


Phiz = Callable[..., Outcome]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty working folder, and nothing of a server in the environment."""
    monkeypatch.chdir(tmp_path)
    for name in ("PHIZ_SERVER", "PHIZ_TLS_CA", "PHIZ_API_KEY", "PHIZ_API_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def phiz_alone(capsys: pytest.CaptureFixture[str]) -> Phiz:
    """Runs ``phiz`` with the arguments given."""

    def run(*argv: object) -> Outcome:
        try:
            exit_code = main([str(argument) for argument in argv])
        except SystemExit as left:
            exit_code = int(left.code or 0)
        out, err = capsys.readouterr()
        return Outcome(exit_code, out.splitlines(), err)

    return run


@pytest.fixture
def phiz(phiz_alone: Phiz, server: str) -> Phiz:
    """Runs ``phiz`` against the server."""
    return lambda *argv: phiz_alone(*argv, "--server", server)


@pytest.fixture
def photo(folder: Path, astronaut_jpeg: bytes) -> str:
    """A photograph of one face, 512 x 512 px, as a file of the working folder."""
    (folder / "old.jpg").write_bytes(astronaut_jpeg)
    return "old.jpg"


@pytest.fixture
def bad_files(folder: Path) -> dict[str, str]:
    """Files that no command can use, each with the reason."""
    (folder / "notes.txt").write_text("no picture")
    (folder / "empty.png").touch()
    (folder / "folder.jpg").mkdir()
    return {
        "notes.txt": "IMAGE_UNREADABLE",
        "empty.png": "IMAGE_MISSING",
        "folder.jpg": "FILE_IS_FOLDER",
        "missing.jpg": "FILE_NOT_FOUND",
    }
