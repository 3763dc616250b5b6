"""A page follows Redis to its new master: the stand-in's process with the client settings that are deployed.

A page waits as upstream's does. That a lost server's address takes no connection at all is not shown here.
"""

import asyncio
import signal
import time
from collections.abc import Iterator
from functools import partial

import aiohttp
import pytest

from tests.configuration import settings
from tests.daemons.redis_host import REDIS_ON_LOOPBACK
from tests.daemons.redis_trio import SECONDS, Trio, booted, redis_options
from tests.edge.quiet import Standstill
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import Server
from tests.unit.waiting import eventually

LATE = 1.0  # seconds that a page may wait longer than a write
PATIENCE = 10.0  # seconds until it is not waited for any more
SAVED = 1.0  # seconds after a page in which its session is written, too


@pytest.fixture
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp) as hosts:
        yield hosts


@pytest.fixture
def server(start: StartServer, trio: Trio) -> Server:
    """Strasbourg's meeting server, which is connected to the master in Gravelines.

    Each time that it connects it asks another Sentinel; the next one is Gravelines'.
    """
    gra = trio["gra"]
    options = redis_options(trio, settings("sbg", REDIS_ON_LOOPBACK))
    server = start("sbg", redisOptions=options, standIn={"sessionMiddleware": "upstream"})

    def connections() -> int:
        return server.log.read_text().count(f'redis-ready host="{gra.address}"')

    eventually(connections, (1).__eq__, seconds=SECONDS, what="a connection to Gravelines")
    for again in range(2, len(trio) + 1):
        gra.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        eventually(connections, again.__eq__, seconds=SECONDS, what="another connection")
    return server


async def page(client: aiohttp.ClientSession, server: Server) -> float:
    """Ask for a page; the moment at which it came."""
    async with client.get(f"{server.edge.url}/a-room") as response:
        await response.read()
        assert response.status == 200
        return time.monotonic()


async def written(trio: Trio) -> float:
    """The moment of the first write in Strasbourg."""
    write = partial(trio["sbg"].ask, "SET", "since", "1")
    await asyncio.to_thread(eventually, write, "OK".__eq__, seconds=SECONDS, what="a write")
    return time.monotonic()


async def test_a_page_waits_a_second_longer_than_a_write_at_most(server: Server, trio: Trio) -> None:
    """Asked for as the master and its Sentinel begin to stand still: they take connections, and say nothing."""
    async with server.edge.session(timeout=2 * SECONDS) as client:
        await page(client, server)
        trio["gra"].pause(True)
        with Standstill() as standstill:
            asked = asyncio.create_task(page(client, server))
            write = await written(trio)
            await asyncio.wait([asked], timeout=PATIENCE)
    assert asked.done(), f"no page {PATIENCE:.0f} s after the write\n{server.log.read_text()}"
    assert await asked - write <= LATE + standstill.longest


async def test_who_asked_for_nothing_meanwhile_waits_no_longer(server: Server, trio: Trio) -> None:
    """The connection to the former master is as it was when a page is asked for, and says nothing."""
    async with server.edge.session(timeout=2 * SECONDS) as client:
        await page(client, server)
        await asyncio.sleep(SAVED)
        trio["gra"].units["redis-server"].signal(signal.SIGSTOP)
        write = await written(trio)
        with Standstill() as standstill:
            came = await page(client, server)
    assert came - write <= LATE + standstill.longest
