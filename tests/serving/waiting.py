"""Waiting on an event loop for what has no event."""

import asyncio
from collections.abc import Callable


async def until(reached: Callable[[], bool]) -> None:
    """Returns as soon as ``reached`` is true; TimeoutError after a minute."""
    async with asyncio.timeout(60):
        while not reached():  # noqa: ASYNC110 - there is no event
            await asyncio.sleep(0.01)
