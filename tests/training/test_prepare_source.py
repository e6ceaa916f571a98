"""Where photographs come from: folders of any shape, and tables that tell more or less of each."""

import os
from pathlib import Path

import numpy as np
import pytest

from training.errors import TrainingError
from training.prepare.source import LANDMARK_COLUMNS, read_photographs


def write(path: Path, data: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return path


def test_every_file_at_any_depth_counts_but_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.jpg", "a/2.png", "a/deep/er/1.webp", "notes.txt", ".thumbs/1.jpg", "a/.hidden.jpg"):
        write(tmp_path / name)
    assert [photo.name for photo in read_photographs(tmp_path)] == ["a/2.png", "a/deep/er/1.webp", "b.jpg", "notes.txt"]


def test_the_first_sub_folder_names_the_person(tmp_path: Path) -> None:
    for name in ("ada/1.jpg", "ada/holiday/2.jpg", "grace/1.jpg", "unknown.jpg"):
        write(tmp_path / name)
    photographs = read_photographs(tmp_path, folders_are_persons=True)
    assert [photo.person for photo in photographs] == ["ada", "ada", "grace", ""]
    assert {photo.person for photo in read_photographs(tmp_path)} == {""}


def test_a_name_that_is_no_text_is_told_as_far_as_it_is(tmp_path: Path) -> None:
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.jpg"))
    write(path)
    (photo,) = read_photographs(tmp_path)
    assert photo.path == path
    assert photo.name == "caf\N{REPLACEMENT CHARACTER}.jpg"


def test_what_would_never_end_is_not_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    with pytest.raises(TrainingError, match="holds no files"):
        read_photographs(tmp_path)


def test_a_table_needs_files_only(tmp_path: Path) -> None:
    table = write(tmp_path / "photos.csv", "\ufefffile,person\nsub/a.png,ada\nb.png,\n".encode())
    first, second = read_photographs(table)
    assert (first.path, first.person, first.split, first.landmarks) == (tmp_path / "sub/a.png", "ada", "", None)
    assert (second.name, second.person, second.licence, second.attribution) == ("b.png", "", "", "")


def test_a_file_lies_in_the_folder_of_its_split_or_beside_the_table(tmp_path: Path) -> None:
    table = write(tmp_path / "photos.csv", b"file,split\na.png,val\nb.png,val\n")
    write(tmp_path / "val" / "a.png")
    assert [photo.path for photo in read_photographs(table)] == [tmp_path / "val/a.png", tmp_path / "b.png"]


def test_rows_without_landmarks_stand_beside_rows_with_them(tmp_path: Path) -> None:
    numbers = ",".join(str(value) for value in range(10))
    table = write(
        tmp_path / "photos.csv", f"file,{','.join(LANDMARK_COLUMNS)}\na.png,{numbers}\nb.png{',' * 10}\n".encode()
    )
    first, second = read_photographs(table)
    assert first.landmarks is not None
    np.testing.assert_array_equal(first.landmarks, np.arange(10.0).reshape(5, 2))
    assert second.landmarks is None


HEADER = f"file,{','.join(LANDMARK_COLUMNS)}\n"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (b"", "lists no photographs"),
        (b"name,split\na.png,train\n", "lacks the columns file"),
        (b"file,nose_x\na.png,3\n", "lacks the columns left_eye_x, .*nose_y"),
        (b"file,split\na.png,test\n", "line 2: the split is 'test'"),
        (b"file,split\na.png,train\n,val\n", "line 3: no file is named"),
        (f"{HEADER}a.png,1,2,3\n".encode(), "line 2: the landmarks are not ten numbers"),
        (f"{HEADER}a.png,1,2,3,4,5,6,7,8,nan,1\n".encode(), "not ten numbers"),
        (b"\x89PNG\r\n\x1a\n\0\xff", "neither a folder nor a CSV table"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(tmp_path: Path, text: bytes, complaint: str) -> None:
    with pytest.raises(TrainingError, match=complaint):
        read_photographs(write(tmp_path / "photos.csv", text))


def test_what_is_missing_or_empty_is_told(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"cannot read the table of photographs .*none: No such file"):
        read_photographs(tmp_path / "none")
    with pytest.raises(TrainingError, match="holds no files"):
        read_photographs(tmp_path)


def test_a_table_says_itself_who_is_who(tmp_path: Path) -> None:
    table = write(tmp_path / "photos.csv", b"file,person\na.png,ada\n")
    with pytest.raises(TrainingError, match="use the table's person column"):
        read_photographs(table, folders_are_persons=True)
