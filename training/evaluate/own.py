"""Figures of translators that learnt from the user's own pictures, on those that were held out."""

from pathlib import Path

import numpy as np

from training.dataset import PackedImages
from training.evaluate.frozen import FrozenEncoder
from training.evaluate.translator import Examples, evaluate_translator
from training.evaluate.unpaired import evaluate_unpaired
from training.pairs.feeds import whole
from training.recipes import pairs
from training.recipes.pairs import PairsRecipe
from training.recipes.unpaired import UnpairedRecipe
from training.runs import load_translator, load_unpaired


def evaluate_own(run: Path, recipe: PairsRecipe | UnpairedRecipe, data: Path, seed: int) -> dict[str, float | str]:
    """Figures of ``run``, of ``recipe``, on the held-out pictures of ``data``.

    Raises:
        TrainingError: ``data`` was not packed for the recipe, or holds too few pictures to compare.
    """
    if isinstance(recipe, PairsRecipe):
        network, _, _ = load_translator(run, recipe)
        both = np.asarray(PackedImages.open(data, "val", recipe.layout).images)
        sides = np.split(both, 2, axis=3)
        image, wanted = sides if recipe.direction == pairs.DIRECTIONS[0] else sides[::-1]
        shown = Examples(image, np.zeros(both.shape[:3], np.uint8), wanted, None)
        return dict(evaluate_translator(network, shown, FrozenEncoder()))
    to_b, to_a, _, _ = load_unpaired(run)
    a, b = (np.asarray(PackedImages.open(data, "val", f"{side}_{recipe.layout}").images) for side in "ab")
    return evaluate_unpaired(lambda x: to_b(whole(x)), lambda x: to_a(whole(x)), a, b, FrozenEncoder(), seed)
