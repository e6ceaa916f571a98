"""A histogram of taken and rejected faces as SVG, for a page that needs no other file."""

from collections.abc import Sequence
from html import escape
from typing import Final

import numpy as np

_WIDTH, _HEIGHT, _BASE, _TOP = 330, 150, 122, 14
_BINS: Final = 33
_TICKS: Final = 4


def histogram(title: str, taken: Sequence[float], rejected: Sequence[float], limits: Sequence[float]) -> str:
    """Draws both, stacked, with a dashed line at each limit.

    Args:
        title: names the quantity and its unit.
        taken: values, finite.
        rejected: values, finite.
        limits: drawn where they lie within the values.

    Returns:
        An SVG element, styled by the classes ``taken``, ``rejected``, ``limit`` and ``axis``. The highest 1 % of the
        values are counted in the last bar.
    """
    values = np.array([*taken, *rejected])
    low, high = float(values.min()), float(np.percentile(values, 99))
    low, high = (low, high) if high - low > 1e-9 else (low - 0.5, low + 0.5)
    edges = np.linspace(low, high, _BINS + 1)
    good, bad = (np.histogram(np.minimum(some, high), edges)[0] for some in (np.array(taken), np.array(rejected)))
    most = max(1, int((good + bad).max()))

    def x(value: float) -> float:
        return (value - low) / (high - low) * _WIDTH

    def bar(index: int, name: str, count: int, below: int) -> str:
        height = (_BASE - _TOP) * count / most
        top = _BASE - (_BASE - _TOP) * below / most - height
        width = _WIDTH / _BINS - 1
        return (
            f'<rect class="{name}" x="{x(edges[index]):.1f}" y="{top:.1f}" width="{width:.1f}" height="{height:.1f}"/>'
        )

    bars = [bar(index, "taken", count, 0) for index, count in enumerate(good) if count]
    bars += [bar(index, "rejected", count, good[index]) for index, count in enumerate(bad) if count]
    lines = [
        f'<line class="limit" x1="{x(limit):.1f}" x2="{x(limit):.1f}" y1="{_TOP - 8}" y2="{_BASE}"/>'
        for limit in limits
        if low < limit < high
    ]
    ticks = [
        f'<text class="axis" x="{x(value):.1f}" y="{_BASE + 16}" text-anchor="middle">{value:.4g}</text>'
        for value in _round_values(low, high)
    ]
    return (
        f'<figure><figcaption>{escape(title)}</figcaption><svg viewBox="-12 0 {_WIDTH + 24} {_HEIGHT}" role="img">'
        f'<line class="axis" x1="0" x2="{_WIDTH}" y1="{_BASE}" y2="{_BASE}"/>{"".join(bars + lines + ticks)}'
        "</svg></figure>"
    )


def _round_values(low: float, high: float) -> list[float]:
    """Some round values between ``low`` and ``high``."""
    rough = (high - low) / _TICKS
    unit = 10.0 ** np.floor(np.log10(rough))
    step = next(unit * factor for factor in (1, 2, 5, 10) if unit * factor >= rough)
    return [float(value) + 0.0 for value in np.arange(np.ceil(low / step), np.floor(high / step) + 1) * step]  # no -0
