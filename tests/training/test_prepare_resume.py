"""What was found is found once: a stopped preparation goes on where it was."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.training.tiny import prepare, write_photographs
from training.prepare.cache import Cache
from training.prepare.examine import Face, Findings, Pictures, examine
from training.prepare.quality import Measures
from training.prepare.source import Photograph

FINDINGS = Findings(
    "ab" * 32, 30, 40, faces=(Face(((1.5, 2.0),) * 5, 0.75, Measures(1, 2, 3, 4, 5, 6, 7, 8), "f0" * 32, "pose", "x"),)
)
PHOTOGRAPH = Photograph(Path("a.png"), "a.png")


class Finder:
    """Counts how often it was asked."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self) -> tuple[Findings, Pictures]:
        self.calls += 1
        return FINDINGS, {"cut": np.arange(12, dtype=np.uint8)}


class TestCache:
    def test_what_was_found_is_read_again_to_the_last_bit(self, tmp_path: Path) -> None:
        find = Finder()
        key, findings = Cache(tmp_path, "options").findings(PHOTOGRAPH, b"data", find)
        assert Cache(tmp_path, "options").findings(PHOTOGRAPH, b"data", find) == (key, findings) == (key, FINDINGS)
        assert find.calls == 1
        np.testing.assert_array_equal(Cache(tmp_path, "options").array(key, "cut"), np.arange(12))

    def test_other_options_data_or_landmarks_are_another_entry(self, tmp_path: Path) -> None:
        find = Finder()
        placed = Photograph(Path("a.png"), "a.png", landmarks=np.zeros((5, 2)))
        asked = [("one", PHOTOGRAPH, b"1"), ("two", PHOTOGRAPH, b"1"), ("one", PHOTOGRAPH, b"2"), ("one", placed, b"1")]
        keys = {Cache(tmp_path, name).findings(photograph, data, find)[0] for name, photograph, data in asked}
        assert len(keys) == find.calls == 4

    @pytest.mark.parametrize("part", [0.0, 0.3, 0.9])
    def test_an_entry_that_a_power_cut_left_is_found_anew(self, tmp_path: Path, part: float) -> None:
        find = Finder()
        cache = Cache(tmp_path, "options")
        cache.findings(PHOTOGRAPH, b"data", find)
        (entry,) = tmp_path.rglob("*.npz")
        data = entry.read_bytes()
        entry.write_bytes(data[: int(part * len(data))])
        assert cache.findings(PHOTOGRAPH, b"data", find)[1] == FINDINGS
        assert find.calls == 2
        assert entry.read_bytes() == data


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_a_stopped_preparation_goes_on_and_ends_as_if_it_had_not_been(number: signal.Signals, tmp_path: Path) -> None:
    count = 500
    table = write_photographs(tmp_path, count, 20)
    out = tmp_path / "set"
    options = ("--photos", table, "--layouts", "face_32", "portrait_256x320")
    command = [sys.executable, "-m", "training", "prepare", *options, "--out", out, "--workers", "2"]
    with subprocess.Popen(
        list(map(str, command)), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        while len(_entries(tmp_path)) < 10:
            time.sleep(0.01)
            assert process.poll() is None
        # The terminal sends Ctrl-C to all processes, anybody else a signal to one.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        _, told = process.communicate(timeout=60)
    if number != signal.SIGKILL:
        assert process.returncode == 1
        assert "training: stopped; the same command goes on" in told
        assert "Traceback" not in told
    assert not out.exists()
    before = _entries(tmp_path)
    assert 10 <= len(before) < count
    _wait_for_the_end_of(process.pid)

    subprocess.run(list(map(str, command)), check=True, capture_output=True, timeout=120)
    prepare(*options, "--out", tmp_path / "whole", "--workers", 1)
    for whole in (tmp_path / "whole").iterdir():
        if whole.name != "report.html":  # which names the set
            assert (out / whole.name).read_bytes() == whole.read_bytes(), whole.name
    assert not (tmp_path / ".set.work").exists()


def test_what_was_found_before_the_stop_is_not_searched_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    table = write_photographs(tmp_path, 6, 1)
    options = ("--photos", table, "--out", tmp_path / "set", "--layouts", "face_32", "--workers", 1)
    with monkeypatch.context() as patch:
        patch.setattr("training.prepare.flow.write_manifest", _interrupt)
        with pytest.raises(Exception, match="the same command goes on"):
            prepare(*options)
    assert len(_entries(tmp_path)) == 6
    monkeypatch.setattr("training.prepare.workers.examine", None)  # nobody asks for it
    prepare(*options)
    assert (tmp_path / "set" / "manifest.csv").exists()


def test_a_photograph_that_nothing_is_prepared_for_costs_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail_once(photograph: Photograph, *rest: Any) -> tuple[Findings, Pictures]:
        if photograph.name == "3.png":
            raise ZeroDivisionError("by a pixel")
        return examine(photograph, *rest)

    monkeypatch.setattr("training.prepare.workers.examine", fail_once)
    table = write_photographs(tmp_path, 6, 1)
    prepare("--photos", table, "--out", tmp_path / "set", "--layouts", "face_16", "--workers", 1)
    last = (tmp_path / "set" / "manifest.csv").read_text().splitlines()[-1]
    assert last.startswith(",,3.png,,unreadable,could not be examined: ZeroDivisionError: by a pixel,")
    assert len(np.load(tmp_path / "set" / "train.face_16.npy")) == 4


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def _entries(folder: Path) -> list[Path]:
    return list(folder.glob(".set.work/found/*/*.npz"))


def _wait_for_the_end_of(session: int) -> None:
    """No process of the session is left behind, however it was stopped."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            os.killpg(session, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("processes are left behind")
