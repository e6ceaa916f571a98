"""One readable file a model: data, sizes, schedule."""

from typing import Protocol


class Recipe(Protocol):
    """What every recipe tells.

    Attributes:
        name: recorded in checkpoints and models.
        layout: the packed cut that it learns.
        batch: images a step.
        images: images of the whole run.
    """

    @property
    def name(self) -> str: ...
    @property
    def layout(self) -> str: ...
    @property
    def batch(self) -> int: ...
    @property
    def images(self) -> int: ...
