"""Checks that several operations share."""

import math

from serving.errors import OutOfRange


def in_range(field: str, value: float, low: float, high: float) -> None:
    """Raises OutOfRange unless ``low <= value <= high``; NaN is out of every range."""
    if math.isnan(value) or not low <= value <= high:
        raise OutOfRange(field, value, low, high)
