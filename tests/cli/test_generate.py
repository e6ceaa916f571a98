"""``phiz generate``."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_faces_are_streamed_and_named_by_seed(phiz: "Phiz") -> None:
    made = phiz("generate", "--count", 20, "--seed", 7, "--out", "faces/", "--json")

    assert made.exit_code == 0
    assert [list(face) for face in made.objects] == [["file", "seed", "model", "version"]] * 20
    assert [face["seed"] for face in made.objects] == list(range(7, 27))
    assert [face["file"] for face in made.objects] == [f"faces/face-{seed}.png" for seed in range(7, 27)]
    assert {face["model"] for face in made.objects} == {"generator"}
    assert all(face["version"] >= 1 for face in made.objects)
    assert all(Image.open(face["file"]).format == "PNG" for face in made.objects)


def test_a_count_beyond_one_stream_goes_on_in_the_next(phiz: "Phiz", monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("phiz.cli.generate._FACES_A_STREAM", 3)
    last = 2**64 - 1

    counted = phiz("generate", "--count", 8, "--seed", last - 3, "--json")
    named = phiz("generate", "--seeds", "5,3,9,1", "--json")

    assert [face["seed"] for face in counted.objects] == [last - 3, last - 2, last - 1, last, 0, 1, 2, 3]
    assert [face["seed"] for face in named.objects] == [5, 3, 9, 1]


def test_every_latent_is_written_beside_on_demand(phiz: "Phiz") -> None:
    made = phiz("generate", "--seeds", "7,3", "--latents", "latents", "--json")

    assert [face["latent"] for face in made.objects] == ["latents/face-7.latent", "latents/face-3.latent"]
    phiz("mix", "latents/face-7.latent", "seed:8", "--weights", "1,0", "--out", "again.png")
    seven, again = (np.asarray(Image.open(name), np.int16) for name in ("faces/face-7.png", "again.png"))
    assert np.abs(seven - again).max() <= 1


@pytest.mark.parametrize(
    ("sheet", "picture_format"), [("sheet.png", "PNG"), ("new/sheet.jpg", "JPEG"), ("a.webp", "WEBP")]
)
def test_all_faces_are_shown_on_one_sheet(phiz: "Phiz", sheet: str, picture_format: str) -> None:
    made = phiz("generate", "--count", 6, "--seed", 7, "--size", 100, "--sheet", sheet)

    assert made.exit_code == 0
    assert made.out[-1] == sheet
    opened = Image.open(sheet)
    assert opened.format == picture_format
    assert opened.width > 3 * 100
    assert opened.height > 2 * 100


def test_a_failure_leaves_no_sheet(phiz: "Phiz") -> None:
    failed = phiz("generate", "--count", 6, "--model", "nobody", "--sheet", "sheet.png")

    assert failed.exit_code == 1
    assert not list(Path().iterdir())


def test_size_is_reached_as_it_is_told(phiz: "Phiz") -> None:
    for method in ("bicubic", "edge-directed"):
        phiz("generate", "--seed", 7, "--size", 256, "--upscaling", method, "--out", f"{method}.png")

    assert Path("bicubic.png").read_bytes() != Path("edge-directed.png").read_bytes()


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
        ("--seeds", ""),
        ("--seeds", "1,,2"),
        ("--seeds", "1,1"),
        ("--seeds", "1,2", "--seed", "3"),
        ("--seeds", "1,2", "--count", "2"),
        ("--sheet", "sheet.tiff"),
        ("--sheet", "sheet.png", "--count", "1001"),
        ("--upscaling", "magic"),
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
