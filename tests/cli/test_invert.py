"""``phiz invert``."""

import math
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from phiz.v1.face_pb2 import Latent

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_a_photograph_becomes_a_latent_and_a_reconstruction(phiz: "Phiz", photo: str) -> None:
    done = phiz("invert", photo, "--preset", "fast", "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["file", "latent", "reconstruction", "psnr_db", "loss", "evaluations", "seconds"]
    assert (fields["latent"], fields["reconstruction"]) == ("old.latent", "old-reconstruction.png")
    assert fields["psnr_db"] == pytest.approx(-10 * math.log10(fields["loss"]), abs=0.5)
    latent = Latent.FromString(Path("old.latent").read_bytes())
    assert len(latent.data) == 4 * math.prod(latent.shape)
    assert latent.model.name == "generator"
    width, height = Image.open("old-reconstruction.png").size
    assert width == height


def test_work_can_be_limited(phiz: "Phiz", photo: str) -> None:
    done = phiz("invert", photo, "--max-evaluations", 0, "--json")

    assert done.objects[0]["evaluations"] == 0


def test_progress_is_told_on_the_way_and_changes_nothing(phiz: "Phiz", photo: str) -> None:
    plain = phiz("invert", photo, "--max-evaluations", 8, "--out", "plain.latent")
    told = phiz("invert", photo, "--max-evaluations", 8, "--out", "told.latent", "--progress")

    assert plain.exit_code == told.exit_code == 0
    assert [line.partition(" dB after ")[2] for line in told.err.splitlines()] == [
        f"{n} of 8 evaluations" for n in (0, 2, 4)
    ]
    assert Path("told.latent").read_bytes() == Path("plain.latent").read_bytes()


def test_out_names_the_latent_file(phiz: "Phiz", photo: str) -> None:
    done = phiz("invert", photo, "--preset", "fast", "--out", "people/ann.latent", "--format", "jpeg")

    assert done.out[0].startswith("old.jpg -> people/ann.latent, people/ann-reconstruction.jpg")
    assert sorted(path.name for path in Path("people").iterdir()) == ["ann-reconstruction.jpg", "ann.latent"]


def test_several_photographs_go_to_a_folder(phiz: "Phiz", photo: str, bad_files: dict[str, str]) -> None:
    shutil.copy(photo, "new.jpg")

    done = phiz("invert", photo, *bad_files, "new.jpg", "--preset", "fast", "--out", "people", "--json")

    assert done.exit_code == 1
    assert {each["file"]: each["reason"] for each in done.objects if "reason" in each} == bad_files
    assert sorted(path.name for path in Path("people").iterdir()) == [
        "new-reconstruction.png",
        "new.latent",
        "old-reconstruction.png",
        "old.latent",
    ]


def test_a_latent_file_ends_in_latent(phiz_alone: "Phiz", photo: str) -> None:
    told = phiz_alone("invert", photo, "--out", "me.png")

    assert told.exit_code == 2
    assert ".latent" in told.err
