"""A real server, installed outside of the project, with the configuration that this program generates: `make contract`.

CONTRACT_SERVER is its directory, which `node` starts as it is; CONTRACT_KIND its `meeting.server`. It runs in a network
that has no other host: what it asks for outside of the settings would be missed, and names lead nowhere.
"""

import asyncio
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any, cast

import pytest

from boot.meeting.config_js import deployment, render
from boot.meeting.room_probe import ROOM
from drill.clients import Edge, Participant
from settings.meeting import merge
from settings.servers import SERVERS, ServerName
from tests.configuration import ROOT, settings
from tests.contract.contract import NOWHERE
from tests.meeting_server.certificate import certify
from tests.meeting_server.processes import HOST, Process, Redis, free_port
from tests.unit.waiting import eventually

OWN_ADDRESS = "10.255.255.1"  # of the tests' network (lab/network_namespace.py): WebRTC offers no loopback address
BACK_SECONDS = 3.0
FRAMES = {"audio": 25, "video": 3}  # about half a second of each
DEADLINE = 45


class RealServer(Process):
    """The server, with its own files and our config.js."""

    def __init__(self, kind: ServerName, source: Path, home: Path, redis: Redis) -> None:
        self.kind = SERVERS[kind]
        self.port, self.exporter_port = free_port(), free_port()
        server = home / "server"
        shutil.copytree(source, server, copy_function=os.link, symlinks=True)
        certificate, key = certify(home, HOST)
        given = settings("gra", {"env.meeting.server": kind, "env.redis.access": "proxy"})
        here = {
            "listeningPort": self.port,
            "listeningRedirectPort": free_port(),
            "tls": {"cert": str(certificate), "key": str(key)},
            "redisOptions": redis.options,
            "prometheus": {"listen": "127.0.0.1", "port": self.exporter_port},
        }
        own = merge(deployment(given, 1, IPv4Address(OWN_ADDRESS)), here)
        config = server / self.kind.config / "config.js"
        config.parent.mkdir(parents=True, exist_ok=True)
        config.unlink(missing_ok=True)
        config.write_text(render(kind, {}, own))
        page = server / self.kind.public / "index.html"
        if not page.exists():  # the web app is built apart
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text("<!doctype html><title>No web app</title>")
        super().__init__(["node", self.kind.program], home / "server.log", server)
        self.edge = Edge(HOST, "127.0.0.1", self.port, certificate)
        self.probed = home / "probe.json"
        probe = {"port": self.port, "name": HOST, "authority": str(certificate), "cookie": own["cookieName"]}
        self.probed.write_text(json.dumps(probe | {"redis": redis.options}))

    def probe(self) -> "subprocess.CompletedProcess[str]":
        """Open a room as the server's own readiness does."""
        command = [sys.executable, str(ROOT / "boot/meeting/room_probe.py"), "--settings", str(self.probed)]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=30)

    def metrics(self) -> str:
        """What monitoring reads."""
        url = f"http://127.0.0.1:{self.exporter_port}{self.kind.metrics}"
        with urllib.request.urlopen(url, timeout=5) as response:
            return cast("bytes", response.read()).decode()


@pytest.fixture(scope="module")
def kind() -> ServerName:
    """Which server it is said to be."""
    return cast("ServerName", os.environ["CONTRACT_KIND"])


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    with Redis(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture(scope="module")
def server(kind: ServerName, redis: Redis, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealServer]:
    """Started, and ready by its own look at itself."""
    source = Path(os.environ["CONTRACT_SERVER"])
    with RealServer(kind, source, tmp_path_factory.mktemp("real"), redis) as started:
        try:
            eventually(started.probe, lambda done: done.returncode == 0, seconds=60, what="a room that opens")
        except AssertionError as error:
            raise AssertionError(f"{error}\n{started.log.read_text()[-3000:]}") from None
        yield started


def _sessions(redis: Redis) -> set[str]:
    asked = ["redis-cli", "-p", str(redis.port), "--no-auth-warning", "-a", redis.options["password"], "keys", "sess:*"]
    return set(subprocess.run(asked, capture_output=True, text=True, check=True, timeout=10).stdout.split())


def test_a_look_at_itself_leaves_nothing(server: RealServer, redis: Redis) -> None:
    """No session; the room is the same one each time."""
    before = _sessions(redis)
    done = server.probe()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "a room opens, with audio and video\n"
    time.sleep(1)  # a session that is saved late
    assert _sessions(redis) <= before
    names = {line.split('room_id="')[1].split('"')[0] for line in server.metrics().splitlines() if 'room_id="' in line}
    assert names <= {ROOM}


def test_two_people_hear_each_other_and_one_comes_back(server: RealServer) -> None:
    """Packets counted both ways; within three seconds after a lost line; told of no TURN server and no tracker."""
    asyncio.run(asyncio.wait_for(_meet(server), DEADLINE))


async def _meet(server: RealServer) -> None:
    async with (
        Participant(server.edge, "contract", "alice", video=True) as alice,
        Participant(server.edge, "contract", "bob", video=True) as bob,
    ):
        for one, other in ((alice, "bob"), (bob, "alice")):
            await one.log.wait_for("media-flowing")
            await _heard(one, other)
        for one in (alice, bob):
            ready, joined = one.log.last("room-ready"), one.log.last("joined")
            assert ready
            assert joined
            assert not ready.fields["turn"]
            assert NOWHERE in str(joined.fields["tracker"])
        since = len(bob.log.events)
        assert bob._signalling
        await bob._signalling.close()
        back = await bob.log.wait_for("reconnected", since=since)
        await bob.log.wait_for("room-back", since=since)
        assert back.fields["after"] <= BACK_SECONDS
        await bob.log.wait_for("media-flowing", since=since)
        await _heard(bob, "alice")
        await _heard(alice, "bob")
        text = await asyncio.to_thread(server.metrics)
        assert re.search(r"^(edumeet|mediasoup)_rooms [1-9]", text, re.MULTILINE), text
        print(json.dumps({"alice": _summary(alice), "bob": _summary(bob), "back_seconds": back.fields["after"]}))


async def _heard(one: Participant, other: str) -> None:
    """Half a second of the other's Opus and of its picture, from now on."""
    for kind, frames in FRAMES.items():
        before = {id(sink): sink.frames for sink in one.sinks.values()}
        async with asyncio.timeout(15):
            while not (sink := one.sinks.get((other, kind))) or sink.frames < before.get(id(sink), 0) + frames:
                await asyncio.sleep(0.05)


def _summary(one: Participant) -> dict[str, Any]:
    return one.summary()
