"""Somebody who has credentials, and tries what they are not for.

Reads JSON from standard input: the relay's address, authority, and what is to be tried; writes what each came to.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from typing import Any

from aioice import stun

from tests.relay.person import EACH, PACKETS, media, relayed

PATIENCE = 20.0


async def reaches(given: dict[str, Any], peer: tuple[str, int]) -> str:
    """Whether packets come back from a peer."""
    async with relayed(given["server"], given["url"], given["authority"]) as (transport, heard):
        try:
            await asyncio.wait_for(media(transport, heard, peer), given["seconds"])
        except TimeoutError:
            return "nothing came back"
        except stun.TransactionFailed as refused:
            return f"refused: {refused.response.error_code}"
        return "media"


async def enters(given: dict[str, Any], server: dict[str, Any]) -> str:
    """Whether credentials get an allocation."""
    try:
        async with asyncio.timeout(PATIENCE), relayed(server, given["url"], given["authority"]):
            return "allocated"
    except stun.TransactionFailed as refused:
        return f"refused: {refused.response.error_code}"


async def takes(given: dict[str, Any], most: int) -> int:
    """How many allocations one name gets at the same time."""
    async with AsyncExitStack() as stack:
        for number in range(most):
            try:
                await stack.enter_async_context(relayed(given["server"], given["url"], given["authority"]))
            except stun.TransactionFailed as refused:
                assert refused.response.error_code == 486, refused  # Allocation Quota Reached (RFC 8656, 19)
                return number
    return most


async def stays(given: dict[str, Any], peer: tuple[str, int]) -> str:
    """Media before and after something happens to the relay, over one allocation; a line from outside says when."""
    async with relayed(given["server"], given["url"], given["authority"]) as (transport, heard):
        await asyncio.wait_for(media(transport, heard, peer), PATIENCE)
        print("media", flush=True)
        await asyncio.to_thread(sys.stdin.readline)
        heard.packets.clear()
        for _ in range(PACKETS):
            transport.sendto(b"afterwards", peer)
            await asyncio.sleep(EACH)
        async with asyncio.timeout(PATIENCE):
            while b"afterwards" not in heard.packets:
                await asyncio.sleep(EACH)
    return "media afterwards"


async def main() -> None:
    """By what is asked."""
    given = json.loads(sys.stdin.readline())
    match given["what"]:
        case "reaches":
            peers = [(str(host), int(port)) for host, port in given["peers"]]
            found: Any = await asyncio.gather(*(reaches(given, peer) for peer in peers))
        case "enters":
            found = [await enters(given, server) for server in given["servers"]]
        case "takes":
            found = await takes(given, given["most"])
        case "stays":
            found = await stays(given, (given["peer"][0], given["peer"][1]))
    print(json.dumps(found), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
