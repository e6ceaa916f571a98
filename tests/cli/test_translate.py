"""``phiz translate``."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from phiz_core import filters
from phiz_core.geometry import ImageArray
from serving.local import gateway_thread
from serving.settings import Settings
from tests.serving.simple_translators import write_translator

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server with translators whose work is known."""
    repository = tmp_path_factory.mktemp("repository")
    write_translator(repository, "etch", own_filter="canny")
    write_translator(repository, "plaster", fills_holes=True)
    with gateway_thread(Settings(grpc_port=0, http_port=0, model_repository=repository)) as running:
        yield running.target


def opened(name: str) -> ImageArray:
    return np.asarray(Image.open(name).convert("RGB"))


def test_a_photograph_is_translated_and_its_input_kept(phiz: "Phiz", photo: str) -> None:
    done = phiz("translate", photo, "--task", "etch", "--save-input", "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["file", "output", "input", "width_px", "height_px", "seconds"]
    assert (fields["output"], fields["input"]) == ("old-etch.png", "old-etch-input.png")
    assert (fields["width_px"], fields["height_px"]) == (64, 64)
    assert np.array_equal(opened("old-etch.png"), 255 - opened("old-etch-input.png"))


def test_an_input_is_taken_as_it_is(phiz: "Phiz") -> None:
    Image.new("RGB", (64, 64), (10, 20, 30)).save("lines.png")

    done = phiz("translate", "lines.png", "--task", "etch", "--as-input", "--out", "photo.png")

    assert done.out[0].startswith("lines.png -> photo.png  (64 x 64 px, ")
    assert np.all(opened("photo.png") == (245, 235, 225))


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("--filter", "gray"), filters.gray),
        (("--filter", "rgb_thresholds", "--levels", "9,99,199"), lambda rgb: filters.rgb_thresholds(rgb, (9, 99, 199))),
        (("--filter", "canny", "--low", "20", "--high", "40"), lambda rgb: filters.canny(rgb, 20, 40)),
        (("--filter", "sketch", "--line", "2"), lambda rgb: filters.sketch(rgb, 2)),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_photograph_is_filtered(
    phiz: "Phiz", photo: str, arguments: tuple[str, ...], expected: Callable[[ImageArray], ImageArray]
) -> None:
    done = phiz("translate", photo, *arguments)

    assert done.exit_code == 0
    assert np.array_equal(opened(f"old-{arguments[1]}.png"), expected(opened(photo)))


def test_holes_are_filled_in_three_ways(phiz: "Phiz") -> None:
    torn = Image.new("RGB", (40, 40), "olive")
    mask = Image.new("L", torn.size)
    for image, colour in ((torn, "white"), (mask, 255)):
        image.paste(colour, (5, 6, 9, 12))
    torn.save("torn.png")
    mask.save("hole.png")

    phiz("translate", "torn.png", "--task", "plaster", "--mask", "hole.png", "--out", "mask.png")
    phiz("translate", "torn.png", "--task", "plaster", "--rectangle", "5,6,4,6", "--out", "rectangle.png")
    phiz("translate", "torn.png", "--task", "plaster", "--margins", "1,2,3,4", "--out", "margins.png")

    olive = np.array(torn)[0, 0]
    assert np.abs(opened("mask.png").astype(int) - olive).max() <= 1
    assert np.array_equal(opened("mask.png"), opened("rectangle.png"))
    assert opened("margins.png").shape == (46, 44, 3)
    assert np.array_equal(opened("margins.png")[2:42, 1:41], opened("torn.png"))


def test_a_task_that_there_is_not_is_told_with_those_that_there_are(phiz: "Phiz", photo: str) -> None:
    told = phiz("translate", photo, "--task", "magic")

    assert told.exit_code == 1
    assert told.err == 'phiz: old.jpg: There is no task "magic"; there are etch, plaster.\n'


def test_a_bad_file_does_not_stop_the_others(phiz: "Phiz", photo: str, bad_files: dict[str, str]) -> None:
    done = phiz("translate", *bad_files, photo, "--task", "etch", "--out", "etched", "--json")

    assert done.exit_code == 1
    *failures, last = done.objects
    assert {failure["file"]: failure["reason"] for failure in failures} == bad_files
    assert last["output"] == "etched/old-etch.png"


def test_a_mask_that_is_not_there_is_told(phiz: "Phiz", photo: str) -> None:
    told = phiz("translate", photo, "--task", "plaster", "--mask", "nothing.png")

    assert told.exit_code == 1
    assert told.err == "phiz: nothing.png: no such file\n"


def test_the_models_tell_their_tasks(phiz: "Phiz") -> None:
    first, second = phiz("models", "--json").objects

    sizes = {"width_px": 48, "height_px": 64}
    assert first["translation"] == {"task": "etch", "filter": "canny", "fills_holes": False, **sizes}
    assert second["translation"] == {"task": "plaster", "filter": "", "fills_holes": True, **sizes}
    lines = [line.split() for line in phiz("models").out if line.startswith(" ")]
    assert [line[:2] for line in lines] == [["etch", "Translates"], ["plaster", "Fills"]]


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("old.jpg",),
        ("old.jpg", "--filter", "gray", "--save-input"),
        ("old.jpg", "--task", "etch", "--levels", "1,two"),
        ("old.jpg", "--task", "plaster", "--rectangle", "1,2,3"),
        ("old.jpg", "--task", "plaster", "--rectangle", "1,2,3,-4"),
        ("old.jpg", "--task", "plaster", "--rectangle", "1,2,3,4", "--margins", "1,2,3,4"),
        ("old.jpg", "--task", "plaster", "--mask", "hole.png", "--out", "hole.png"),
        ("old.jpg", "--task", "etch", "--out", "old.jpg"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_told_before_any_work(phiz_alone: "Phiz", photo: str, arguments: tuple[str, ...]) -> None:
    told = phiz_alone("translate", *arguments)

    assert (told.exit_code, told.out) == (2, [])
    assert "phiz translate: error: " in told.err
    assert [path.name for path in Path().iterdir()] == [photo]
