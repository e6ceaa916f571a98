"""``phiz align``."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image, ImageChops

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_a_face_is_told_in_pixels_of_the_photograph(phiz: "Phiz", photo: str) -> None:
    done = phiz("align", photo, "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["file", "faces"]
    face = fields["faces"][0]
    assert list(face) == ["box_px", "landmarks_px", "score", "roll_degrees", "cut_off"]
    x, y, width, height = face["box_px"]
    (left_eye_x, left_eye_y), (right_eye_x, right_eye_y), nose, mouth_left, mouth_right = face["landmarks_px"]
    # Where the astronaut's face is.
    assert x < 226 < x + width
    assert y < 120 < y + height
    assert left_eye_x < nose[0] < right_eye_x
    assert max(left_eye_y, right_eye_y) < nose[1] < min(mouth_left[1], mouth_right[1])
    assert mouth_left[0] < mouth_right[0]
    assert 0 <= face["score"] <= 1
    assert face["roll_degrees"] == pytest.approx(0, abs=15)


def test_crops_are_written_on_demand(phiz: "Phiz", photo: str) -> None:
    phiz("align", photo)
    assert [path.name for path in Path().iterdir()] == [photo]

    phiz("align", photo, "--max-faces", 1, "--crops", "crops", "--size", 100, "--format", "jpeg")
    assert [path.name for path in Path("crops").iterdir()] == ["old-face-1.jpg"]
    assert Image.open("crops/old-face-1.jpg").size == (100, 100)


@pytest.fixture
def couple(photo: str) -> str:
    """Two faces, the smaller one at the left."""
    one = Image.open(photo)
    both = Image.new("RGB", (1024, 512), "gray")
    both.paste(one.resize((384, 384)), (0, 0))
    both.paste(one, (512, 0))
    both.save("couple.png")
    return "couple.png"


def test_which_faces_come_first_is_the_callers(phiz: "Phiz", couple: str) -> None:
    def lefts(*options: object) -> list[float]:
        return [face["box_px"][0] for face in phiz("align", couple, "--json", *options).objects[0]["faces"]]

    left, right = sorted(lefts())
    assert left < 512 < right
    assert lefts() == [right, left]
    assert lefts("--order", "left") == [left, right]
    assert lefts("--order", "left", "--max-faces", 1) == [left]
    assert sorted(lefts("--order", "score")) == [left, right]


def test_small_faces_are_left_out_on_demand(phiz: "Phiz", couple: str) -> None:
    small = min(face["box_px"][2] for face in phiz("align", couple, "--json").objects[0]["faces"])

    assert phiz("align", couple, "--min-size", int(small) + 1).out[0] == "couple.png: 1 face"
    failed = phiz("align", couple, "--min-size", 400, "--json")
    assert (failed.exit_code, failed.objects[0]["reason"]) == (1, "FACE_TOO_SMALL")


def test_a_face_that_is_cut_off_is_told_on_demand(phiz: "Phiz", photo: str) -> None:
    Image.open(photo).crop((212, 0, 512, 512)).save("cut.png")

    assert phiz("align", "cut.png", "--json").objects[0]["reason"] == "FACE_CUT_OFF"
    done = phiz("align", "cut.png", "--include-cut-off")
    assert done.exit_code == 0
    assert done.out[1].endswith(", cut off")


class TestOverlay:
    def test_it_is_the_photograph_with_its_face_marked(self, phiz: "Phiz", photo: str) -> None:
        done = phiz("align", photo, "--overlay", "found.png", "--json")

        (face,) = done.objects[0]["faces"]
        marked, plain = Image.open("found.png"), Image.open(photo)
        assert marked.size == plain.size
        left, top, width, height = face["box_px"]
        changed = ImageChops.difference(marked, plain.convert("RGB")).getbbox()
        assert changed == pytest.approx((left, top, left + width, top + height), abs=4)

    def test_several_go_to_a_folder(self, phiz: "Phiz", photo: str, couple: str) -> None:
        phiz("align", photo, couple, "--overlay", "marked", "--format", "jpeg")
        assert sorted(path.name for path in Path("marked").iterdir()) == ["couple-faces.jpg", "old-faces.jpg"]

    def test_none_is_written_of_a_photograph_without_a_face(self, phiz: "Phiz") -> None:
        Image.new("RGB", (300, 200), "olive").save("wall.png")
        assert phiz("align", "wall.png", "--overlay", "found.png").exit_code == 1
        assert not Path("found.png").exists()

    @pytest.mark.parametrize("name", ["old.jpg", "found.gif", ""])
    def test_a_name_that_will_not_do_is_told_before_any_work(self, phiz_alone: "Phiz", photo: str, name: str) -> None:
        told = phiz_alone("align", photo, "--overlay", name)
        assert told.exit_code == 2
        assert "phiz align: error: " in told.err


def test_a_photograph_without_a_face_is_a_failure(phiz: "Phiz", photo: str) -> None:
    Image.new("RGB", (300, 200), "olive").save("wall.png")

    done = phiz("align", "wall.png", photo, "--json")

    assert done.exit_code == 1
    wall, face = done.objects
    assert (wall["file"], wall["code"], wall["reason"]) == ("wall.png", "INVALID_ARGUMENT", "NO_FACE_FOUND")
    assert face["file"] == photo


def test_people_read_a_line_a_face(phiz: "Phiz", photo: str) -> None:
    done = phiz("align", photo, "--max-faces", 1)

    assert done.out[0] == "old.jpg: 1 face"
    assert done.out[1].lstrip().startswith("1. ")
    assert len(done.out) == 2
