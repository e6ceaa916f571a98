"""Translators learn to make a photograph again from what a task leaves of it, and are measured on others."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from phiz_core import filters
from phiz_core.colour import luminance
from phiz_core.geometry import ImageArray
from tests.training.tiny import TINY_TRANSLATOR
from training.dataset import PackedImages, to_uint8
from training.errors import TrainingError
from training.evaluate import similarity
from training.evaluate.frozen import FrozenEncoder
from training.evaluate.translator import Examples, evaluate_translator, examples, figures, kept, trivial
from training.models.translator import STRIDE_PX, Translator
from training.recipes.translator import RECIPES, TRUNK, TranslatorRecipe
from training.synthesis.tasks import TASKS, border, holes
from training.synthesis.translations import TranslationBatch, TranslationFeed, as_given, crop, examples_of, given
from training.trainers.translator import TranslatorTrainer, build_translator

MASKED = ("inpaint", "outpaint")
LANDMARKS = np.array([[40, 40], [60, 40], [50, 52], [42, 62], [58, 62]], np.float64)


@pytest.fixture
def photographs_packed(astronaut: ImageArray) -> PackedImages:
    """Eight parts of a photograph."""
    return PackedImages(np.stack([astronaut[y : y + 112, 150:246] for y in range(0, 400, 50)]), "astronaut")


def feed(data: PackedImages, recipe: TranslatorRecipe = TINY_TRANSLATOR) -> TranslationFeed:
    torch.manual_seed(0)
    return TranslationFeed(data, recipe)


class TestTasks:
    def test_the_shipped_tasks_have_a_recipe_each_beside_their_trunk(self) -> None:
        assert set(RECIPES) == {"translator", *(f"translator-{task}" for task in TASKS)}
        assert TRUNK.tasks == tuple(TASKS)
        assert TRUNK.size_px == (256, 320)

    @pytest.mark.parametrize("task", TASKS)
    def test_half_of_the_inputs_are_those_of_the_filter_as_it_is_served(self, task: str, astronaut: ImageArray) -> None:
        chosen = TASKS[task]
        photo = np.ascontiguousarray(astronaut[:96, 180:260])
        wanted = filters.FILTERS[chosen.filter](photo) if chosen.filter else photo
        random = np.random.default_rng(0)
        same = [bool((given(random, photo, chosen)[0] == wanted).all()) for _ in range(40)]
        assert all(same) if not chosen.filter else 8 < sum(same) < 32

    @settings(max_examples=60)
    @drawn(st.integers(0, 2**32), st.integers(32, 200), st.integers(32, 200))
    def test_a_mask_hides_a_part_and_shows_a_part(self, seed: int, height: int, width: int) -> None:
        for hide in (holes, border):
            mask = hide(np.random.default_rng(seed), height, width)
            assert mask.shape == (height, width)
            assert set(np.unique(mask)) == {0, 255}

    @drawn(st.integers(0, 2**32))
    def test_a_border_leaves_one_rectangle(self, seed: int) -> None:
        mask = border(np.random.default_rng(seed), 120, 90)
        rows, columns = (np.flatnonzero((mask == 0).any(axis)) for axis in (1, 0))
        assert not mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].any()


class TestFeed:
    def test_each_task_has_its_turn_and_what_is_hidden_is_not_given(self, photographs_packed: PackedImages) -> None:
        batch = feed(photographs_packed).next()
        assert batch.given.shape == (7, 4, 48, 32)
        assert batch.wanted.shape == (7, 3, 48, 32)
        assert batch.task.tolist() == list(range(7))
        names = [TINY_TRANSLATOR.tasks[task] for task in batch.task]
        hidden = batch.given[:, 3:]
        assert [name for name, mask in zip(names, hidden, strict=True) if mask.any()] == list(MASKED)
        assert batch.masked.flatten().tolist() == [float(name in MASKED) for name in names]
        for row, name in enumerate(names):
            if name in ("autoencode", *MASKED):
                shown = hidden[row] == 0
                assert torch.equal(batch.given[row, :3] * shown, batch.wanted[row] * shown)

    def test_what_is_hidden_is_not_given_but_the_colours_around_it(self, photographs_packed: PackedImages) -> None:
        photo = photographs_packed.images[:1]
        mask = np.zeros((1, 112, 96), np.uint8)
        mask[:, 30:62, 20:90] = 255
        other = np.where(mask[..., None] > 0, 255 - photo, photo)
        one, same = (as_given(x, mask) for x in (photo, other))
        assert torch.equal(one, same)
        shown = one[:, 3:] == 0
        assert torch.equal(one[:, :3] * shown, as_given(photo, np.zeros_like(mask))[:, :3] * shown)

    def test_a_plain_picture_is_diffused_to_itself(self) -> None:
        plain, mask = np.full((1, 48, 64, 3), 90, np.uint8), np.full((1, 48, 64), 255, np.uint8)
        mask[:, :, :3] = 0
        np.testing.assert_allclose(as_given(plain, mask)[:, :3], 90 / 127.5 - 1, atol=1e-4)

    def test_where_nothing_is_shown_gray_is_given(self) -> None:
        photo, mask = np.full((1, 32, 32, 3), 90, np.uint8), np.full((1, 32, 32), 255, np.uint8)
        assert not as_given(photo, mask)[:, :3].any()

    def test_a_part_is_mirrored_or_not_and_of_about_the_same_colours(self, photographs_packed: PackedImages) -> None:
        photo = photographs_packed.images[1]
        parts = [crop(np.random.default_rng(seed), photo, (112, 96)).astype(int) for seed in range(24)]
        apart = [[float(abs(part[:, ::step] - photo).mean()) for step in (1, -1)] for part in parts]
        assert all(0 < min(both) < 25 for both in apart)
        assert 4 < sum(plain < mirrored for plain, mirrored in apart) < 20

    def test_some_batches_are_of_whole_photographs(self, photographs_packed: PackedImages) -> None:
        half = feed(photographs_packed, replace(TINY_TRANSLATOR, whole=0.5))
        sizes = [tuple(half.next().given.shape[2:]) for _ in range(24)]
        assert 4 < sizes.count((112, 96)) < 20
        assert sizes.count((112, 96)) + sizes.count((48, 32)) == 24

    def test_too_few_or_too_small_photographs_are_refused(self, photographs_packed: PackedImages) -> None:
        with pytest.raises(TrainingError, match="8 images are too few for a batch of 9"):
            feed(photographs_packed, replace(TINY_TRANSLATOR, batch=9))
        with pytest.raises(TrainingError, match="parts of 32 x 128 do not fit into 96 x 112"):
            feed(photographs_packed, replace(TINY_TRANSLATOR, crop_px=(128, 32)))

    def test_the_examples_are_the_same_each_time_and_show_every_task(self, photographs_packed: PackedImages) -> None:
        one, other = (examples_of(photographs_packed.images, TINY_TRANSLATOR.tasks) for _ in range(2))
        assert torch.equal(one.given, other.given)
        assert set(one.task.tolist()) == set(range(len(TASKS)))


class TestNetwork:
    @pytest.fixture
    def translator(self) -> Translator:
        """Of three tasks, of which the last one has no skips; its weights are drawn."""
        torch.manual_seed(0)
        network = Translator((8, 8, 8, 8), 1, (True, True, False)).eval().requires_grad_(False)
        for parameter in network.parameters():
            torch.nn.init.normal_(parameter, std=0.3)
        return network

    def test_a_task_alone_is_that_of_the_translator_that_is_told_it(self, translator: Translator) -> None:
        x = torch.randn(3, 4, 3 * STRIDE_PX, 2 * STRIDE_PX)
        together = translator(x, torch.tensor([0, 1, 2]))
        for task in range(3):
            torch.testing.assert_close(translator.of_task(task)(x)[task], together[task], atol=1e-4, rtol=1e-4)
        assert not torch.allclose(translator.of_task(0)(x), translator.of_task(1)(x), atol=1e-2)

    def test_without_skips_all_goes_through_the_coarsest_level(self, translator: Translator) -> None:
        for name, parameter in translator.named_parameters():
            if name == "down.2.weight":  # what leads to the coarsest level
                torch.nn.init.zeros_(parameter)
        a, b = torch.randn(2, 1, 4, 2 * STRIDE_PX, 2 * STRIDE_PX)
        assert torch.equal(translator.of_task(2)(a), translator.of_task(2)(b))
        assert not torch.equal(translator.of_task(0)(a), translator.of_task(0)(b))


class TestTraining:
    @pytest.fixture
    def batch(self, photographs_packed: PackedImages) -> TranslationBatch:
        return feed(photographs_packed).next()

    @pytest.mark.parametrize("judged", [False, True], ids=["alone", "with a discriminator"])
    def test_the_pictures_get_better(self, batch: TranslationBatch, judged: bool) -> None:
        recipe = replace(
            TINY_TRANSLATOR,
            adversarial=0.02 * judged,
            matching=1.0 * judged,
            discriminator_widths=(8, 8),
            perceptual=0.0,
        )
        trainer = TranslatorTrainer(recipe, batch, seed=0)
        psnr_db = [float(trainer.step(batch, 0.0)["psnr_db"]) for _ in range(60)]
        assert psnr_db[-1] > psnr_db[0] + 1

    def test_the_perceptual_distance_counts(self, batch: TranslationBatch) -> None:
        trainer = TranslatorTrainer(replace(TINY_TRANSLATOR, perceptual=1.0), batch, seed=0)
        assert trainer.step(batch, 0.0)["perceptual"] > 0

    def test_the_sheet_shows_what_is_given_what_is_made_and_the_truth_which_stays_where_it_was_shown(
        self, batch: TranslationBatch
    ) -> None:
        sheet = TranslatorTrainer(TINY_TRANSLATOR, batch, seed=0).samples()
        assert sheet.shape == (3 * 48, 7 * 32, 3)
        shown, made, truth = (row.reshape(48, 7, 32, 3).swapaxes(0, 1) for row in np.split(sheet, 3))
        np.testing.assert_array_equal(shown, to_uint8(batch.given[:, :3]))
        np.testing.assert_array_equal(truth, to_uint8(batch.wanted))
        row = TINY_TRANSLATOR.tasks.index("outpaint")
        kept_there = batch.given[row, 3].numpy() == 0
        np.testing.assert_array_equal(made[row][kept_there], truth[row][kept_there])

    def test_one_task_begins_with_what_the_trunk_knows_of_it(self, batch: TranslationBatch) -> None:
        torch.manual_seed(1)
        trunk = build_translator(TINY_TRANSLATOR)
        for parameter in trunk.parameters():
            torch.nn.init.normal_(parameter, std=0.2)
        recipe = replace(TINY_TRANSLATOR, tasks=("canny",))
        trainer = TranslatorTrainer(recipe, batch, seed=0)
        trainer.begin_with(trunk, TINY_TRANSLATOR)
        wanted = trunk.of_task(TINY_TRANSLATOR.tasks.index("canny"))(batch.given)
        torch.testing.assert_close(trainer.translator_ema(batch.given), wanted)

    def test_a_trunk_of_other_widths_is_refused(self, batch: TranslationBatch) -> None:
        trainer = TranslatorTrainer(TINY_TRANSLATOR, batch, seed=0)
        wider = replace(TINY_TRANSLATOR, widths=(8, 8, 8, 16))
        with pytest.raises(TrainingError, match="other widths or blocks"):
            trainer.begin_with(build_translator(wider), wider)


class TestFigures:
    @pytest.fixture
    def pair(self, photographs_packed: PackedImages) -> tuple[ImageArray, ImageArray]:
        wanted = photographs_packed.images[0]
        noise = np.random.default_rng(0).normal(0, 20, wanted.shape)
        return (wanted + noise).clip(0, 255).astype(np.uint8), wanted

    def test_they_are_those_that_others_measure(self, pair: tuple[ImageArray, ImageArray]) -> None:
        everywhere = np.ones(pair[0].shape[:2], bool)
        assert similarity.psnr_db(*pair, everywhere) == pytest.approx(peak_signal_noise_ratio(*pair), abs=1e-6)
        kwargs = {
            "gaussian_weights": True,
            "sigma": 1.5,
            "use_sample_covariance": False,
            "data_range": 255,
            "full": True,
        }
        _, theirs = structural_similarity(*(luminance(x) for x in pair), **kwargs)
        inside = np.zeros_like(everywhere)
        inside[6:-6, 6:-6] = True
        assert similarity.ssim(*pair, inside) == pytest.approx(theirs[inside].mean(), abs=1e-4)

    def test_a_picture_that_is_equal_has_no_error(self, pair: tuple[ImageArray, ImageArray]) -> None:
        everywhere = np.ones(pair[0].shape[:2], bool)
        assert similarity.psnr_db(pair[1], pair[1], everywhere) > 70
        assert similarity.ssim(pair[1], pair[1], everywhere) == pytest.approx(1.0)
        assert similarity.ab_error(pair[1], pair[1], everywhere) == 0

    def test_where_a_part_is_hidden_only_that_part_counts(self, photographs_packed: PackedImages) -> None:
        landmarks = np.repeat(LANDMARKS[None], 8, 0)
        shown = examples(TASKS["inpaint"], photographs_packed.images, landmarks, seed=0)
        noise = np.random.default_rng(0).integers(0, 256, shown.photographs.shape, np.uint8)
        hidden = shown.masks[..., None] > 0
        encoder = FrozenEncoder()
        one, other = (
            figures(np.where(hidden, 90, where_shown).astype(np.uint8), shown, encoder)
            for where_shown in (shown.photographs, noise)
        )
        assert one["psnr_db"] == other["psnr_db"]
        assert one["ab_error"] == other["ab_error"]
        np.testing.assert_array_equal(np.where(hidden, 0, kept(noise, shown)), np.where(hidden, 0, shown.photographs))

    def test_gray_has_the_structure_and_the_mean_colour_the_colour(self, photographs_packed: PackedImages) -> None:
        shown = examples(TASKS["canny"], photographs_packed.images, np.repeat(LANDMARKS[None], 8, 0), seed=0)
        encoder = FrozenEncoder()
        found = {name: figures(made, shown, encoder) for name, made in trivial(shown).items()}
        assert found["gray"]["ssim"] > 0.99
        assert found["gray"]["colourfulness_ratio"] == pytest.approx(0.0, abs=1e-6)
        assert found["mean_colour"]["ssim"] < 0.5
        assert found["input"]["psnr_db"] < found["gray"]["psnr_db"]

    def test_every_figure_stands_beside_those_of_what_needs_no_model(self, photographs_packed: PackedImages) -> None:
        pictures = photographs_packed.images
        shown = Examples(pictures, np.zeros(pictures.shape[:3], np.uint8), pictures, None)
        found = evaluate_translator(Translator((8, 8, 8, 8), 1).requires_grad_(False), shown, FrozenEncoder())
        names = ("psnr_db", "ssim", "ab_error", "colourfulness_ratio")
        assert set(found) == {
            f"{name}{of}" for name in names for of in ("", "_of_input", "_of_gray", "_of_mean_colour")
        }
        assert found["psnr_db"] < found["psnr_db_of_input"]
