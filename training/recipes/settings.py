"""A recipe's settings: changed from the command line, recorded in checkpoints, and read back from them."""

import ast
import difflib
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields, replace
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

from training.errors import TrainingError
from training.recipes import Recipe

AnyRecipe = TypeVar("AnyRecipe", bound=Recipe)

_FIXED = "name"
_BUDGET = "images"


def changed(recipe: AnyRecipe, assignments: Sequence[str]) -> AnyRecipe:
    """``recipe`` with ``assignments`` such as ``batch=64``, ``widths=24,48,96,192`` or ``learning_rate=1e-3,5e-5``.

    Raises:
        TrainingError: no such setting, a value of another type, or one below its least: 1 for what is counted, 0 for
            other numbers.
    """
    hints = get_type_hints(type(recipe))
    keys = [field.name for field in fields(recipe) if field.name != _FIXED]
    values = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals:
            raise TrainingError(f"{assignment} is no setting; write key=value")
        if key not in keys:
            near = difflib.get_close_matches(key, keys, 1)
            hint = f"did you mean {near[0]}?" if near else f"it has {', '.join(keys)}"
            raise TrainingError(f"the recipe {recipe.name} has no setting {key}; {hint}")
        values[key] = _parsed(key, text, hints[key], getattr(recipe, key))
    return replace(recipe, **values)


def facts(recipe: Recipe) -> dict[str, Any]:
    """All settings as JSON knows them, tuples as lists."""
    known = json.loads(json.dumps(asdict(recipe)))
    assert isinstance(known, dict)
    return known


def differences(recipe: Recipe, recorded: Mapping[str, Any]) -> str:
    """What :func:`facts` ``recorded`` before differs in from ``recipe``, in words; the budget of images may differ."""
    now = facts(recipe)
    changes = [key for key in recorded if key in now and key != _BUDGET and recorded[key] != now[key]]
    return ", ".join(f"{key} {_tuples(recorded[key])}, not {_tuples(now[key])}" for key in changes)


def restored(recipe: AnyRecipe, recorded: Mapping[str, Any]) -> AnyRecipe:
    """``recipe`` with the settings that :func:`facts` ``recorded``."""
    known = {field.name for field in fields(recipe)}
    return replace(recipe, **{key: _tuples(value) for key, value in recorded.items() if key in known})


def _parsed(key: str, text: str, hint: Any, example: Any) -> Any:
    if hint is str:
        return text
    try:
        value = ast.literal_eval(text)
    except (ValueError, SyntaxError):
        value = None
    if not _fits(value, hint):
        raise TrainingError(
            f"{key}={text} does not fit: it is {example} otherwise (counts are at least 1, other numbers at least 0)"
        )
    return value


def _fits(value: Any, hint: Any) -> bool:
    if get_origin(hint) is tuple:
        parts = get_args(hint)
        if not isinstance(value, tuple):
            return False
        if len(parts) == 2 and parts[1] is Ellipsis:
            parts = (parts[0],) * len(value)
        return len(value) == len(parts) and all(map(_fits, value, parts))
    if isinstance(value, bool):
        return hint is bool
    if hint is float:
        return isinstance(value, int | float) and math.isfinite(value) and value >= 0
    return isinstance(value, hint) and (hint is not int or value >= 1)


def _tuples(value: Any) -> Any:
    return tuple(map(_tuples, value)) if isinstance(value, list) else value
