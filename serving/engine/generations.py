"""Versions that follow each other: a request works to its end with the models that it began with."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from serving.engine.base import Model, ModelVersion


@dataclass(eq=False)
class _Generation:
    models: Mapping[str, Model]
    holders: int = 0

    @property
    def ids(self) -> set[ModelVersion]:
        return {model.id for model in self.models.values()}


class Generations:
    """The models of new requests, and those of the requests that began before. It belongs to one event loop."""

    def __init__(self, models: Mapping[str, Model], retire: Callable[[ModelVersion], None]) -> None:
        """Begins with ``models``, by name; ``retire`` is told of each version that nobody works with any more."""
        self._current = _Generation(models)
        self._former: list[_Generation] = []
        self._retire = retire

    @property
    def models(self) -> Mapping[str, Model]:
        """The models of new requests, by name."""
        return self._current.models

    @property
    def newest(self) -> set[ModelVersion]:
        """Their names and versions."""
        return self._current.ids

    @contextmanager
    def hold(self) -> Iterator[Mapping[str, Model]]:
        """Yields the models of new requests, and keeps them until the end."""
        generation = self._current
        generation.holders += 1
        try:
            yield generation.models
        finally:
            generation.holders -= 1
            self._forget_unheld()

    def follow_with(self, models: Mapping[str, Model]) -> None:
        """From now on new requests work with ``models``."""
        self._former.append(self._current)
        self._current = _Generation(models)
        self._forget_unheld()

    def _forget_unheld(self) -> None:
        before = self._all_ids()
        self._former = [generation for generation in self._former if generation.holders]
        for model in sorted(before - self._all_ids()):
            self._retire(model)

    def _all_ids(self) -> set[ModelVersion]:
        return self._current.ids.union(*(generation.ids for generation in self._former))
