"""A run leaves history, plots, sheets, an animation and events for others to read, as if it had never been stopped."""

import csv
import io
import math
import struct
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from prometheus_client.parser import text_string_to_metric_families
from tensorboardX.proto.event_pb2 import Event
from tensorboardX.record_writer import masked_crc32c

from tests.training.runs import TINY, stop_in, train
from training.engine.pictures import FRAME_PX, FRAMES, animation
from training.engine.report import Report
from training.engine.tensorboard import read

BATCH = TINY["colorizer"].batch


def history(folder: Path) -> list[dict[str, float]]:
    with (folder / "history.csv").open(newline="") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def events(folder: Path) -> list[Event]:
    (file,) = (folder / "tensorboard").iterdir()
    return [event for _, event in read(file)]


def gray(value: int) -> np.ndarray:
    return np.full((8, 12, 3), value, np.uint8)


def test_the_history_of_a_stopped_run_has_no_gap_and_no_repetition(prepared: Path, tmp_path: Path) -> None:
    """All but the clock is the same as that of a run in one go."""
    train("colorizer", prepared, tmp_path / "legs", 5, before_step=stop_in(2))
    train("colorizer", prepared, tmp_path / "legs", 5, before_step=stop_in(1))
    train("colorizer", prepared, tmp_path / "legs", 5)
    train("colorizer", prepared, tmp_path / "whole", 5)
    legs, whole = history(tmp_path / "legs"), history(tmp_path / "whole")
    assert [row["images"] for row in legs] == [BATCH * step for step in range(1, 6)]
    clock = {"seconds", "images_per_second"}
    assert [{name: row[name] for name in row.keys() - clock} for row in legs] == [
        {name: row[name] for name in row.keys() - clock} for row in whole
    ]


def test_the_history_tells_images_per_second(tmp_path: Path) -> None:
    report = Report(tmp_path, 100, 10.0, 1000, "run")
    for images, seconds in ((140, 12.0), (150, 13.0)):
        report.step(10, {"loss": 1.0})
        report.record(images, seconds)
    assert [row["images_per_second"] for row in history(tmp_path)] == [20.0, 10.0]


def test_rows_sheets_and_events_after_the_checkpoint_are_done_again(tmp_path: Path) -> None:
    """A killed process may have got further than its last checkpoint tells."""
    killed = Report(tmp_path, 0, 0.0, 1000, "run")
    for images in (10, 20, 30):
        killed.step(10, {"loss": float(images)})
        killed.record(images, images / 10)
        killed.pictures(images, gray(images))
    resumed = Report(tmp_path, 20, 2.0, 1000, "run")
    assert [row["images"] for row in history(tmp_path)] == [10, 20]
    assert [path.name for path in sorted((tmp_path / "samples").iterdir())] == ["000000010.png", "000000020.png"]
    assert [event.step for event in events(tmp_path)] == [0, 10, 10, 20, 20]
    resumed.step(10, {"loss": 31.0})
    resumed.record(30, 3.0)
    again = events(tmp_path)[-1]
    assert (again.step, again.summary.value[0].simple_value) == (30, 31.0)


def test_an_event_that_was_only_half_written_is_dropped(tmp_path: Path) -> None:
    Report(tmp_path, 0, 0.0, 100, "run").pictures(10, gray(1))
    (file,) = (tmp_path / "tensorboard").iterdir()
    whole = file.read_bytes()
    file.write_bytes(whole + whole[-60:-20])
    Report(tmp_path, 10, 1.0, 100, "run")
    assert file.read_bytes() == whole


def test_the_events_are_what_tensorboard_reads(tmp_path: Path) -> None:
    """Each with its length and two checksums (TFRecord), the first of them telling the version."""
    report = Report(tmp_path, 0, 0.0, 100, "run")
    report.step(10, {"loss": 0.5})
    report.record(10, 2.0)
    report.pictures(10, gray(7))
    (file,) = (tmp_path / "tensorboard").iterdir()
    content, found = file.read_bytes(), []
    while content:
        length, header_crc = struct.unpack("<QI", content[:12])
        event, (event_crc,) = content[12 : 12 + length], struct.unpack("<I", content[12 + length : 16 + length])
        assert (header_crc, event_crc) == (masked_crc32c(content[:8]), masked_crc32c(event))
        found.append(Event.FromString(event))
        content = content[16 + length :]
    version, scalars, picture = found
    assert version.file_version == "brain.Event:2"
    assert {value.tag: value.simple_value for value in scalars.summary.value} == {"loss": 0.5, "images_per_second": 5.0}
    with Image.open(io.BytesIO(picture.summary.value[0].image.encoded_image_string)) as shown:
        assert np.array_equal(np.asarray(shown), gray(7))


def test_prometheus_is_told_the_newest_row_with_recipe_and_run(tmp_path: Path) -> None:
    folder = tmp_path / 'my "best" run'
    folder.mkdir()
    report = Report(folder, 0, 0.0, 1000, "phiz-64")
    for images, loss in ((10, 2.0), (20, float("nan"))):
        report.step(10, {"generator": loss})
        report.record(images, images / 5)
    families = text_string_to_metric_families((folder / "metrics.prom").read_text())
    samples = {(sample.name, *sorted(sample.labels.items())): sample.value for x in families for sample in x.samples}
    run = (("recipe", "phiz-64"), ("run", 'my "best" run'))
    loss = samples.pop(("phiz_training_loss", ("loss", "generator"), *run))
    assert math.isnan(loss)
    assert samples == {
        ("phiz_training_images", *run): 20,
        ("phiz_training_images_target", *run): 1000,
        ("phiz_training_seconds", *run): 4.0,
        ("phiz_training_images_per_second", *run): 5.0,
    }


def test_a_run_leaves_a_plot_sheets_and_their_animation(prepared: Path, tmp_path: Path) -> None:
    train("generator", prepared, tmp_path, 3, before_step=stop_in(1))
    train("generator", prepared, tmp_path, 3)
    plot = cv2.imread(str(tmp_path / "history.png"))
    assert plot is not None
    assert plot.std() > 0
    first, last = sorted((tmp_path / "samples").iterdir())
    assert first.read_bytes() != last.read_bytes()
    with Image.open(tmp_path / "progress.gif") as moving:
        assert moving.n_frames == 2  # type: ignore[attr-defined]


@pytest.mark.parametrize(("count", "frames"), [(1, 1), (FRAMES, FRAMES), (5 * FRAMES, FRAMES)])
def test_the_animation_shows_first_and_last_sheet_and_stays_small(count: int, frames: int, tmp_path: Path) -> None:
    sheets = []
    for index in range(count):
        sheets.append(tmp_path / f"{index:09d}.png")
        cv2.imwrite(str(sheets[-1]), np.full((16, 2 * FRAME_PX, 3), index + 1, np.uint8))
    (tmp_path / "moving.gif").write_bytes(animation(sheets))
    with Image.open(tmp_path / "moving.gif") as moving:
        assert moving.size == (FRAME_PX, 8)
        assert getattr(moving, "n_frames", 1) == frames
        shown = []
        for frame in range(frames):
            moving.seek(frame)
            shown.append(np.asarray(moving.convert("RGB"))[0, 0, 0])
    assert shown[0] == 1
    assert shown[-1] == count
    assert np.all(np.diff(np.asarray(shown, int)) > 0)
