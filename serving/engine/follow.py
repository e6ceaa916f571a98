"""Following a model repository: versions that are published while the gateway runs."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Sequence
from pathlib import Path

from serving.engine.base import ModelVersion
from serving.engine.repository import ModelSpec, read_repository
from serving.errors import StartupError

_log = logging.getLogger(__name__)


async def follow_repository(
    folder: Path,
    every_seconds: float,
    current: Callable[[], Collection[ModelVersion]],
    take: Callable[[Sequence[ModelSpec]], Awaitable[None]],
) -> None:
    """Reads the repository again and again, for ever, and hands over its models whenever they are not ``current()``.

    What cannot be served, because it is damaged or because only a part of a family has been published yet, is told in
    the log and tried again; the current models serve meanwhile.
    """
    complaint = ""
    while True:
        await asyncio.sleep(every_seconds)
        try:
            specs = await asyncio.to_thread(read_repository, folder)
            if {spec.id for spec in specs} != set(current()):
                await take(specs)
            complaint = ""
        except (StartupError, OSError) as error:  # a folder may go while it is read
            if str(error) != complaint:
                complaint = str(error)
                _log.warning("the models serve on as they are: %s", complaint)
