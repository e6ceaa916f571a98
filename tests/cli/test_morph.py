"""``phiz morph``."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


@pytest.mark.parametrize("out", ["morph.webp", "films/faces.gif"])
def test_an_animation_is_written(phiz: "Phiz", out: str) -> None:
    done = phiz("morph", "seed:1", "seed:2", "--frames", 5, "--milliseconds", 100, "--size", 80, "--out", out, "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["output", "frames", "seconds"]
    assert (fields["output"], fields["frames"]) == (out, 5)
    with Image.open(out) as image:
        assert (image.n_frames, image.size) == (5, (80, 80))  # type: ignore[attr-defined]


def test_frames_are_written_into_a_folder(phiz: "Phiz") -> None:
    done = phiz("morph", "seed:1", "seed:2", "--frames", 11, "--easing", "linear", "--out", "frames/", "--json")

    assert [fields["file"] for fields in done.objects] == [f"frames/frame-{i:02}.png" for i in range(11)]
    assert [fields["position"] for fields in done.objects] == [i / 10 for i in range(11)]
    assert all(Image.open(fields["file"]).format == "PNG" for fields in done.objects)


def test_photographs_and_latents_morph_in_a_loop(phiz: "Phiz", photo: str) -> None:
    phiz("invert", photo, "--preset", "fast", "--out", "ann.latent")

    done = phiz(
        "morph", photo, "ann.latent", "seed:7", "--frames", 3, "--loop", "--preset", "fast", "--out", "f/", "--json"
    )

    assert [fields["position"] for fields in done.objects] == [0, 1, 2]


def test_without_out_it_is_an_animation_here(phiz: "Phiz") -> None:
    assert phiz("morph", "seed:1", "seed:2", "--frames", 2).out[0].startswith("morph.webp  (2 frames, ")
    assert Path("morph.webp").is_file()


def test_the_face_that_the_server_refuses_is_named(phiz: "Phiz", bad_files: dict[str, str]) -> None:
    failed = phiz("morph", "seed:1", "notes.txt", "--json")

    assert failed.exit_code == 1
    assert (failed.objects[0]["file"], failed.objects[0]["reason"]) == ("notes.txt", bad_files["notes.txt"])
    assert not Path("morph.webp").exists()


def test_each_unreadable_face_is_told(phiz: "Phiz", bad_files: dict[str, str]) -> None:
    failed = phiz("morph", "missing.jpg", "folder.jpg", "seed:1", "--json")

    assert [(each["file"], each["reason"]) for each in failed.objects] == [
        (name, bad_files[name]) for name in ("missing.jpg", "folder.jpg")
    ]


@pytest.mark.parametrize(
    "arguments",
    [
        ("seed:1",),
        ("seed:1", "seed:2", "--out", ""),
        ("seed:1", "seed:2", "--out", "morph.mp4"),
        ("seed:1", "seed:2", "--frames", "1"),
        ("seed:1", "seed:2", "--milliseconds", "9"),
        ("seed:1", "seed:2", "--milliseconds", "50", "--out", "frames/"),
        ("seed:1", "seed:2", "--format", "png"),
        ("seed:1", "face.webp", "--out", "face.webp"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(phiz_alone: "Phiz", arguments: tuple[str, ...]) -> None:
    told = phiz_alone("morph", *arguments)

    assert (told.exit_code, told.out) == (2, [])
    assert "phiz morph: error: " in told.err
