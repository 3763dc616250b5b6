"""A server's own look at itself: a room opens, or is said not to; nothing is left behind."""

import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from boot.meeting.room_probe import ROOM
from tests.configuration import ROOT
from tests.edge.quiet import Standstill
from tests.meeting_server.conftest import StartServer
from tests.meeting_server.processes import HOST, Redis, Sentinel, Server
from tests.unit.waiting import eventually

Done = subprocess.CompletedProcess[str]


def probe(
    server: Server, directory: Path, redis: dict[str, Any], *options: str, program: str = "room_probe.py"
) -> Done:
    """Have a server looked at as it looks at itself."""
    settings = directory / "probe.json"
    given = {
        "port": server.edge.port,
        "name": HOST,
        "authority": str(server.edge.cacert),
        "cookie": "multiparty-meeting.sid",
        "redis": redis,
    }
    settings.write_text(json.dumps(given))
    command = [sys.executable, str(ROOT / "boot/meeting" / program), "--settings", str(settings), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=90)


def _keys(redis: Redis) -> list[str]:
    asked = ["redis-cli", "-p", str(redis.port), "--no-auth-warning", "-a", redis.options["password"], "keys", "sess:*"]
    return subprocess.run(asked, capture_output=True, text=True, check=True, timeout=60).stdout.split()


@pytest.mark.parametrize("mode", ["bounded", "upstream"])
@pytest.mark.parametrize("through", ["address", "sentinel"])
def test_a_room_opens_and_nothing_stays(
    start: StartServer, redis: Redis, tmp_path: Path, mode: str, through: str
) -> None:
    """Twice: the same room, no session more than before; the SFU says what media it takes."""
    server = start("gra", standIn={"sessionMiddleware": mode})
    before = set(_keys(redis))
    with Sentinel(tmp_path, redis) as sentinel:
        options = redis.options if through == "address" else sentinel.options
        if through == "sentinel":
            sentinel.says("+monitor master mymaster")
        for _ in range(2):
            done = probe(server, tmp_path, options)
            assert (done.returncode, done.stdout, done.stderr) == (0, "a room opens, with audio and video\n", "")
    assert set(_keys(redis)) == before
    assert set(server.rooms()) <= {ROOM}
    eventually(lambda: server.rooms().get(ROOM, []), lambda people: people == [], seconds=40, what="an empty room")


def test_a_server_that_serves_pages_and_opens_no_room_is_told(start: StartServer, redis: Redis, tmp_path: Path) -> None:
    """Its SFU stands still: the page comes, the room does not; the figures say it, and that it opens again."""
    server = start("gra")
    found = subprocess.run(["pgrep", "--parent", str(server.popen.pid)], capture_output=True, text=True, check=True)
    workers = [int(pid) for pid in found.stdout.split()]
    figures = tmp_path / "room.prom"
    for worker in workers:
        os.kill(worker, signal.SIGSTOP)
    try:
        done = probe(server, tmp_path, redis.options)
        assert done.returncode == 1
        assert re.match(r"no room opens: .*not within 6 s", done.stderr), done.stderr
        assert probe(server, tmp_path, redis.options, "--figures", str(figures)).returncode == 0
        assert "meeting_room_opens 0\n" in figures.read_text()
    finally:
        for worker in workers:
            os.kill(worker, signal.SIGCONT)
    eventually(
        lambda: probe(server, tmp_path, redis.options, "--figures", str(figures)).stdout,
        lambda said: said.startswith("a room opens"),
        seconds=40,
        what="a room opens again",
    )
    asked = re.search(r"^meeting_room_asked (\d+)$", figures.read_text(), re.MULTILINE)
    assert asked
    assert abs(time.time() - int(asked[1])) < 60
    assert "meeting_room_opens 1\n" in figures.read_text()


def test_sessions_that_wait_for_redis_are_no_room(start: StartServer, tmp_path: Path) -> None:
    """Said within what a check may take; once Redis answers a room opens, and the session goes with it."""
    with Redis(tmp_path) as own:
        server = start("gra", redisOptions=own.options, standIn={"sessionMiddleware": "upstream"})
        own.paused(True)
        with Standstill() as standstill:
            began = time.monotonic()
            done = probe(server, tmp_path, own.options)
            took = time.monotonic() - began
        assert (done.returncode, took < 10 + standstill.longest) == (1, True)
        assert re.search(r"^no room opens: (the page|signalling): not within 6 s$", done.stderr, re.MULTILINE), (
            done.stderr
        )
        # What takes an instance out of the room table is this alone, and it does not wait for Redis.
        with socket.create_connection(("127.0.0.1", server.edge.port), 20) as plain:
            trust = ssl.create_default_context(cafile=str(server.edge.cacert))
            trust.wrap_socket(plain, server_hostname=HOST).close()
        own.paused(False)
        done = eventually(
            lambda: probe(server, tmp_path, own.options), lambda seen: seen.returncode == 0, seconds=40, what="a room"
        )
        assert done.stdout.startswith("a room opens")


def test_a_server_that_does_not_answer_is_told(start: StartServer, redis: Redis, tmp_path: Path) -> None:
    server = start("gra")
    server.popen.kill()
    server.popen.wait(10)
    done = probe(server, tmp_path, redis.options)
    assert done.returncode == 1
    assert done.stderr.startswith("no room opens: ")
