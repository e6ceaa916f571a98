"""``phiz colorize``, and what it has in common with every command over several files."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


@pytest.fixture
def photo(folder: Path, astronaut_gray_jpeg: bytes) -> str:
    """A photograph without colour, 512 x 512 px, as a file of the working folder."""
    (folder / "old.jpg").write_bytes(astronaut_gray_jpeg)
    return "old.jpg"


def test_a_photograph_is_coloured_at_its_own_size(phiz: "Phiz", photo: str) -> None:
    done = phiz("colorize", photo, "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["file", "output", "faces", "seconds"]
    assert (fields["file"], fields["output"]) == ("old.jpg", "old-colorized.png")
    assert fields["faces"] == 0
    assert fields["seconds"] > 0
    assert Image.open("old-colorized.png").size == (512, 512)


def test_each_face_is_coloured_once_more_on_demand(phiz: "Phiz", photo: str) -> None:
    phiz("colorize", photo, "--out", "whole.png")
    done = phiz("colorize", photo, "--faces", "--out", "each.png")

    assert done.out[0].startswith("old.jpg -> each.png  (1 face, ")
    assert Path("each.png").read_bytes() != Path("whole.png").read_bytes()


def test_people_are_told_where_the_picture_is(phiz: "Phiz", photo: str) -> None:
    done = phiz("colorize", photo, "--out", "new.webp")

    assert done.out[0].startswith("old.jpg -> new.webp")
    assert len(done.out) == 1
    assert done.err == ""


def test_a_bad_file_does_not_stop_the_others(phiz: "Phiz", photo: str, bad_files: dict[str, str]) -> None:
    shutil.copy(photo, "last.jpg")

    done = phiz("colorize", photo, *bad_files, "last.jpg", "--out", "coloured", "--json")

    assert done.exit_code == 1
    first, *failures, last = done.objects
    assert (first["output"], last["output"]) == ("coloured/old-colorized.png", "coloured/last-colorized.png")
    assert all(list(failure) == ["file", "code", "reason", "message"] for failure in failures)
    assert {failure["file"]: failure["reason"] for failure in failures} == bad_files
    assert sorted(path.name for path in Path("coloured").iterdir()) == ["last-colorized.png", "old-colorized.png"]


def test_people_are_told_of_a_bad_file_in_one_line(phiz: "Phiz", photo: str, bad_files: dict[str, str]) -> None:
    done = phiz("colorize", *bad_files, photo)

    assert done.exit_code == 1
    assert len(done.out) == 1
    lines = done.err.splitlines()
    assert [line.split(": ")[:2] for line in lines] == [["phiz", name] for name in bad_files]


def test_what_was_there_is_replaced(phiz: "Phiz", photo: str) -> None:
    Path("new.png").write_text("old news")
    Path("link.png").symlink_to("new.png")

    phiz("colorize", photo, "--out", "link.png")

    assert Path("link.png").is_symlink()
    assert Image.open("new.png").size == (512, 512)


def test_what_is_in_colour_is_coloured_anew_by_force_only(phiz: "Phiz", folder: Path, astronaut_jpeg: bytes) -> None:
    (folder / "new.jpg").write_bytes(astronaut_jpeg)

    told = phiz("colorize", "new.jpg", "--json")
    done = phiz("colorize", "new.jpg", "--force", "--out", "forced.png")

    assert [failure["reason"] for failure in told.objects] == ["ALREADY_IN_COLOUR"]
    assert (told.exit_code, done.exit_code) == (1, 0)
    assert Image.open("forced.png").size == (512, 512)


@pytest.mark.parametrize("option", ["--saturation", "--strength"])
def test_without_saturation_or_strength_it_stays_gray(phiz: "Phiz", photo: str, option: str) -> None:
    phiz("colorize", photo, option, 0)

    red, green, blue = Image.open("old-colorized.png").convert("RGB").split()
    assert red.tobytes() == green.tobytes() == blue.tobytes()


def test_an_output_that_cannot_be_written_is_a_failure(phiz: "Phiz", photo: str) -> None:
    Path("file").touch()

    failed = phiz("colorize", photo, "--out", "file/new.png", "--json")

    assert failed.exit_code == 1
    assert [failure["reason"] for failure in failed.objects] == ["OUTPUT_NOT_WRITABLE"]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("old.jpg", "--out", "old.jpg"),
        ("old.jpg", "--out", "./sub/../old.jpg"),
        ("old.jpg", "old.jpg"),
        ("old.jpg", "sub/old.png"),
        ("old.jpg", "--saturation", "much"),
        ("old.jpg", "--server", "localhost"),
        ("old.jpg", "--timeout", "0"),
        ("old.jpg", "--timeout", "1e12"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_before_any_work(phiz_alone: "Phiz", photo: str, arguments: tuple[str, ...]) -> None:
    before = Path(photo).read_bytes()

    told = phiz_alone("colorize", *arguments)

    assert (told.exit_code, told.out) == (2, [])
    assert "phiz colorize: error: " in told.err
    assert Path(photo).read_bytes() == before
    assert [path.name for path in Path().iterdir()] == ["old.jpg"]
