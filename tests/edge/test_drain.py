"""A site's instances are drained, closed and let in again at both edges, by the very commands that `make roll` sends.

HAProxy is the edges' own, told at its own socket; only the login is left out.
"""

import asyncio
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType

from boot.edge.haproxy import haproxy_bundle
from boot.edge.haproxy_cfg import STATE_FILE
from fleet import edges, ssh
from fleet.edges import Admin, EdgeError
from fleet.fleet import DeployedServer
from tests.edge.fleet import DOMAIN, Fleet
from tests.edge.person import Person
from tests.unit.waiting import eventually

CONFIG = Path("unused")
SERVERS = {s: DeployedServer(s, "1", s, s.upper(), "edge", None, "10.17.0.4", None) for s in ("gra", "sbg")}


@pytest.fixture
def people(fleet: Fleet, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Person, Person]]:
    """One at each edge; every instance is in service before and afterwards."""

    def run(config: Path, server: str, command: str, **_: object) -> "subprocess.CompletedProcess[str]":
        return fleet.edges[server].run("sh", "-c", command.removeprefix("sudo "), check=False)

    monkeypatch.setattr(ssh, "run", run)
    both = Person(fleet, "gra"), Person(fleet, "sbg")
    _tell("ready")
    for person in both:
        _seen(person, "first", "gra-1")
    yield both
    _tell("ready")


@asynccontextmanager
async def _talking(people: tuple[Person, Person], room: str) -> AsyncIterator[list[ClientWebSocketResponse]]:
    """Each has a websocket in the room, through the own edge."""
    async with AsyncExitStack() as entered:
        sessions = [await entered.enter_async_context(person.session()) for person in people]
        talks = [person.talk(session, room) for person, session in zip(people, sessions, strict=True)]
        yield [await entered.enter_async_context(talk) for talk in talks]


def _tell(state: Admin) -> None:
    for server in SERVERS.values():
        edges.tell(CONFIG, server, {"gra-1": state})


def _states() -> list[str]:
    """Of GRA's instance, at each edge."""
    return [edges.instances(CONFIG, server)["gra-1"] for server in SERVERS.values()]


def _seen(person: Person, room: str, instance: str) -> None:
    """A room of a new name each time is opened on the instance."""
    number = 0

    def opens() -> str:
        nonlocal number
        number += 1
        return person.asks(f"{room} {number} {id(person)}")

    eventually(opens, lambda seen: seen == instance, seconds=45, what=f"a new room on {instance}")


def _reload(fleet: Fleet) -> None:
    """As `pulumi up` does when an edge's configuration changes; each edge knows the rooms again before the next."""
    for site, edge in fleet.edges.items():
        edge.take(haproxy_bundle(edge.settings))
        _learnt(site)


def _learnt(site: str) -> None:
    most = max(edges.rooms(CONFIG, server) for server in SERVERS.values())
    assert most
    eventually(lambda: edges.rooms(CONFIG, SERVERS[site]), lambda n: n == most, seconds=30, what=f"{site}'s rooms")


def test_live_rooms_stay_and_new_ones_go_elsewhere(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Open websockets, newcomers of the same room and a login's way back stay; at both edges, over reload and restart.

    The service is up all the while: an edge with one drained instance serves.
    """

    async def meeting() -> None:
        async with _talking(people, "daily") as sockets:
            assert [edges.connections(CONFIG, server) >= 1 for server in SERVERS.values()] == [True, True]
            await asyncio.to_thread(_tell, "drain")
            await asyncio.to_thread(_looks_drained, people, "drained")
            await asyncio.to_thread(_reload, fleet)
            await asyncio.to_thread(_looks_drained, people, "reloaded")
            for socket in sockets:
                await socket.send_str("still there?")
                assert await socket.receive_str(timeout=20) == "gra-1: still there?"

    asyncio.run(meeting())
    for (site, edge), person in zip(fleet.edges.items(), people, strict=True):
        edge.run("pkill", "-KILL", "haproxy")
        assert person.asks("daily") == "gra-1"
        _learnt(site)
        _looks_drained(people, f"restarted {edge.address}")
    _tell("ready")
    assert all(state.startswith("UP") for state in _states())
    for person in people:
        _seen(person, "again", "gra-1")


def _looks_drained(people: tuple[Person, Person], when: str) -> None:
    assert _states() == ["DRAIN", "DRAIN"], when
    assert [person.asks("daily") for person in people] == ["gra-1"] * 2, when
    assert [person.returns("daily") for person in people] == ["gra-1"] * 2, when
    assert [person.asks(f"{when} at {n}") for n, person in enumerate(people)] == ["sbg-1"] * 2, when
    assert people[0].get("/auth/callback?state=not-base64")["instance"] == "sbg-1", when


def test_a_closed_instance_hands_its_rooms_over_at_once(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Its connections are closed at both edges, whoever comes next is elsewhere; the room stays there afterwards."""

    async def meeting() -> None:
        async with _talking(people, "moving") as sockets:
            await asyncio.to_thread(_tell, "drain")
            await asyncio.to_thread(_tell, "maint")
            for socket in sockets:
                message = await socket.receive(timeout=20)
                assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR), message

    assert people[0].asks("moving") == "gra-1"
    asyncio.run(meeting())
    assert [person.asks("moving") for person in people] == ["sbg-1"] * 2
    _reload(fleet)
    assert _states() == ["MAINT", "MAINT"]
    fleet.instances["gra-1"].kill()
    assert [person.asks(f"closed {n}") for n, person in enumerate(people)] == ["sbg-1"] * 2
    fleet.instances["gra-1"].start()
    _tell("ready")
    for person in people:
        _seen(person, "open again", "gra-1")
    assert [person.asks("moving") for person in people] == ["sbg-1"] * 2
    assert [edge.run("cat", STATE_FILE).stdout for edge in fleet.edges.values()] == ["1\n", "1\n"]


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_the_only_healthy_instance_serves_though_it_was_taken_out(
    fleet: Fleet, people: tuple[Person, Person], state: Admin
) -> None:
    """The other site dies during a roll: new rooms go to the drained one, whole, and back once there is another."""
    assert people[0].asks(f"live {state}") == "gra-1"
    _tell(state)
    fleet.instances["sbg-1"].kill()
    try:
        for person in people:
            _seen(person, f"nowhere else {state}", "gra-1")
        assert [person.asks(f"together {state}") for person in people] == ["gra-1"] * 2
        assert [person.asks(f"live {state}") for person in people] == ["gra-1"] * 2
        health = [
            "curl",
            "--silent",
            "--output",
            "/dev/null",
            "--write-out",
            "%{http_code}",
            "--header",
            f"Host: {DOMAIN}",
        ]
        asked = [fleet.wire.run(*health, f"http://{edge.address}/edge-health") for edge in fleet.edges.values()]
        assert [answer.stdout for answer in asked] == ["200", "200"]
    finally:
        fleet.instances["sbg-1"].start()
    for person in people:
        _seen(person, f"back {state}", "sbg-1")
    assert [person.asks(f"together {state}") for person in people] == ["gra-1" if state == "drain" else "sbg-1"] * 2


def test_who_is_left_by_a_reload_is_counted_and_closed(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """The old processes keep their websockets: they are told as well, and nobody else has to ask for the room."""

    async def meeting() -> None:
        async with _talking(people, "before the reload") as sockets:
            await asyncio.to_thread(_reload, fleet)
            counted = [await asyncio.to_thread(edges.connections, CONFIG, server) for server in SERVERS.values()]
            assert all(count >= 1 for count in counted), counted
            await asyncio.to_thread(_tell, "maint")
            for socket in sockets:
                message = await socket.receive(timeout=20)
                assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR), message

    asyncio.run(meeting())


@pytest.mark.parametrize("state", ["drain", "maint"])
def test_an_edge_that_is_made_anew_knows_what_is_taken_out(
    fleet: Fleet, people: tuple[Person, Person], state: Admin
) -> None:
    """Before it serves: the other edge tells it; every new room is opened where both take rooms."""
    _tell(state)
    edge = fleet.edges["gra"]
    edge.run("rm", STATE_FILE)
    edge.run("sh", "-c", f"echo 1 >{STATE_FILE}; pkill -KILL haproxy")
    for number in range(5):
        assert [person.asks(f"{state} anew {number} {n}") for n, person in enumerate(people)] == ["sbg-1"] * 2
    assert _states() == [{"drain": "DRAIN", "maint": "MAINT"}[state]] * 2


def test_an_edge_that_does_not_know_the_instance_says_so(people: tuple[Person, Person]) -> None:
    """With HAProxy's words; nothing is drained by it."""
    with pytest.raises(EdgeError, match=r"gra-9: No such server"):
        edges.tell(CONFIG, SERVERS["gra"], {"gra-9": "drain"})
    assert all(state.startswith("UP") for state in _states())


def test_both_certificates_are_taken_while_the_fleets_is_rotated(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Edges that know the next one as well take an instance with either: for rooms (HAProxy) and pages (Caddy)."""
    gra = people[0]
    pair = fleet.another_pair()
    for site, edge in fleet.edges.items():
        fleet.all["fleet_certificate_next"] = pair[0].read_text()
        edge.take_all(fleet.settings(site))
    instance = fleet.instances["gra-1"]
    try:
        instance.kill()
        instance.start(pair)
        for person in people:
            _seen(person, "rotated", "gra-1")
        eventually(lambda: gra.get("/").get("instance"), lambda seen: seen == "gra-1", seconds=45, what="a page")
        _tell("maint")
        assert [person.asks(f"other {n}") for n, person in enumerate(people)] == ["sbg-1"] * 2
    finally:
        instance.kill()
        instance.start()
        del fleet.all["fleet_certificate_next"]
        for site, edge in fleet.edges.items():
            edge.take_all(fleet.settings(site))
