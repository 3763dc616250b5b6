"""What a participant has received of another."""

import asyncio

from drill.clients import Participant


async def received(one: Participant, other: str, **frames: int) -> None:
    """Wait until `one` has had so many frames of each kind from `other`.

    Raises:
        TimeoutError: not within 30 s; with what it had.
    """
    try:
        async with asyncio.timeout(30):
            while any(one.summary()["frames"].get(other, {}).get(kind, 0) < count for kind, count in frames.items()):
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise TimeoutError(f"{other}: {frames} within 30 s; last seen: {one.summary()}") from None
