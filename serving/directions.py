"""The directions that an editor knows, by name and by number, as its file tells them."""

import json
from collections.abc import Mapping
from typing import NamedTuple

from serving.engine.base import Model


class Direction(NamedTuple):
    """A direction with a name, and in words what more of it does."""

    name: str
    description: str


def named(metadata: Mapping[str, str]) -> tuple[Direction, ...]:
    """The directions with names, in the order of the editor's strengths; none where ``metadata`` is of no editor.

    Raises:
        ValueError: they are no JSON array of objects with a name and a description, or two have one name.
    """
    try:
        directions = tuple(Direction(**entry) for entry in json.loads(metadata.get("directions", "[]")))
    except TypeError as error:
        raise ValueError("a direction has a name and a description, and nothing else") from error
    names = {direction.name for direction in directions}
    if len(names) < len(directions) or not all(isinstance(text, str) for each in directions for text in each):
        raise ValueError("each direction has a name of its own and a description")
    return directions


def components(editor: Model) -> int:
    """How many directions have numbers: the strengths that follow those of the named ones; 0 where it is no editor."""
    strengths = editor.inputs.get("strengths")
    return strengths.shape[0] - len(named(editor.metadata)) if strengths else 0
