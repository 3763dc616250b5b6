import asyncio
import time
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.edge.quiet import Standstill
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import Redis, Sentinel, Server
from tests.unit.waiting import eventually

HANGS = 2  # seconds without an answer


async def _session(client: aiohttp.ClientSession, server: Server) -> dict[str, Any]:
    async with client.get(f"{server.edge.url}/session") as response:
        content: dict[str, Any] = await response.json()
        return content


async def test_session_made_at_one_instance_is_valid_at_another(gra: Server, sbg: Server) -> None:
    async with gra.edge.session(timeout=20) as client:
        at_gra = await _session(client, gra)
        at_sbg = await _session(client, sbg)
    assert (at_gra["instance"], at_sbg["instance"]) == ("gra", "sbg")
    assert at_sbg["sid"] == at_gra["sid"]
    assert at_sbg["createdBy"] == "gra"
    assert (at_gra["views"], at_sbg["views"]) == (1, 2)


async def test_cookie_signed_with_another_secret_is_not_believed(gra: Server, start: StartServer) -> None:
    stranger = start("stranger", cookieSecret="another-secret")
    async with gra.edge.session(timeout=20) as client:
        known = await _session(client, gra)
        refused = await _session(client, stranger)
    assert refused["sid"] != known["sid"]
    assert (refused["createdBy"], refused["views"]) == ("stranger", 1)


async def test_cookie_is_what_the_configuration_says(gra: Server) -> None:
    async with gra.edge.session(timeout=20) as client, client.get(f"{gra.edge.url}/a-room") as response:
        cookie = response.headers["Set-Cookie"]
    assert cookie.startswith("multiparty-meeting.sid=s%3A")
    assert {"Secure", "HttpOnly"} <= set(cookie.split("; "))


async def test_session_outlives_the_redis_master(start: StartServer, tmp_path: Path) -> None:
    """Shows that the client follows Sentinel; one Sentinel decides alone here, so it says nothing about the vote."""
    with (
        Redis(tmp_path) as master,
        Redis(tmp_path, master) as replica,
        Sentinel(tmp_path, master) as sentinel,
    ):
        replica.says("MASTER <-> REPLICA sync: Finished with success")
        sentinel.says("+slave")
        server = start("gra", redisOptions=sentinel.options)
        server.says(f'redis-ready host="127.0.0.1" port={master.port}')
        async with server.edge.session(timeout=10) as client:
            before = await _session(client, server)
            master.end()
            # One that stood still does nothing for half a minute, and anew when it does so again.
            sentinel.says("+switch-master", timeout=100)
            server.says(f'redis-ready host="127.0.0.1" port={replica.port}')
            after = await _session(client, server)
    assert after["sid"] == before["sid"]
    assert after["views"] == before["views"] + 1


async def test_bounded_mode_answers_when_redis_does_not(start: StartServer, redis: Redis) -> None:
    server = start("gra")
    async with server.edge.session(timeout=10) as client:
        await _session(client, server)
        redis.paused(True)
        try:
            with Standstill() as standstill:
                begun = time.monotonic()
                async with client.get(f"{server.edge.url}/health") as health:
                    assert health.status == 200
                took = time.monotonic() - begun
            assert took < 1 + standstill.longest  # a request that needs Redis waits for 2 s
            page, session = await asyncio.gather(
                *(client.get(f"{server.edge.url}{path}") for path in ("/a-room", "/session"))
            )
            assert (page.status, session.status) == (200, 503)
        finally:
            redis.paused(False)
        assert (await _session(client, server))["views"] == 2


async def test_upstream_mode_makes_health_wait_for_redis(start: StartServer, redis: Redis) -> None:
    """Shows the cascade that the room table's check avoids. The proofs that something hangs are bounded: 2 s each.

    A visitor without a cookie gets the headers at once, and the end of the body when its new session is saved: a probe
    that reads only the status does not notice, one that reads the body does.
    """
    server = start("gra", standIn={"sessionMiddleware": "upstream"})
    server.says("redis-ready")
    health = f"{server.edge.url}/health"
    async with server.edge.session(timeout=10) as client, server.edge.session(timeout=10) as known:
        await _session(known, server)
        redis.paused(True)
        try:
            async with client.get(health) as response:
                assert response.status == 200
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(response.read(), HANGS)
            with pytest.raises(TimeoutError):
                await known.get(health, timeout=aiohttp.ClientTimeout(total=HANGS))
        finally:
            redis.paused(False)
        async with known.get(health) as response:
            assert (await response.json())["status"] == "ok"


async def test_upstream_mode_gives_every_probe_a_session(start: StartServer) -> None:
    server = start("gra", standIn={"sessionMiddleware": "upstream"})
    async with server.edge.session(timeout=20) as client, client.get(f"{server.edge.url}/health") as response:
        assert "multiparty-meeting.sid" in response.cookies


def test_lost_redis_is_told_once_and_ends_nothing(start: StartServer, tmp_path: Path) -> None:
    with Redis(tmp_path) as redis:
        server = start("gra", redisOptions=redis.options)
        server.says("redis-ready")
        redis.end()
    server.says("redis-closed")
    said = eventually(
        server.log.read_text, lambda text: "ECONNREFUSED" in text, seconds=40, what="a refused reconnection"
    )
    assert said.count("ECONNREFUSED") == 1
    assert server.popen.poll() is None
