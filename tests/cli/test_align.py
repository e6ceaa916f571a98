"""``phiz align``."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


def test_a_face_is_told_in_pixels_of_the_photograph(phiz: "Phiz", photo: str) -> None:
    done = phiz("align", photo, "--json")

    assert done.exit_code == 0
    (fields,) = done.objects
    assert list(fields) == ["file", "faces"]
    face = fields["faces"][0]
    assert list(face) == ["box_px", "landmarks_px", "score", "roll_degrees"]
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
