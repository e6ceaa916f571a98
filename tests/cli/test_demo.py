"""``phiz demo``: a server of its own, all calls, a sheet and a report."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from phiz.v1.phiz_pb2 import DESCRIPTOR

if TYPE_CHECKING:
    from tests.cli.conftest import Phiz


@pytest.mark.parametrize("with_photo", [False, True], ids=["the astronaut", "a photograph of one's own"])
def test_the_demo_shows_every_call(phiz_alone: "Phiz", photo: str, with_photo: bool) -> None:
    done = phiz_alone("demo", "--out", "shown", *(["--photo", photo] if with_photo else []))

    assert done.exit_code == 0, done.err
    report = json.loads(Path("shown/report.json").read_bytes())
    assert report["photo"] == (photo if with_photo else "skimage.data.astronaut")
    rpcs = [call["rpc"] for call in report["calls"]]
    every = DESCRIPTOR.services_by_name["Phiz"].methods_by_name
    assert sorted(rpcs) == sorted(name for name in every if not name.endswith("Stream"))
    assert [line.split()[0] for line in done.out[1 : 1 + len(rpcs)]] == rpcs
    pictures = [picture for call in report["calls"] for picture in call["pictures"]]
    assert len(pictures) >= 16 + 4
    for picture in pictures:
        file = Path("shown", picture["file"])
        assert file.stat().st_size == picture["bytes"]
        assert Image.open(file).size == (picture["width_px"], picture["height_px"])
    for call in report["calls"]:
        assert list(call) == ["rpc", "milliseconds", "models", "stages", "pictures"]
        assert call["milliseconds"] > 0
        assert all(model["version"] >= 1 for model in call["models"])
    sheet = Image.open("shown/contact_sheet.png")
    assert sheet.width == 1600
    assert sheet.height > 1200


def test_a_photograph_without_a_face_fails_in_one_line(phiz_alone: "Phiz") -> None:
    Image.new("RGB", (300, 200), "olive").save("wall.png")

    failed = phiz_alone("demo", "--photo", "wall.png")

    assert failed.exit_code == 1
    assert failed.err.startswith("phiz: Align: ")
    assert len(failed.err.splitlines()) == 1


def test_a_server_that_does_not_start_is_told(
    phiz_alone: "Phiz", folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PHIZ_MODEL_REPOSITORY", str(folder / "nothing"))

    failed = phiz_alone("demo")

    assert failed.exit_code == 1
    assert failed.err.startswith("phiz: the server did not start: ")
    assert len(failed.err.splitlines()) == 1


def test_bad_photographs_fail_before_a_server_is_started(phiz_alone: "Phiz", bad_files: dict[str, str]) -> None:
    for name in bad_files:
        failed = phiz_alone("demo", "--photo", name)

        assert failed.exit_code == 1
        assert failed.err.startswith(f"phiz: {name}: ")
        assert not Path("out").exists()
