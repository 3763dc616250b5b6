import asyncio
import http.client
import os
import re
import signal
import time
from pathlib import Path

import pytest

from drill.clients import Participant
from fleet import meetings
from tests.edge.quiet import Standstill
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import REDIS_PASSWORD, SECRET, Server, free_port
from tests.unit.waiting import eventually


async def test_health_says_who_answers_and_that_it_stands_in(gra: Server) -> None:
    async with gra.edge.session(timeout=20) as client, client.get(f"{gra.edge.url}/health") as response:
        content = await response.json()
    assert (response.status, response.headers["X-Instance"]) == (200, "gra")
    assert (content["instance"], content["standIn"]) == ("gra", True)


async def test_any_page_says_that_it_stands_in(gra: Server) -> None:
    async with gra.edge.session(timeout=20) as client, client.get(f"{gra.edge.url}/any/room") as response:
        assert response.status == 200
        assert "stand-in" in (await response.text()).lower()


@pytest.mark.parametrize(("trusted", "client_ip"), [(["127.0.0.1"], "203.0.113.7"), (["192.0.2.1"], "127.0.0.1")])
async def test_forwarded_address_is_taken_from_named_proxies_alone(
    start: StartServer, trusted: list[str], client_ip: str
) -> None:
    server = start("gra", trustProxy=trusted)
    headers = {"X-Forwarded-For": "203.0.113.7"}
    url = f"{server.edge.url}/session"
    async with server.edge.session(timeout=20) as client, client.get(url, headers=headers) as response:
        assert (await response.json())["clientIp"].removeprefix("::ffff:") == client_ip


def test_redirect_listener_leads_to_https(start: StartServer) -> None:
    port = free_port()
    start("gra", listeningRedirectPort=port)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    connection.request("GET", "/a-room?x=1", headers={"Host": f"meeting.test:{port}"})
    response = connection.getresponse()
    assert (response.status, response.headers["Location"]) == (302, "https://meeting.test/a-room?x=1")


def test_http_only_speaks_http(start: StartServer) -> None:
    server = start("gra", httpOnly=True)
    connection = http.client.HTTPConnection("127.0.0.1", server.edge.port, timeout=20)
    connection.request("GET", "/health")
    assert connection.getresponse().status == 200


async def test_metrics_have_upstreams_names(gra: Server, room: str) -> None:
    """And are what a review of a change reads the meetings from, with either set of names."""
    async with Participant(gra.edge, room, "alice") as alice:
        await alice.log.wait_for("joined")
        current, aggregated = gra.exported("/"), gra.exported("/metrics")
    assert re.search(r"^edumeet_rooms [1-9]", current, re.MULTILINE)
    assert f'edumeet_peers{{room_id="{room}"}} 1' in current
    for name in ("mediasoup_workers_count", "mediasoup_rooms", "mediasoup_peers"):
        assert re.search(rf"^{name} [1-9]", aggregated, re.MULTILINE)
    told, counted = meetings.read(current + aggregated), meetings.read(aggregated)
    assert told is not None
    assert told.by_room[room] == 1
    assert counted is not None
    # Without names an empty room that lasts is counted.
    assert counted.people == told.people
    assert counted.rooms >= told.rooms >= 1
    empty = f'edumeet_peers{{room_id="{room}"}} 0'
    eventually(lambda: gra.exported("/"), lambda text: empty in text, seconds=40, what=empty)


async def test_sigterm_ends_cleanly_with_participants_inside(start: StartServer) -> None:
    server = start("gra")
    async with Participant(server.edge, "daily", "alice") as alice:
        await alice.log.wait_for("media-flowing")
        with Standstill() as standstill:
            begun = time.monotonic()
            assert await asyncio.to_thread(server.end) == 0
            took = time.monotonic() - begun
        assert took < 2 + standstill.longest  # it did not have to wait for its connections, which takes 3 s
        await alice.log.wait_for("disconnected", reason="transport close")
    assert "stopping" in server.log.read_text()


def test_dead_worker_ends_the_process_after_two_seconds(start: StartServer) -> None:
    server = start("gra")
    [worker] = Path(f"/proc/{server.popen.pid}/task/{server.popen.pid}/children").read_text().split()
    begun = time.monotonic()
    os.kill(int(worker), signal.SIGKILL)
    assert server.popen.wait(timeout=30) == 1
    assert time.monotonic() - begun > 1.9
    assert "worker-died" in server.log.read_text()


def test_log_holds_no_secret(start: StartServer) -> None:
    server = start("gra")
    said = server.says("redis-ready")
    server.end()
    assert SECRET not in said
    assert REDIS_PASSWORD not in said


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"cookieSecret": ""}, "cookieSecret is missing"),
        ({"standIn": {"sessionMiddleware": "nonesuch"}}, "allowed: bounded, upstream"),
        ({"tls": {"cert": "/nonexistent", "key": "/nonexistent"}}, "ENOENT"),
    ],
)
def test_wrong_configuration_is_named(start: StartServer, config: dict[str, object], message: str) -> None:
    with pytest.raises(AssertionError, match=message):
        start("gra", **config)
