"""The tasks that translators do, as their folders' names and their files tell them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from phiz_core.filters import FILTERS
from serving.engine.base import Model

PREFIX: Final = "translator_"
"""A model of this name, with the task behind it, is a translator."""


@dataclass(frozen=True)
class Translator:
    """What a translator's file says of it.

    Attributes:
        filter: the filter of ``phiz_core.filters`` that makes its input from a photograph; "" for none.
        width_px: width of the pictures that it learnt from.
        height_px: height of the pictures that it learnt from.
        stride_px: it takes sides that are multiples of this.
    """

    filter: str
    width_px: int
    height_px: int
    stride_px: int

    @classmethod
    def read(cls, metadata: Mapping[str, str]) -> "Translator":
        """Reads the metadata of a translator.

        Raises:
            ValueError: a size is missing or no whole number above 0, or there is no such filter.
        """
        name = metadata.get("filter", "")
        if name and name not in FILTERS:
            raise ValueError(f'there is no filter "{name}"')
        return cls(name, *(_side_px(metadata, key) for key in ("width_px", "height_px", "stride_px")))

    @property
    def working_px(self) -> int:
        """The longest side of what it works on."""
        return max(self.width_px, self.height_px)


def tasks(models: Mapping[str, Model]) -> dict[str, Model]:
    """The translators among models, by task."""
    return {
        name.removeprefix(PREFIX): model
        for name, model in sorted(models.items())
        if name.startswith(PREFIX) and "image" in model.inputs and "translated" in model.outputs
    }


def fills_holes(model: Model) -> bool:
    """Whether a translator makes a part of a picture anew, which a mask names."""
    return "mask" in model.inputs


def _side_px(metadata: Mapping[str, str], key: str) -> int:
    text = metadata.get(key, "")
    if not text.isdecimal() or int(text) < 1:
        raise ValueError(f"{key} is {text!r}, not a whole number above 0")
    return int(text)
