"""``phiz upscale``."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_a_picture_is_made_larger(phiz: "Phiz", photo: str) -> None:
    done = phiz("upscale", photo, "--scale", 2, "--method", "edge-directed", "--format", "jpeg", "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["file", "output", "width_px", "height_px", "seconds"]
    assert (fields["file"], fields["output"]) == ("old.jpg", "old-upscaled.jpg")
    assert Image.open("old-upscaled.jpg").size == (1024, 1024) == (fields["width_px"], fields["height_px"])


def test_several_methods_make_several_pictures(phiz: "Phiz", photo: str) -> None:
    Image.open(photo).crop((170, 60, 290, 160)).save("face.png")
    for method in ("bicubic", "lanczos", "edge-directed"):
        phiz("upscale", "face.png", "--scale", 4, "--method", method, "--out", f"{method}.png")

    files = [Path(f"{method}.png").read_bytes() for method in ("bicubic", "lanczos", "edge-directed")]
    assert len(set(files)) == 3
    assert Image.open("lanczos.png").size == (480, 400)


def test_size_is_reached_without_a_scale(phiz: "Phiz", photo: str) -> None:
    done = phiz("upscale", photo, "--size", 700, "--method", "lanczos", "--out", "larger.webp")

    assert done.out[0].startswith("old.jpg -> larger.webp  (700 x 700 px, ")
    assert Image.open("larger.webp").size == (700, 700)


def test_transparency_stays(phiz: "Phiz") -> None:
    Image.new("RGBA", (20, 10), (255, 0, 0, 128)).save("veil.png")

    phiz("upscale", "veil.png", "--method", "bicubic")

    larger = Image.open("veil-upscaled.png")
    assert (larger.mode, larger.size, larger.getpixel((20, 10))) == ("RGBA", (40, 20), (255, 0, 0, 128))


def test_a_bad_file_does_not_stop_the_others(phiz: "Phiz", photo: str, bad_files: dict[str, str]) -> None:
    done = phiz("upscale", *bad_files, photo, "--method", "bicubic", "--out", "large", "--json")

    assert done.exit_code == 1
    *failures, last = done.objects
    assert {failure["file"]: failure["reason"] for failure in failures} == bad_files
    assert last["output"] == "large/old-upscaled.png"


@pytest.mark.parametrize(
    "arguments",
    [(), ("old.jpg", "--scale", "3"), ("old.jpg", "--method", "magic"), ("old.jpg", "--out", "old.jpg")],
    ids=" ".join,
)
def test_wrong_usage_is_told_before_any_work(phiz_alone: "Phiz", photo: str, arguments: tuple[str, ...]) -> None:
    told = phiz_alone("upscale", *arguments)

    assert (told.exit_code, told.out) == (2, [])
    assert "phiz upscale: error: " in told.err
    assert [path.name for path in Path().iterdir()] == [photo]
