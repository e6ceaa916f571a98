"""What files say, read again when they have changed."""

import logging
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Generic, TypeVar

from serving.errors import StartupError

_log = logging.getLogger(__name__)

T = TypeVar("T")


class Reloaded(Generic[T]):
    """What some files say together. Where what they say now will not do, what they said before still holds."""

    def __init__(self, files: Sequence[Path], read: Callable[[], T]) -> None:
        """Reads them for the first time.

        Args:
            files: whenever one of them is another file than before, or has another size or time, all are read again.
            read: reads them, or raises StartupError.

        Raises:
            StartupError: they will not do.
        """
        self._files = files
        self._read = read
        self._seen = self._look()
        self._value = read()

    def get(self) -> T:
        """What they say. It looks at them each time, which takes some microseconds a file."""
        now = self._look()
        if now != self._seen:
            # Set before they are read: if they change meanwhile, they are read once more.
            self._seen = now
            names = ", ".join(map(str, self._files))
            try:
                self._value = self._read()
                _log.info("read %s again", names)
            except StartupError as error:
                _log.error("%s What stood in %s before still holds.", error, names)
        return self._value

    def _look(self) -> list[tuple[int, int, int] | None]:
        return [_state(file) for file in self._files]


def _state(file: Path) -> tuple[int, int, int] | None:
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
