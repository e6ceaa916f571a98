"""``phiz mix``."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_photographs_latents_and_seeds_mix(phiz: "Phiz", photo: str) -> None:
    phiz("invert", photo, "--preset", "fast", "--out", "ann.latent")

    done = phiz("mix", photo, "ann.latent", "seed:7", "--weights", "1,1,2", "--preset", "fast", "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["output", "seconds"]
    assert fields["output"] == "mix.png"
    assert Image.open("mix.png").format == "PNG"


def test_a_face_with_all_the_weight_is_the_mix(phiz: "Phiz") -> None:
    phiz("generate", "--seed", 5, "--out", "five.png")
    phiz("mix", "seed:5", "seed:6", "--weights", "1,0", "--out", "mixed.png")

    five, mixed = (np.asarray(Image.open(name), np.int16) for name in ("five.png", "mixed.png"))
    assert np.abs(five - mixed).max() <= 1


@pytest.mark.parametrize(("out", "written"), [("both.jpg", "both.jpg"), ("pairs/", "pairs/mix.png")])
def test_out_names_a_file_or_a_folder(phiz: "Phiz", out: str, written: str) -> None:
    assert phiz("mix", "seed:1", "seed:2", "--out", out).out[0].startswith(written)
    assert Path(written).is_file()


def test_each_unreadable_face_is_told(phiz: "Phiz", photo: str) -> None:
    Path("torn.latent").write_bytes(b"\xff\xff")
    Path("empty.latent").touch()

    failed = phiz("mix", photo, "missing.jpg", "torn.latent", "empty.latent", "--json")

    assert failed.exit_code == 1
    assert [(failure["file"], failure["reason"]) for failure in failed.objects] == [
        ("missing.jpg", "FILE_NOT_FOUND"),
        ("torn.latent", "LATENT_FILE_INVALID"),
        ("empty.latent", "LATENT_FILE_INVALID"),
    ]
    assert not Path("mix.png").exists()


def test_the_face_that_the_server_refuses_is_named(phiz: "Phiz", bad_files: dict[str, str]) -> None:
    failed = phiz("mix", "seed:1", "notes.txt", "--json")

    assert failed.exit_code == 1
    (failure,) = failed.objects
    assert (failure["file"], failure["reason"]) == ("notes.txt", bad_files["notes.txt"])


def test_method_and_layers_are_the_users(phiz: "Phiz") -> None:
    for name, arguments in {"linear": (), "spherical": (), "styles": ("--layers", 2)}.items():
        assert phiz("mix", "seed:1", "seed:2", "--method", name, *arguments, "--out", f"{name}.png").exit_code == 0

    pictures = [np.asarray(Image.open(f"{name}.png")).tobytes() for name in ("linear", "spherical", "styles")]
    assert len(set(pictures)) == 3


def test_the_mix_is_pasted_back(phiz: "Phiz", photo: str) -> None:
    phiz("mix", photo, "seed:3", "--preset", "fast", "--paste-back", "--out", "mixed.png")

    before, after = (np.asarray(Image.open(name), np.int16) for name in (photo, "mixed.png"))
    changed = np.abs(before - after).max(axis=2) > 0
    assert 0.02 < changed.mean() < 0.2


def test_weights_without_meaning_are_refused(phiz: "Phiz") -> None:
    failed = phiz("mix", "seed:1", "seed:2", "--weights", "0,0", "--json")

    assert failed.exit_code == 1
    assert (failed.objects[0]["file"], failed.objects[0]["code"]) == (None, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "arguments",
    [
        ("seed:1",),
        ("seed:1", ""),
        ("seed:1", "seed:x"),
        ("seed:1", "seed:2", "--weights", "1"),
        ("seed:1", "seed:2", "--weights", "1,half"),
        ("seed:1", "face.png", "--out", "face.png"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(phiz_alone: "Phiz", arguments: tuple[str, ...]) -> None:
    told = phiz_alone("mix", *arguments)

    assert (told.exit_code, told.out) == (2, [])
    assert "phiz mix: error: " in told.err
