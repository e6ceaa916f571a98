"""Recipes are changed from the command line; what does not fit is told before any work."""

from dataclasses import dataclass, fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.errors import TrainingError
from training.recipes import RECIPES, Recipe
from training.recipes.settings import changed, differences, facts, restored


@dataclass(frozen=True)
class Example:
    name: str = "example"
    layout: str = "face_64"
    batch: int = 8
    images: int = 100
    learning_rate: tuple[float, float] = (1e-3, 1e-4)
    widths: tuple[int, ...] = (4, 8)
    ranges: tuple[tuple[float, float], tuple[float, float]] = ((0.0, 1.0), (1.0, 2.0))
    augment: float = 0.5


@pytest.mark.parametrize(
    ("assignment", "key", "value"),
    [
        ("batch=64", "batch", 64),
        ("augment=1", "augment", 1),
        ("augment=.25", "augment", 0.25),
        ("layout=face_128", "layout", "face_128"),
        ("learning_rate=2e-3,0", "learning_rate", (2e-3, 0)),
        ("widths=16,", "widths", (16,)),
        ("widths=(4, 8, 16)", "widths", (4, 8, 16)),
        ("ranges=(0,1),(1,2.5)", "ranges", ((0, 1), (1, 2.5))),
    ],
)
def test_a_setting_is_read_by_its_type(assignment: str, key: str, value: object) -> None:
    recipe = changed(Example(), [assignment])
    assert getattr(recipe, key) == value
    assert recipe == replace(Example(), **{key: value})  # type: ignore[arg-type]


def test_of_two_the_last_holds() -> None:
    assert changed(Example(), ["batch=2", "batch=4"]).batch == 4


@pytest.mark.parametrize(
    ("assignment", "complaint"),
    [
        ("bach=4", "the recipe example has no setting bach; did you mean batch?"),
        ("zzz=4", "has no setting zzz; it has layout, batch, images, learning_rate, widths, ranges, augment"),
        ("name=other", "has no setting name"),
        ("batch", "batch is no setting; write key=value"),
        ("batch=", "batch= does not fit: it is 8 otherwise"),
        ("batch=0", "batch=0 does not fit: it is 8 otherwise (counts are at least 1, other numbers at least 0)"),
        ("batch=2.5", "batch=2.5 does not fit"),
        ("batch=True", "batch=True does not fit"),
        ("augment=-1", "augment=-1 does not fit: it is 0.5 otherwise"),
        ("augment=1e999", "augment=1e999 does not fit"),
        ("augment=much", "augment=much does not fit"),
        ("learning_rate=1e-3", "learning_rate=1e-3 does not fit: it is (0.001, 0.0001) otherwise"),
        ("learning_rate=1,2,3", "does not fit"),
        ("widths=4,x", "widths=4,x does not fit: it is (4, 8) otherwise"),
        ("ranges=1,2", "ranges=1,2 does not fit: it is ((0.0, 1.0), (1.0, 2.0)) otherwise"),
    ],
)
def test_what_does_not_fit_is_told(assignment: str, complaint: str) -> None:
    with pytest.raises(TrainingError) as told:
        changed(Example(), [assignment])
    assert complaint in str(told.value)


@given(st.text(), st.text())
def test_any_other_text_is_refused_or_gives_a_recipe(key: str, value: str) -> None:
    try:
        recipe = changed(Example(), [f"{key}={value}"])
    except TrainingError:
        return
    assert restored(Example(), facts(recipe)) == recipe


@pytest.mark.parametrize("recipe", RECIPES.values(), ids=RECIPES)
def test_a_checkpoint_tells_with_which_settings_it_was_made(recipe: Recipe) -> None:
    other: dict[str, Any] = {field.name: _another(getattr(recipe, field.name)) for field in fields(recipe)}
    changed_recipe = replace(recipe, **other | {"name": recipe.name})
    assert restored(recipe, facts(changed_recipe)) == changed_recipe
    assert differences(recipe, facts(recipe)) == ""


def test_a_difference_is_told_but_for_the_budget_of_images() -> None:
    before = facts(replace(Example(), batch=4, widths=(1, 2), images=5))
    assert differences(Example(), before) == "batch 4, not 8, widths (1, 2), not (4, 8)"
    assert differences(Example(), facts(replace(Example(), images=5))) == ""


def test_a_setting_that_an_older_checkpoint_does_not_know_is_no_difference() -> None:
    before = facts(Example())
    del before["augment"]
    assert differences(Example(), before) == ""
    assert restored(Example(), before) == Example()


def _another(value: Any) -> Any:
    if isinstance(value, tuple):
        return tuple(map(_another, value))
    return value + "x" if isinstance(value, str) else value * 2
