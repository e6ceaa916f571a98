"""Files are written whole or not at all."""

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from phiz.cli import files
from phiz.errors import PhizError


@given(first=st.binary(max_size=100), second=st.binary(max_size=100))
def test_what_was_written_is_read(tmp_path_factory: pytest.TempPathFactory, first: bytes, second: bytes) -> None:
    path = tmp_path_factory.mktemp("files") / "new" / "folder" / "file"

    for data in (first, second):
        files.write(path, data)
        assert files.read(str(path)) == data

    assert [each.name for each in path.parent.iterdir()] == ["file"]


def test_a_file_gets_the_usual_permissions(tmp_path: Path) -> None:
    files.write(tmp_path / "ours", b"")
    (tmp_path / "usual").touch()

    assert (tmp_path / "ours").stat().st_mode == (tmp_path / "usual").stat().st_mode


@pytest.mark.parametrize("kind", ["folder", "pipe"])
def test_only_a_file_is_replaced(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "there"
    if kind == "folder":
        path.mkdir()
    else:
        os.mkfifo(path)
    before = path.stat()

    with pytest.raises(PhizError, match="OUTPUT_NOT_WRITABLE"):
        files.write(path, b"data")

    assert path.stat() == before
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_without_end_is_not_read_to_its_end() -> None:
    with pytest.raises(PhizError, match="FILE_TOO_LARGE"):
        files.read("/dev/zero")


def test_a_name_that_no_file_can_have_is_told() -> None:
    with pytest.raises(PhizError, match="FILE_UNREADABLE"):
        files.read("a\0b")
