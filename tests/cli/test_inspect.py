"""``phiz inspect``."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_a_made_face_says_what_made_it(phiz: "Phiz") -> None:
    phiz("generate", "--seed", 8, "--out", "face.webp")

    done = phiz("inspect", "face.webp")

    models = [
        f"{model['name']} {model['version']}" for model in phiz("inspect", "face.webp", "--json").objects[0]["models"]
    ]
    expected = f"face.webp: declares trainedAlgorithmicMedia, {', '.join(models)}, seed 8, written by Phiz"
    assert (done.exit_code, done.out) == (0, [expected])


def test_scripts_get_every_field(phiz: "Phiz", photo: str) -> None:
    done = phiz("inspect", photo, "--json")

    assert done.objects == [
        {
            "file": "old.jpg",
            "evidence": "NOTHING_FOUND",
            "digital_source_type": "",
            "models": [],
            "seed": None,
            "creator_tool": "",
            "content_credentials": None,
        }
    ]


def test_a_photograph_says_nothing(phiz: "Phiz", photo: str) -> None:
    assert phiz("inspect", photo).out == ["old.jpg: says nothing of where it comes from"]


def test_a_bad_file_does_not_stop_the_others(phiz: "Phiz", photo: str, bad_files: dict[str, str]) -> None:
    done = phiz("inspect", *bad_files, photo, "--json")

    assert done.exit_code == 1
    *failures, last = done.objects
    assert {failure["file"]: failure["reason"] for failure in failures} == bad_files
    assert last["file"] == "old.jpg"
