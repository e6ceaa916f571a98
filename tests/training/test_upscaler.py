"""The upscaler learns from photographs that were made small, and is measured on others."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from phiz_core.geometry import ImageArray
from tests.training.tiny import TINY_UPSCALER
from training.dataset import PackedImages, to_uint8
from training.errors import TrainingError
from training.evaluate.upscaler import evaluate_upscaler
from training.models.upscaler import Upscaler
from training.recipes.upscaler import UpscalerRecipe
from training.synthesis.pairs import PairBatch, PairFeed, shrink
from training.trainers.upscaler import UpscalerTrainer

CLEAN = replace(TINY_UPSCALER, own_pixels=1.0, degraded=0.0)


@pytest.fixture
def photographs_packed(astronaut: ImageArray) -> PackedImages:
    """Eight parts of a photograph."""
    return PackedImages(np.stack([astronaut[y : y + 100, 150:270] for y in range(0, 400, 50)]), "astronaut")


def feed(data: PackedImages, recipe: UpscalerRecipe, seed: int = 0) -> PairFeed:
    torch.manual_seed(seed)
    return PairFeed(data, recipe)


class TestPairs:
    @pytest.mark.parametrize("factor", [2, 4])
    def test_the_small_square_is_the_large_one_made_small(self, photographs_packed: PackedImages, factor: int) -> None:
        batch = feed(photographs_packed, replace(CLEAN, factor=factor, own_pixels=0.5)).next()
        assert batch.small.shape == (2, 3, 16, 16)
        assert batch.large.shape == (2, 3, 16 * factor, 16 * factor)
        for small, large in zip(to_uint8(batch.small), to_uint8(batch.large), strict=True):
            np.testing.assert_allclose(small[:, ::-1].astype(int), shrink(large[:, ::-1], factor), atol=1)

    def test_own_pixels_are_those_of_the_photograph_mirrored_or_not(self, photographs_packed: PackedImages) -> None:
        pairs = feed(photographs_packed, CLEAN)
        squares = [square for _ in range(8) for square in to_uint8(pairs.next().large)]
        windows = np.lib.stride_tricks.sliding_window_view(photographs_packed.images, (32, 32), axis=(1, 2))
        windows = windows.transpose(0, 1, 2, 4, 5, 3)

        def is_part(square: ImageArray) -> bool:
            return bool((windows == square).all((3, 4, 5)).any())

        plain, mirrored = ([is_part(square[:, ::step]) for square in squares] for step in (1, -1))
        assert all(a or b for a, b in zip(plain, mirrored, strict=True))
        assert 0 < sum(plain) < len(squares)

    def test_others_are_parts_of_larger_squares(self, photographs_packed: PackedImages) -> None:
        """Which show more: neighbouring pixels differ more."""
        own, shrunk = (
            feed(photographs_packed, replace(CLEAN, own_pixels=part, batch=8)).next().large for part in (1.0, 0.0)
        )
        roughness = [float(x.diff(dim=3).abs().mean()) for x in (own, shrunk)]
        assert roughness[1] > 1.1 * roughness[0]

    def test_degraded_small_squares_stay_near_what_they_were(self, photographs_packed: PackedImages) -> None:
        batch = feed(photographs_packed, replace(CLEAN, degraded=1.0, batch=8)).next()
        clean = np.stack([shrink(large, 2) for large in to_uint8(batch.large)])
        differences = np.abs(to_uint8(batch.small).astype(int) - clean).mean((1, 2, 3))
        assert (differences > 1).sum() >= 3
        assert differences.max() < 15

    def test_too_few_or_too_small_photographs_are_refused(self, photographs_packed: PackedImages) -> None:
        with pytest.raises(TrainingError, match="8 images are too few for a batch of 9"):
            PairFeed(photographs_packed, replace(CLEAN, batch=9))
        with pytest.raises(TrainingError, match="squares of 4 times 26 pixels do not fit into 120 x 100"):
            PairFeed(photographs_packed, replace(CLEAN, factor=4, crop_px=26))


class TestTraining:
    @pytest.fixture
    def batch(self, photographs_packed: PackedImages) -> PairBatch:
        return feed(photographs_packed, replace(CLEAN, batch=8)).next()

    def test_the_large_pictures_get_better(self, batch: PairBatch) -> None:
        trainer = UpscalerTrainer(TINY_UPSCALER, batch, seed=0)
        psnr_db = [trainer.step(batch, 0.0)["psnr_db"] for _ in range(80)]
        assert psnr_db[-1] > psnr_db[0] + 1

    def test_one_factor_begins_with_the_body_of_another(self, batch: PairBatch) -> None:
        start = Upscaler(4, TINY_UPSCALER.width, TINY_UPSCALER.blocks)
        begun = UpscalerTrainer(TINY_UPSCALER, batch, seed=0, start=start).upscaler_ema
        for ours, theirs in ((begun.stem, start.stem), (begun.body, start.body)):
            for name, value in ours.state_dict().items():
                assert torch.equal(value, theirs.state_dict()[name])

    def test_a_body_of_another_width_is_refused(self, batch: PairBatch) -> None:
        with pytest.raises(TrainingError, match="another width"):
            UpscalerTrainer(TINY_UPSCALER, batch, seed=0, start=Upscaler(2, TINY_UPSCALER.width + 1, 1))

    def test_before_it_learnt_anything_it_enlarges_bilinearly(self, batch: PairBatch) -> None:
        torch.manual_seed(0)
        made = Upscaler(2, 8, 1)(batch.small)
        wanted = torch.nn.functional.interpolate(batch.small, scale_factor=2, mode="bilinear")
        assert (made - wanted).abs().max() < 0.05


class TestFigures:
    def test_bicubic_is_measured_as_others_measure_it(self, photographs_packed: PackedImages) -> None:
        val = photographs_packed.images[:3, :97, :99]  # sides that the factor does not divide
        figures = evaluate_upscaler(Upscaler(2, 8, 1).requires_grad_(False), val)
        wanted = val[:, :96, :98]
        enlarged = [Image.fromarray(shrink(x, 2)).resize((98, 96), Image.Resampling.BICUBIC) for x in wanted]
        psnr_db = [peak_signal_noise_ratio(a, np.asarray(b)) for a, b in zip(wanted, enlarged, strict=True)]
        assert figures["psnr_db_of_bicubic"] == pytest.approx(np.mean(psnr_db), abs=1e-3)

    def test_a_network_that_learnt_nothing_is_worse_than_bicubic(self, photographs_packed: PackedImages) -> None:
        figures = evaluate_upscaler(Upscaler(4, 8, 1).requires_grad_(False), photographs_packed.images)
        assert figures["psnr_db"] < figures["psnr_db_of_bicubic"]
        assert figures["psnr_db_over_bicubic_least"] < 0
