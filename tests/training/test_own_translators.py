"""Translators of the user's own pictures, from the command line to a server that knows nothing of them."""

import io
import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import grpc
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from phiz.v1.phiz_pb2 import ListModelsRequest, TranslateRequest
from phiz.v1.phiz_pb2_grpc import PhizStub
from phiz_core.geometry import ImageArray
from serving.local import gateway_thread
from serving.settings import Settings
from tests.training.runs import last_state, train
from tests.training.test_distributed import FLOAT32, STEPS, assert_ranks_are_the_same, train_two
from tests.training.tiny import TINY_PAIRS, TINY_UNPAIRED, write_pairs
from training import __main__ as training
from training.dataset import PackedImages, to_uint8
from training.engine.parallel import ALONE
from training.evaluate.frozen import FrozenEncoder
from training.evaluate.unpaired import evaluate_unpaired
from training.models.picture_pool import PicturePool
from training.pairs.feeds import PairedPictures, UnpairedPictures, jittered, pair_batch

TINY_SETTINGS = ("--set", "widths=8,8,8,8", "--set", "discriminator_widths=8,8", "--set", "batch=2")
TINY = ("--width-px", "32", "--height-px", "32", "--images", "6", "--cpu", "--threads", "1", *TINY_SETTINGS)


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> "Command":
    return Command(monkeypatch, capsys)


class Command:
    """``python -m training`` in this process, which has torch already."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._monkeypatch, self._capsys = monkeypatch, capsys

    def __call__(self, *arguments: str | Path) -> None:
        assert self._run(*arguments) == "", arguments

    def refusal(self, *arguments: str | Path) -> str:
        """What is told of a mistake, in one line."""
        told = self._run(*arguments)
        assert len(told.splitlines()) == 1
        return told

    def _run(self, *arguments: str | Path) -> str:
        self._monkeypatch.setattr(sys, "argv", ["training", *map(str, arguments)])
        self._capsys.readouterr()
        failed = training.main()
        told = self._capsys.readouterr().err
        return told.removeprefix("training: ") if failed else ""


def publish(command: Command, run: Path, repository: Path) -> dict[str, float]:
    """All that comes after training; returns the figures."""
    command("evaluate", "translator", "--run", run, "--data", run / "data")
    command("export", "translator", "--run", run)
    command("publish", "--run", run, "--repository", repository)
    found: dict[str, float] = json.loads((run / "metrics.json").read_text())
    return found


def translate(repository: Path, task: str, picture: ImageArray) -> ImageArray:
    """What a server of ``repository`` answers."""
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    serving = Settings(grpc_port=0, http_port=0, model_repository=repository)
    with gateway_thread(serving) as running, grpc.insecure_channel(running.target) as channel:
        stub = PhizStub(channel)
        assert f"translator_{task}" in [model.name for model in stub.ListModels(ListModelsRequest()).models]
        answer = stub.Translate(TranslateRequest(task=task, input=file.getvalue()))
    with Image.open(io.BytesIO(answer.image.data)) as image:
        return np.asarray(image.convert("RGB"))


class TestFromFoldersToAServer:
    def test_pairs(self, command: Command, tmp_path: Path) -> None:
        pairs, run = write_pairs(tmp_path / "pairs", 8), tmp_path / "drawn"
        command("train", "translator", "--pairs", pairs, "--out", run, *TINY, "--set", "perceptual=0")
        figures = publish(command, run, tmp_path / "repository")
        assert {"psnr_db", "ssim", "psnr_db_of_input", "psnr_db_of_mean_colour"} <= figures.keys()
        card = (tmp_path / "repository" / "translator_drawn" / "MODEL_CARD.md").read_text(encoding="utf-8")
        assert "on held-out pictures" in card
        assert "credits" not in card, "which nobody knows"
        edges = np.array(Image.open(pairs / "A" / "0.png").resize((32, 32)))
        assert translate(tmp_path / "repository", "drawn", edges).shape == (32, 32, 3)

    def test_unpaired_both_ways(self, command: Command, tmp_path: Path) -> None:
        pairs, run = write_pairs(tmp_path / "pairs", 20), tmp_path / "run"
        sides = (pairs / "A", pairs / "B")
        command("train", "translator", "--unpaired", *sides, "--out", run, "--task", "drawn", *TINY)
        figures = publish(command, run, tmp_path / "repository")
        for kind in "ab":
            assert {f"sliced_wasserstein_to_{kind}", f"frechet_distance_to_{kind}_of_input"} <= figures.keys()
        picture = np.array(Image.open(pairs / "B" / "0.png").resize((32, 32)))
        assert translate(tmp_path / "repository", "drawn-reversed", picture).shape == (32, 32, 3)
        assert (tmp_path / "repository" / "translator_drawn").exists()

    def test_the_same_command_goes_on_and_another_direction_is_refused(self, command: Command, tmp_path: Path) -> None:
        pairs, run = write_pairs(tmp_path / "pairs", 8), tmp_path / "run"
        begin = ("train", "translator", "--pairs", pairs, "--out", run, *TINY, "--set", "perceptual=0")
        command(*begin, "--images", "4")
        command(*begin)
        assert last_state(run)["step"] == 3
        assert "direction AtoB, not BtoA" in command.refusal(*begin, "--direction", "BtoA")
        shutil.copy(pairs / "A" / "1.png", pairs / "A" / "0.png")
        assert "packed from other pictures" in command.refusal(*begin)

    def test_pairs_may_begin_with_what_another_run_learnt(self, command: Command, tmp_path: Path) -> None:
        pairs, first, second = write_pairs(tmp_path / "pairs", 8), tmp_path / "first", tmp_path / "second"
        train_own = ("train", "translator", "--pairs", pairs, *TINY, "--set", "perceptual=0")
        command(*train_own, "--out", first)
        begun = (*train_own, "--out", second, "--start", first)
        assert "other widths or blocks" in command.refusal(*begun, "--set", "widths=8,8,8,16")
        command(*begun, "--set", "learning_rate=0,0")
        learnt, kept = (last_state(run)["trainer"]["translator_ema"]["stem.weight"] for run in (first, second))
        assert torch.allclose(learnt, kept, atol=1e-6)

    def test_mistakes_are_told_before_any_work(self, command: Command, tmp_path: Path) -> None:
        pairs = write_pairs(tmp_path / "pairs", 4)
        own = ("train", "translator", "--pairs", pairs, "--out", tmp_path / "run")
        for arguments, complaint in (
            (
                ("train", "colorizer", "--data", pairs, *own[4:], "--task", "x"),
                "--task is for --pairs and --unpaired only",
            ),
            (("train", "colorizer", *own[2:]), "are for the kind translator, not for colorizer"),
            ((*own, "--width-px", "100"), "multiples of 16 pixels, which 100 is not"),
            ((*own, "--height-px", "0"), "multiples of 16 pixels, which 0 is not"),
            ((*own, "--task", "Two Words"), "'Two Words' cannot be a task's name"),
            ((*own, "--task", "sketch"), "there is a task sketch already"),
            ((*own, "--detector", pairs), "makes no use of --detector"),
            (("train", "translator", "--pairs", pairs / "none", *own[4:]), "none is no folder"),
            (
                ("train", "translator", "--unpaired", pairs / "A", pairs / "B", *own[4:], "--direction", "BtoA"),
                "--direction is for --pairs",
            ),
            (
                ("train", "translator", "--unpaired", pairs / "A", pairs / "A", *own[4:]),
                "both kinds of pictures are in",
            ),
            ((*own, "--set", "batch=2", "--set", "shift=1.5"), "shift is a part of a picture's sides, below 1"),
            ((*own, "--set", "batch=4"), "3 images are too few for a batch of 4"),
        ):
            assert complaint in command.refusal(*arguments)
        assert not (tmp_path / "run" / "checkpoints").exists()


class TestBatches:
    def test_both_pictures_of_a_pair_are_mirrored_and_moved_alike(self, astronaut: ImageArray) -> None:
        parts = np.stack([astronaut[y : y + 64, 150:214] for y in range(0, 320, 40)])
        pairs = PackedImages(np.concatenate([parts, 255 - parts], axis=3), "astronaut")
        feed = PairedPictures(pairs, replace(TINY_PAIRS, shift=0.2), seed=0)
        seen = [feed.next() for _ in range(8)]
        for batch in seen:
            assert torch.allclose(batch.given[:, :3], -batch.wanted, atol=1e-6)
            assert not batch.given[:, 3].any(), "nothing is hidden"
        shown = np.concatenate([to_uint8(batch.wanted) for batch in seen])
        assert not any((255 - parts == picture).all((1, 2, 3)).any() for picture in shown), "none is as it was"

    def test_pictures_that_are_not_to_be_mirrored_nor_moved_stay_as_they_are(self, prepared: Path) -> None:
        data = PackedImages.open(prepared, "train", "pairs_32x32")
        batch = PairedPictures(data, replace(TINY_PAIRS, shift=0.0, mirrored=False), seed=0).next()
        for given_, wanted in zip(to_uint8(batch.given[:, :3]), to_uint8(batch.wanted), strict=True):
            assert (np.concatenate([given_, wanted], axis=2) == data.images).all((1, 2, 3)).any()

    def test_the_direction_tells_what_is_given(self) -> None:
        both = torch.rand(2, 6, 16, 16)
        there, back = (pair_batch(both, replace(TINY_PAIRS, direction=direction)) for direction in ("AtoB", "BtoA"))
        assert torch.equal(there.given[:, :3], both[:, :3])
        assert torch.equal(there.wanted, both[:, 3:])
        assert torch.equal(back.given[:, :3], there.wanted)
        assert torch.equal(back.wanted, there.given[:, :3])

    def test_pictures_that_are_no_pairs_come_in_orders_of_their_own(self) -> None:
        numbered = np.broadcast_to(np.arange(40, dtype=np.uint8)[:, None, None, None], (40, 16, 16, 3))
        data = PackedImages(numbered, "numbered")
        feed = UnpairedPictures(data, data, replace(TINY_UNPAIRED, batch=20), seed=1)
        a, b = (to_uint8(side)[:, 0, 0, 0].tolist() for side in vars(feed.next()).values())
        assert len({*a}) == len({*b}) == 20
        assert {*a} != {*b}

    @given(part=st.floats(0, 0.99), seed=st.integers(0, 2**32))
    @settings(max_examples=30)
    def test_a_moved_picture_is_a_part_of_the_picture_and_its_mirror_image(self, part: float, seed: int) -> None:
        torch.manual_seed(seed)
        picture = torch.arange(20 * 16.0).view(1, 1, 20, 16)
        (moved,) = jittered(picture, part)
        down, across = int(part * 20), int(part * 16)
        framed = np.pad(picture[0, 0].numpy(), ((down, down), (across, across)), mode="reflect")
        windows = np.lib.stride_tricks.sliding_window_view(framed, (20, 16))
        assert (windows == moved[0].numpy()).all((2, 3)).any()


class TestPool:
    """What the discriminators see."""

    def exchange(self, pool: PicturePool, level: float) -> float:
        return float(pool.exchange(torch.full((1, 3, 4, 4), level), ALONE)[0, 0, 0, 0])

    def test_pictures_pass_until_the_pool_is_full_and_half_of_them_come_back_later(self) -> None:
        torch.manual_seed(0)
        pool = PicturePool(5, 4, 4)
        levels = [step / 127.5 - 1.0 for step in range(200)]
        seen = [self.exchange(pool, level) for level in levels]
        assert seen[:5] == pytest.approx(levels[:5])
        new = sum(abs(a - b) < 1e-6 for a, b in zip(seen[5:], levels[5:], strict=True))
        assert 70 < new < 125
        assert set(np.round(seen, 4)) <= set(np.round(levels, 4)), "only what was made is ever seen"
        assert len(set(np.round(seen[5:], 4))) == len(seen[5:]), "and nothing twice after the pool was full"

    def test_pictures_have_the_levels_of_files(self) -> None:
        made = torch.linspace(-1.2, 1.2, 48).view(1, 3, 4, 4)
        shown = PicturePool(1, 4, 4).exchange(made, ALONE)
        assert torch.allclose(shown, made.clamp(-1, 1), atol=0.5 / 127.5 + 1e-6)
        levels = (shown + 1) * 127.5
        assert torch.allclose(levels, levels.round(), atol=1e-4)

    def test_two_processes_fill_one_pool_as_one_process_does(self, prepared: Path, tmp_path: Path) -> None:
        assert_ranks_are_the_same(train_two("translator-unpaired", prepared, tmp_path / "two"))
        train("translator-unpaired", prepared, tmp_path / "one", STEPS, FLOAT32)
        two, one = (last_state(tmp_path / run)["trainer"]["pool_b"]["pictures"][:2].int() for run in ("two", "one"))
        assert (one - two).abs().max() <= 1, "what the first step made is in the order of the batch"
        assert (one[0] - one[1]).abs().max() > 1


class TestFigures:
    def test_perfect_translators_reach_what_they_are_to_make(self, prepared: Path) -> None:
        """Faces in negative: negatives of them are perfect, and there and back nothing is lost."""
        faces = PackedImages.open(prepared, "train", "face_64").images
        found = evaluate_unpaired(lambda x: -x, lambda x: -x, faces, 255 - faces, FrozenEncoder(), 0)
        for kind in "ab":
            assert (
                float(found[f"frechet_distance_to_{kind}"])
                < 1e-3
                < float(found[f"frechet_distance_to_{kind}_of_input"])
            )
            made, given_ = (float(found[f"sliced_wasserstein_to_{kind}{whose}"]) for whose in ("", "_of_input"))
            assert made < 0.7 * given_, "of few pictures, the patches alone differ"
            assert float(found[f"cycle_psnr_db_over_{kind}"]) > 60
