"""The colorizer learns from photographs that were made to look old, and is measured on others, old and new."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from skimage.data import astronaut as photograph

from phiz_core import colour
from phiz_core.geometry import ImageArray
from tests.training.tiny import TINY_COLORIZER
from training.dataset import PackedImages, to_uint8
from training.errors import TrainingError
from training.evaluate.colorizer import evaluate_colorizer
from training.models.colorizer import Attention, Colorizer
from training.objectives import gradient_distance
from training.synthesis.ageing import age, film, mount, pose, repaint
from training.synthesis.colour_pairs import ColourFeed, square
from training.trainers.colorizer import ColorizerTrainer

seeds = st.integers(0, 2**32)
pictures = arrays(np.uint8, st.tuples(st.integers(16, 50), st.integers(16, 50), st.just(3)))


@pytest.fixture
def portraits(astronaut: ImageArray) -> PackedImages:
    """Four parts of a photograph, wider than high."""
    return PackedImages(np.stack([astronaut[y : y + 160, 130:330] for y in range(0, 80, 20)]), "astronaut")


class TestAgeing:
    @given(rgb=pictures, seed=seeds)
    def test_any_picture_gets_old_and_posed_at_its_own_size_and_as_its_seed_says(
        self, rgb: ImageArray, seed: int
    ) -> None:
        for change, shape in ((age, rgb.shape[:2]), (pose, rgb.shape)):
            first, second = (change(np.random.default_rng(seed), rgb.copy()) for _ in range(2))
            assert first.shape == shape
            assert first.dtype == np.uint8
            np.testing.assert_array_equal(first, second)

    def test_most_old_photographs_still_show_what_they_showed(self) -> None:
        """And none is what it was."""
        rgb = np.asarray(photograph()[:192, 130:322], np.uint8)
        luma = colour.luminance(rgb).ravel()
        old = [age(np.random.default_rng(seed), rgb) for seed in range(100)]
        likeness = [np.corrcoef(luma, gray.ravel())[0, 1] for gray in old]
        assert np.quantile(likeness, 0.1) > 0.5
        assert np.median(likeness) < 0.99

    def test_films_see_gray_as_it_is_and_most_of_them_red_darker_than_blue(self) -> None:
        gray = np.full((4, 4, 3), 90, np.uint8)
        red, blue = (np.full((4, 4, 3), rgb, np.uint8) for rgb in ((200, 0, 0), (0, 0, 200)))
        darker = 0
        for seed in range(100):
            seen_gray, seen_red, seen_blue = (film(np.random.default_rng(seed), x) for x in (gray, red, blue))
            np.testing.assert_allclose(seen_gray.astype(int), 90, atol=1)
            darker += bool(seen_red.max() < seen_blue.min())
        assert 40 < darker < 80

    def test_a_backdrop_is_repainted_and_what_stands_before_it_keeps_its_colour(self) -> None:
        portrait = np.full((64, 64, 3), (40, 60, 220), np.uint8)
        portrait[24:, 16:48] = (210, 150, 120)
        repainted = [repaint(np.random.default_rng(seed), portrait) for seed in range(20)]
        before, *after = (np.abs(colour.chroma(x).astype(int) - 128).sum(-1) for x in (portrait, *repainted))
        for strength, picture in zip(after, repainted, strict=True):
            assert (strength[:20] < 0.5 * before[:20]).all()
            np.testing.assert_allclose(picture[28:, 20:44].astype(int), portrait[28:, 20:44], atol=3)
        shades = [float(colour.luminance(picture)[:20].mean()) for picture in repainted]
        assert min(shades) < 60
        assert max(shades) > 190

    @given(seed=seeds)
    def test_a_mounted_picture_fades_into_paper_that_has_no_colour(self, seed: int) -> None:
        red = np.full((60, 50, 3), (200, 20, 20), np.uint8)
        mounted = mount(np.random.default_rng(seed), red)
        strength = np.abs(colour.chroma(mounted).astype(int) - 128).sum(-1)
        assert min(strength[0, 0], strength[-1, -1], strength[0, -1], strength[-1, 0]) < 0.6 * strength[30, 25]


class TestPairs:
    def test_new_photographs_are_their_own_luminance(self, portraits: PackedImages) -> None:
        torch.manual_seed(0)
        batch = ColourFeed(portraits, replace(TINY_COLORIZER, batch=4, aged=0.0)).next()
        assert batch.luminance.shape == (4, 1, 64, 64)
        for luminance, picture in zip(to_uint8(batch.luminance), to_uint8(batch.picture), strict=True):
            np.testing.assert_array_equal(luminance[..., 0], colour.luminance(picture))

    def test_old_ones_are_not(self, portraits: PackedImages) -> None:
        torch.manual_seed(0)
        batch = ColourFeed(portraits, replace(TINY_COLORIZER, batch=4, aged=1.0)).next()
        own = np.stack([colour.luminance(picture) for picture in to_uint8(batch.picture)])
        assert np.abs(to_uint8(batch.luminance)[..., 0].astype(int) - own).mean((1, 2)).max() > 2

    @given(height=st.integers(20, 90), width=st.integers(20, 90), side_px=st.sampled_from((16, 64)), seed=seeds)
    def test_squares_lie_anywhere_at_any_scale(self, height: int, width: int, side_px: int, seed: int) -> None:
        """Their colours are those of the portrait, however far they reach beyond it."""
        portrait = np.full((height, width, 3), 10, np.uint8)
        portrait[:, : width // 2] = 200
        found = square(np.random.default_rng(seed), portrait, side_px, closest=0.5)
        assert found.shape == (side_px, side_px, 3)
        assert set(np.unique(np.abs(found.astype(int) - 105) // 96)) <= {0}

    def test_some_squares_are_a_face_and_some_more_than_the_portrait(self) -> None:
        """Of a ramp from 0 to 240 across: how much of it a square of 60 px holds."""
        ramp = np.repeat(np.tile(np.linspace(0, 240, 80).astype(np.uint8), (100, 1))[..., None], 3, axis=2)
        spans = [np.ptp(square(np.random.default_rng(seed), ramp, 60, closest=0.5)) for seed in range(60)]
        assert min(spans) < 150
        assert max(spans) > 225

    def test_too_few_portraits_are_refused(self, portraits: PackedImages) -> None:
        with pytest.raises(TrainingError, match="4 images are too few for a batch of 5"):
            ColourFeed(portraits, replace(TINY_COLORIZER, batch=5))


class TestGradientDistance:
    def test_an_even_cast_costs_nothing_and_a_patch_does(self) -> None:
        wanted = torch.rand(2, 2, 32, 32)
        patch = torch.zeros(1, 1, 32, 32)
        patch[..., 8:24, 8:24] = 0.3
        assert gradient_distance(wanted + 0.3, wanted, 3) == pytest.approx(0.0, abs=1e-6)
        assert gradient_distance(wanted + patch, wanted, 3) > 0.01

    def test_broad_patches_cost_at_broad_scales(self) -> None:
        """A slow change is hardly seen between neighbouring pixels."""
        slow = torch.linspace(0, 1, 64).expand(1, 1, 64, 64)
        fine, broad = (gradient_distance(slow, torch.zeros_like(slow), scales) for scales in (1, 4))
        assert broad > 3 * fine


class TestColorizer:
    def test_attention_cares_for_likeness_and_not_for_place(self) -> None:
        torch.manual_seed(0)
        attention = Attention(8).requires_grad_(False)
        x = torch.randn(1, 8, 3, 5)
        order = torch.randperm(15)
        moved = x.flatten(2)[..., order].unflatten(2, (3, 5))
        torch.testing.assert_close(attention(moved).flatten(2), attention(x).flatten(2)[..., order])

    def test_colours_get_nearer_with_training(self, portraits: PackedImages) -> None:
        recipe = replace(TINY_COLORIZER, batch=4, aged=0.0, closest=1.0)
        torch.manual_seed(0)
        feed = ColourFeed(portraits, recipe)
        trainer = ColorizerTrainer(recipe, feed.next().picture, seed=0)
        losses = [float(trainer.step(feed.next(), 0.0)["chroma"]) for _ in range(60)]
        assert np.mean(losses[-10:]) < 0.8 * np.mean(losses[:5])


class _Answering(Colorizer):
    """Answers luminance [B, 1, H, W] with what is said."""

    def __init__(self, answer: Callable[[torch.Tensor], torch.Tensor]) -> None:
        super().__init__(TINY_COLORIZER.widths)
        self._answer = answer

    def forward(self, luminance: torch.Tensor) -> torch.Tensor:
        return self._answer(luminance)


class TestFigures:
    @pytest.fixture
    def val(self, astronaut: ImageArray) -> ImageArray:
        return np.asarray(np.stack([astronaut[:96, 150:246], astronaut[200:296, 150:246]]), np.uint8)

    def test_one_that_answers_gray_is_as_far_off_as_gray(self, val: ImageArray) -> None:
        figures = evaluate_colorizer(_Answering(lambda luma: torch.zeros(len(luma), 2, *luma.shape[2:])), val, seed=0)
        for name in ("ab_error", "chroma_psnr_db"):
            assert figures[name] == figures[f"{name}_aged"] == figures[f"{name}_of_gray"]
        assert figures["colourfulness_ratio_median"] == pytest.approx(0.0, abs=1e-3)

    def test_one_that_knows_the_colours_is_off_by_their_rounding(self, val: ImageArray) -> None:
        known = torch.from_numpy(np.stack([colour.chroma(x) for x in val])).permute(0, 3, 1, 2)
        figures = evaluate_colorizer(_Answering(lambda _: (known.float() - 128) / 127.5), val, seed=0)
        assert figures["ab_error"] < 1.5
        assert figures["chroma_psnr_db"] > 60
        assert figures["colourfulness_ratio_median"] == pytest.approx(1.0, abs=0.02)

    def test_the_aged_ones_are_other_inputs_the_same_for_the_same_seed(self, val: ImageArray) -> None:
        seen: list[torch.Tensor] = []

        def look(luma: torch.Tensor) -> torch.Tensor:
            seen.append(luma)
            return torch.zeros(len(luma), 2, *luma.shape[2:])

        for seed in (0, 0, 1):
            evaluate_colorizer(_Answering(look), val, seed)
        assert torch.equal(seen[0], seen[2])
        assert torch.equal(seen[1], seen[3])
        assert not torch.equal(seen[1], seen[0])
        assert not torch.equal(seen[1], seen[5])
