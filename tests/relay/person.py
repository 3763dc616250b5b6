"""Somebody's browser: all ways to the SFU at the same time, as ICE tries them; which have media, and how soon.

Reads JSON from standard input: the TURN servers, the SFU's address, the authority's file, the port for straight UDP.
Writes, by way, the seconds until the fifth packet came back, or why there is none.
"""

import asyncio
import json
import ssl
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aioice import stun
from aioice.turn import TurnTransport, create_turn_endpoint

PACKETS, EACH = 5, 0.02  # an Opus packet every 20 ms
PATIENCE = 5.0
# What the others have left once one way has media: a browser would be in the meeting.
LEFT = 4.0


class Heard(asyncio.DatagramProtocol):
    """Counts what comes."""

    def __init__(self) -> None:
        self.packets: set[bytes] = set()
        self.refused: Exception | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Media."""
        self.packets.add(data)

    def error_received(self, exc: Exception) -> None:
        """What a relay, or a host, says in the place of media."""
        self.refused = exc


@asynccontextmanager
async def relayed(server: dict[str, Any], url: str, authority: str) -> AsyncIterator[tuple[TurnTransport, Heard]]:
    """An allocation by one of a server's addresses."""
    scheme, host, port = url.partition("?")[0].split(":")
    secured = ssl.create_default_context(cafile=authority) if scheme == "turns" else None
    transport, heard = await create_turn_endpoint(
        Heard,
        (host, int(port)),
        server["username"],
        server["credential"],
        ssl=secured,
        transport="tcp" if "transport=tcp" in url else "udp",
    )
    try:
        yield transport, heard
    finally:
        transport.close()


async def media(transport: Any, heard: Heard, sfu: tuple[str, int] | None) -> None:  # noqa: ANN401 - of either library
    """Send until enough has come back."""
    number = 0
    while len(heard.packets) < PACKETS:
        if heard.refused:
            raise heard.refused
        number += 1
        transport.sendto(b"%08d" % number, sfu)
        await asyncio.sleep(EACH)


async def by_turn(server: dict[str, Any], url: str, sfu: tuple[str, int], authority: str) -> None:
    """Through the relay."""
    async with relayed(server, url, authority) as (transport, heard):
        await media(transport, heard, sfu)


async def by_udp(sfu: tuple[str, int], port: int) -> None:
    """Straight to the SFU."""
    loop = asyncio.get_running_loop()
    transport, heard = await loop.create_datagram_endpoint(Heard, local_addr=("0.0.0.0", port), remote_addr=sfu)
    try:
        await media(transport, heard, None)
    finally:
        transport.close()


async def by_tcp(sfu: tuple[str, int]) -> None:
    """The same where UDP is blocked."""
    reader, writer = await asyncio.open_connection(*sfu)
    for number in range(PACKETS):
        writer.write(b"%08d" % number)
        await reader.readexactly(8)
    writer.close()


async def timed(way: Any) -> float | str:  # noqa: ANN401 - a coroutine
    """How long it takes, or what is wrong with it."""
    begun = time.monotonic()
    try:
        await asyncio.wait_for(way, PATIENCE)
    except (OSError, TimeoutError, stun.TransactionError) as error:
        return f"{type(error).__name__}: {error}"
    return round(time.monotonic() - begun, 3)


async def main() -> None:
    """All ways."""
    given = json.load(sys.stdin)
    sfu = (given["sfu"][0], given["sfu"][1])
    ways = {"udp": by_udp(sfu, given["udp_port"]), "tcp": by_tcp(sfu)}
    for server in given["servers"] or []:
        for url in server["urls"]:
            ways[url.partition("?")[0]] = by_turn(server, url, sfu, given["authority"])
    tasks = {asyncio.create_task(timed(way)): name for name, way in ways.items()}
    found: dict[str, float | str] = {}
    for done in asyncio.as_completed(tasks):
        await done
        found = {name: task.result() for task, name in tasks.items() if task.done()}
        if any(isinstance(seconds, float) for seconds in found.values()):
            break
    late, _ = await asyncio.wait(tasks, timeout=LEFT)
    found |= {tasks[task]: task.result() for task in late}
    print(json.dumps({name: found.get(name, "nothing came") for name in ways}))


if __name__ == "__main__":
    asyncio.run(main())
