"""``phiz average``."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_a_folder_of_faces_is_averaged(phiz: "Phiz", photo: str) -> None:
    Path("people").mkdir()
    Path(photo).rename("people/Old.JPG")
    phiz("invert", "people/Old.JPG", "--preset", "fast", "--out", "people/ann.latent")
    Path("people/notes.txt").write_text("not a face, and not taken for one")

    done = phiz("average", "people", "seed:7", "--json")

    assert done.exit_code == 0
    assert list(done.objects[0]) == ["output", "seconds"]
    assert done.objects[0]["output"] == "average.png"
    assert Image.open("average.png").size == (256, 256)


def test_method_size_and_place_are_the_users(phiz: "Phiz") -> None:
    done = phiz("average", "seed:1", "seed:2", "--method", "latent", "--size", 100, "--out", "mean.jpg")

    assert done.exit_code == 0
    with Image.open("mean.jpg") as mean:
        assert (mean.format, mean.size) == ("JPEG", (100, 100))


def test_the_face_that_the_server_refuses_is_named(phiz: "Phiz", bad_files: dict[str, str]) -> None:
    failed = phiz("average", "seed:1", "notes.txt", "--json")

    assert failed.exit_code == 1
    assert (failed.objects[0]["file"], failed.objects[0]["reason"]) == ("notes.txt", bad_files["notes.txt"])
    assert not Path("average.png").exists()


def test_a_face_of_a_folder_is_named_by_its_path(phiz: "Phiz", photo: str) -> None:
    Path("people").mkdir()
    Path("people/a.png").write_bytes(b"no picture")
    Path(photo).rename("people/b.jpg")

    failed = phiz("average", "people", "--json")

    assert failed.objects[0]["file"] == "people/a.png"


@pytest.mark.parametrize(
    "arguments", [("seed:1",), ("empty",), ("seed:1", "seed:x"), ("seed:1", "a.png", "--out", "a.png")]
)
def test_wrong_usage_is_told(phiz_alone: "Phiz", arguments: tuple[str, ...]) -> None:
    Path("empty").mkdir()
    told = phiz_alone("average", *arguments)

    assert (told.exit_code, told.out) == (2, [])
    assert "phiz average: error: " in told.err
