"""A filter as a caller asks for it."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

import numpy as np

from phiz_core.filters import FILTERS
from phiz_core.geometry import ImageArray
from serving.errors import FieldsConflict, FilterInvalid
from serving.operations.checks import in_range

MAX_LEVELS: Final = 16
MAX_LINE_PX: Final = 32.0

Filter = Callable[[ImageArray], ImageArray]
"""RGB [H, W, 3] uint8 to the same shape."""


@dataclass(frozen=True)
class SentFilter:
    """A filter as a caller sent it, not yet checked.

    Attributes:
        name: of ``phiz_core.filters``; "" if the caller named none.
        parameters: those that the caller set, by name.
    """

    name: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether the caller said nothing at all."""
        return not self.name and not self.parameters


def read_filter(sent: SentFilter, default: str) -> Filter:
    """The filter that was asked for, ``default`` where none was named, with its parameters.

    Raises:
        FilterInvalid: there is no such filter, or its parameters are not as it takes them.
        FieldsConflict: it does not have such a parameter.
        OutOfRange: more levels or broader lines than are drawn.
    """
    name = sent.name or default
    function = FILTERS.get(name)
    if function is None:
        message = f'There is no filter "{name}"; there are {", ".join(FILTERS)}.'
        raise FilterInvalid(message, field="filter.name", filter=name, filters=",".join(FILTERS))
    for parameter in sent.parameters:
        if parameter not in inspect.signature(function).parameters:
            raise FieldsConflict(f"The filter {name} has no {parameter}.", field=f"filter.{parameter}", filter=name)
    if "levels" in sent.parameters:
        in_range("filter.levels", len(sent.parameters["levels"]), 1, MAX_LEVELS)
    if "line_px" in sent.parameters:
        in_range("filter.line_px", sent.parameters["line_px"], 0.0, MAX_LINE_PX)
    chosen = partial(function, **sent.parameters)
    try:
        chosen(np.zeros((1, 1, 3), np.uint8))  # the filter judges its parameters itself, before any work is done
    except ValueError as error:
        raise FilterInvalid(f"The filter {name} does not take that: {error}.", field="filter", filter=name) from error
    return chosen
