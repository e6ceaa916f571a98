"""``phiz edit``."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def read(name: str) -> np.ndarray:
    return np.asarray(Image.open(name), np.float64)


def test_each_face_is_changed_and_written_beside_its_name(phiz: "Phiz", photo: str) -> None:
    done = phiz("edit", photo, "seed:7", "--step", "smile=2", "--step", "3=-1.5", "--preset", "fast", "--json")

    assert done.exit_code == 0
    assert [list(fields) for fields in done.objects] == [["file", "output", "seconds"]] * 2
    assert [fields["output"] for fields in done.objects] == ["old-edited.png", "seed-7-edited.png"]
    assert all(Path(fields["output"]).is_file() for fields in done.objects)


def test_steps_go_by_their_signs(phiz: "Phiz") -> None:
    for strength, name in ((-2, "dark.png"), (2, "bright.png")):
        phiz("edit", "seed:5", "--step", f"brightness={strength}", "--out", name)
    assert read("dark.png").mean() < read("bright.png").mean() - 5


def test_a_face_is_pasted_back_into_its_photograph(phiz: "Phiz", photo: str) -> None:
    phiz("edit", photo, "--step", "turn=1", "--preset", "fast", "--paste-back", "--out", "turned.png")

    before, after = read(photo), read("turned.png")
    assert before.shape == after.shape
    assert np.array_equal(before[300:], after[300:])
    assert not np.array_equal(before[:300], after[:300])


def test_an_unknown_direction_is_told_with_the_known_ones(phiz: "Phiz") -> None:
    failed = phiz("edit", "seed:5", "--step", "wings=1", "--json")

    assert failed.exit_code == 1
    (failure,) = failed.objects
    assert (failure["file"], failure["reason"]) == ("seed:5", "DIRECTION_UNKNOWN")
    assert "turn, nod, smile" in failure["message"]


def test_a_face_that_fails_keeps_no_other_from_its_turn(phiz: "Phiz", bad_files: dict[str, str]) -> None:
    done = phiz("edit", *bad_files, "seed:5", "--step", "smile=1", "--json")

    assert done.exit_code == 1
    assert {fields["file"]: fields["reason"] for fields in done.objects if "reason" in fields} == bad_files
    assert [fields["output"] for fields in done.objects if "output" in fields] == ["seed-5-edited.png"]


def test_the_models_tell_the_directions(phiz: "Phiz") -> None:
    (editor,) = (model for model in phiz("models", "--json").objects if model["name"] == "editor")
    assert editor["directions"]["smile"] == "The mouth is wider and its corners higher."
    assert editor["components"] == 16

    lines = phiz("models").out
    assert "  smile           The mouth is wider and its corners higher." in lines
    assert "  0 to 15         What differs most between faces." in lines


@pytest.mark.parametrize(
    "arguments",
    [
        ("seed:1",),
        ("--step", "smile=1"),
        ("seed:1", "--step", "smile"),
        ("seed:1", "--step", "smile=much"),
        ("seed:x", "--step", "smile=1"),
        ("seed:1", "seed:1", "--step", "smile=1"),
        ("face.png", "--step", "smile=1", "--out", "face.png"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told(phiz_alone: "Phiz", arguments: tuple[str, ...]) -> None:
    told = phiz_alone("edit", *arguments)

    assert (told.exit_code, told.out) == (2, [])
    assert "phiz edit: error: " in told.err
