"""The server's client, ioredis, and what looks at the server, where Redis speaks TLS alone; through a failover.

The fleet's certificate is being rotated meanwhile: Gravelines' Redis uses the new one, and accepts the old one.
"""

import asyncio
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from boot.fleet_tls import certificates
from tests.configuration import SECRETS, settings
from tests.daemons.fleet_pairs import TLS, accepted, fleet_pair, used
from tests.daemons.redis_host import REDIS_ON_LOOPBACK, RedisHost
from tests.daemons.redis_trio import SECONDS, Trio, booted, redis_options
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import Server
from tests.meeting_server.test_room_probe import Done, probe
from tests.unit.waiting import eventually

OLD, NEW = fleet_pair(), fleet_pair()
ROUNDS = {"gra": used(OLD, NEW), "sbg": accepted(OLD, NEW), "witness": accepted(OLD, NEW)}


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp, TLS, ROUNDS) as hosts:
        yield hosts


def _options(trio: Trio, access: str) -> dict[str, Any]:
    """`redisOptions` as Strasbourg's meeting server has them, with this machine's addresses."""
    given = settings("sbg", {**REDIS_ON_LOOPBACK, **TLS, **ROUNDS["sbg"], "env.redis.access": access})
    options = redis_options(trio, given)
    for tls in ("tls", "sentinelTLS")[: 2 if access == "sentinel" else 1]:
        options[tls] = options[tls] | {"ca": certificates(given)}
    return options


def _probed(server: Server, options: dict[str, Any], directory: Path) -> Done:
    """Have a server looked at as it looks at itself, which reads certificates from a file."""
    trusted = directory / "trusted.pem"
    trusted.write_text(options["tls"]["ca"])
    return probe(server, directory, options | {"authority": str(trusted)}, program="room_probe_tls.py")


def _sessions(host: RedisHost) -> set[str]:
    return set(host.ask("KEYS", "sess:*").split())


async def _views(client: aiohttp.ClientSession, server: Server) -> int | None:
    async with client.get(f"{server.edge.url}/session") as response:
        content = await response.json()
        return int(content["views"]) if response.status == 200 else None


async def test_one_address_is_spoken_to_by_tls(start: StartServer, trio: Trio, tmp_path: Path) -> None:
    """Access plain; a client that trusts others is told nothing."""
    options = _options(trio, "plain")
    server = start("sbg", redisOptions=options)
    server.says(f'redis-ready host="{trio["gra"].address}"')
    done = _probed(server, options, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    stranger = options | {"tls": options["tls"] | {"ca": fleet_pair().certificate}}
    start("stranger", redisOptions=stranger).says("redis-error")
    done = _probed(server, stranger, tmp_path)
    assert "the session was not deleted: [SSL: CERTIFICATE_VERIFY_FAILED]" in done.stderr


async def test_sessions_outlive_the_master_by_tls(start: StartServer, trio: Trio, tmp_path: Path) -> None:
    """Written before and after the failover; the room that a server opens to look at itself leaves no session."""
    gra, sbg = trio["gra"], trio["sbg"]
    server = start("sbg", redisOptions=_options(trio, "sentinel"))
    server.says(f'redis-ready host="{gra.address}"')
    async with server.edge.session(timeout=10) as client:
        assert await _views(client, server) == 1
        before = _sessions(gra)
        eventually(partial(_sessions, sbg), before.__eq__, seconds=SECONDS, what="Strasbourg has the session")
        gra.stop()
        server.says(f'redis-ready host="{sbg.address}"', timeout=SECONDS)
        deadline = time.monotonic() + SECONDS
        while (views := await _views(client, server)) is None:
            assert time.monotonic() < deadline, sbg.log()
            await asyncio.sleep(0.2)
        assert views >= 2
    assert sbg.ask("SET", "sess:written", "1", password=SECRETS["redis_password"]) == "OK"
    assert sbg.ask("DEL", "sess:written") == "1"
    done = _probed(server, _options(trio, "sentinel"), tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "a room opens, with audio and video\n", "")
    assert _sessions(sbg) == before
