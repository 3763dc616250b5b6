"""The server with a Redis Cluster as deployed: six real processes, the configuration that a boot document writes."""

import time
from collections.abc import Iterator

import aiohttp
import pytest

from tests.daemons.cluster_host import Cluster, formed, redis_options
from tests.daemons.test_redis_cluster import FAILOVER_SECONDS
from tests.edge.quiet import Standstill
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import Server


@pytest.fixture
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with formed(tmp_path_factory.mktemp) as hosts:
        yield hosts


async def _views(client: aiohttp.ClientSession, server: Server) -> int | None:
    async with client.get(f"{server.edge.url}/session") as response:
        content = await response.json()
        return int(content["views"]) if response.status == 200 else None


@pytest.mark.parametrize("how", ["killed", "cut"])
async def test_sessions_outlive_a_site(how: str, start: StartServer, cluster: Cluster) -> None:
    """Twelve visitors, whose sessions lie in all thirds; after Gravelines' nodes are gone each is known again soon, and
    meanwhile none waits for more than the two seconds that the stand-in allows, nor /health at all.
    """
    server = start("sbg", redisOptions=redis_options(cluster))
    server.says("redis-ready")
    visitors = [server.edge.session(timeout=10) for _ in range(12)]
    try:
        assert [await _views(visitor, server) for visitor in visitors] == [1] * 12
        if how == "killed":
            cluster["gra"].stop()
        else:
            cluster["gra"].pause(True)
        begun = time.monotonic()
        waits: list[float] = []
        with Standstill() as standstill:
            for visitor in visitors:
                views = None
                while views is None:
                    asked = time.monotonic()
                    views = await _views(visitor, server)
                    waits.append(time.monotonic() - asked)
                    assert time.monotonic() - begun < 2 * FAILOVER_SECONDS, "no session"
                assert views >= 2
            took = time.monotonic() - begun
        assert took < FAILOVER_SECONDS + standstill.longest
        assert max(waits) < 3 + standstill.longest
        async with visitors[0].get(f"{server.edge.url}/health") as health:
            assert health.status == 200
    finally:
        for visitor in visitors:
            await visitor.close()
        cluster["gra"].pause(False)
