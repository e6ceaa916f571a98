"""``phiz generate``."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_faces_are_made_in_batches_and_named_by_seed(phiz: "Phiz") -> None:
    made = phiz("generate", "--count", 20, "--seed", 7, "--out", "faces/", "--json")

    assert made.exit_code == 0
    assert [list(face) for face in made.objects] == [["file", "seed", "model", "version"]] * 20
    assert [face["seed"] for face in made.objects] == list(range(7, 27))
    assert [face["file"] for face in made.objects] == [f"faces/face-{seed}.png" for seed in range(7, 27)]
    assert {face["model"] for face in made.objects} == {"generator"}
    assert all(face["version"] >= 1 for face in made.objects)
    assert all(Image.open(face["file"]).format == "PNG" for face in made.objects)


def test_a_face_of_a_later_batch_is_the_face_of_its_seed(phiz: "Phiz") -> None:
    phiz("generate", "--count", 17, "--seed", 7, "--out", "many/")
    phiz("generate", "--seed", 23, "--out", "one.png")

    assert Path("many/face-23.png").read_bytes() == Path("one.png").read_bytes()


def test_without_seed_and_out_a_new_face_goes_to_faces(phiz: "Phiz") -> None:
    first, second = phiz("generate"), phiz("generate")

    assert first.out[0].startswith("faces/face-")
    assert first.out != second.out
    assert sorted(str(path) for path in Path("faces").iterdir()) == sorted(first.out + second.out)


@pytest.mark.parametrize(
    ("options", "written", "picture_format"),
    [
        (("--out", "me.png"), "me.png", "PNG"),
        (("--out", "new/me.jpg"), "new/me.jpg", "JPEG"),
        (("--out", "me.webp", "--quality", "50"), "me.webp", "WEBP"),
        (("--out", "plain"), "plain", "PNG"),
        (("--format", "jpeg"), "faces/face-7.jpg", "JPEG"),
        (("--out", "here/", "--format", "webp"), "here/face-7.webp", "WEBP"),
        (("--out", "there.d", "--count", "1"), "there.d/face-7.png", "PNG"),
    ],
)
def test_out_names_a_file_or_a_folder(
    phiz: "Phiz", options: tuple[str, ...], written: str, picture_format: str
) -> None:
    Path("there.d").mkdir()

    made = phiz("generate", "--seed", 7, *options)

    assert (made.exit_code, made.out) == (0, [written])
    assert Image.open(written).format == picture_format


def test_size_is_the_longest_side(phiz: "Phiz") -> None:
    phiz("generate", "--size", 200, "--out", "large.png")

    assert Image.open("large.png").size == (200, 200)


def test_an_unknown_model_is_a_failure_without_a_file(phiz: "Phiz") -> None:
    failed = phiz("generate", "--count", 40, "--model", "nobody", "--json")

    assert failed.exit_code == 1
    (failure,) = failed.objects
    assert list(failure) == ["file", "code", "reason", "message"]
    assert (failure["file"], failure["code"], failure["reason"]) == (None, "NOT_FOUND", "MODEL_NOT_FOUND")


@pytest.mark.parametrize(
    "options",
    [
        ("--count", "0"),
        ("--count", "many"),
        ("--seed", "-1"),
        ("--seed", str(2**64)),
        ("--quality", "101"),
        ("--size", str(2**32)),
        ("--out", ""),
        ("--out", "face.tiff"),
        ("--out", "face.jpg", "--format", "png"),
        ("--colour", "red"),
        ("a.jpg",),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(phiz: "Phiz", options: tuple[str, ...]) -> None:
    told = phiz("generate", *options)

    assert (told.exit_code, told.out) == (2, [])
    assert "error: " in told.err
    assert not list(Path().iterdir())
