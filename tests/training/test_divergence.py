"""A run that has diverged is told from one that only had a bad step."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from training.engine.divergence import FACTOR, PATIENCE, WINDOW, Watch, not_finite


def after(values: list[float]) -> tuple[Watch, list[str | None]]:
    watch = Watch()
    return watch, [watch.look({"loss": value}) for value in values]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_loss_that_is_no_number_is_told_at_once(value: float) -> None:
    _, (told,) = after([value])
    assert told == f"loss is {value}"


def test_a_loss_far_above_its_median_for_long_is_told() -> None:
    watch, told = after([2.0] * PATIENCE + [2.1 * FACTOR] * PATIENCE)
    assert told[-1] == f"loss has been above 200 for {PATIENCE} values, its median was 2"
    assert not any(told[:-1])
    assert not watch.calm


@given(st.lists(st.integers(1, PATIENCE - 1), min_size=1, max_size=5))
def test_bad_steps_that_pass_are_not_told(bad: list[int]) -> None:
    """However bad they are, as long as there is a good one among any few in a row."""
    values = [0.5] * WINDOW
    for steps in bad:
        values += [1e6] * steps + [0.5]
    watch, told = after(values)
    assert not any(told)
    assert watch.calm


def test_a_small_loss_may_grow_by_any_factor() -> None:
    """Such as one that is zero in the beginning, because the weights that it counts are."""
    _, told = after([0.0] * WINDOW + [0.9 * FACTOR] * WINDOW)
    assert not any(told)


def test_a_loss_may_grow_slowly() -> None:
    _, told = after([1.005**step for step in range(2 * WINDOW)])
    assert not any(told)


def test_tensors_that_are_no_numbers_are_found_by_name() -> None:
    fine, bad = torch.ones(2), torch.tensor([0.0, torch.inf])
    state = {"a": fine, "b": {"c": [fine, bad], 3: torch.tensor(torch.nan)}, "d": "text", "e": torch.arange(3)}
    assert list(not_finite(state)) == ["b/c/1", "b/3"]
