"""A room stays on one instance, whichever edge its people come through and whatever happens meanwhile.

Edges are what a deployment makes of them: their bundles, taken by `multiparty-apply`, run by Caddy and HAProxy as their
own users. Instances are stand-ins that say their name. What the tests cannot show is a wide area's delay.
"""

import asyncio
import time
from collections.abc import Iterator

import pytest
from aiohttp import WSMsgType

from boot.edge.edge import edge_bundles
from tests.edge.fleet import Fleet
from tests.edge.person import PATIENCE, Person
from tests.edge.quiet import Standstill
from tests.unit.waiting import eventually

# Seconds from a lost instance to an answer from another: refused connections are noticed sooner than none at all. What
# a busy machine stood still meanwhile is added.
KILLED, SILENT = 5, 8
PAGE = 5


@pytest.fixture
def people(fleet: Fleet) -> Iterator[tuple[Person, Person]]:
    """One at each edge, with the primary's instance up at both."""
    both = Person(fleet, "gra"), Person(fleet, "sbg")
    for person in both:
        _new_rooms_at(person, "gra-1")
    yield both


def _new_rooms_at(person: Person, instance: str) -> None:
    eventually(
        lambda: person.asks(f"new {time.monotonic()}"), lambda seen: seen == instance, seconds=45, what="a new room"
    )


def _health(fleet: Fleet) -> str:
    """The status of an edge's health, asked as DNS servers ask."""
    command = ["curl", "-sS", "-o", "/dev/null", "-w", "%{http_code}", "--header", "Host: meeting.organisation.fr"]
    return fleet.wire.run(*command, f"http://{fleet.edges['gra'].address}/edge-health").stdout


def test_a_room_is_where_it_was_opened(people: tuple[Person, Person]) -> None:
    """Polls and both halves of a login, through both edges, in either spelling."""
    gra, sbg = people
    assert [sbg.asks("Daily"), gra.asks("Daily"), gra.asks("daily")] == ["gra-1"] * 3
    assert [person.returns("Daily") for person in people] == ["gra-1"] * 2
    assert gra.get("/auth/login?peerId=p&roomId=Daily")["instance"] == "gra-1"
    assert gra.get("/auth/callback?state=not-base64")["instance"] == "gra-1"


def test_requests_look_as_if_caddy_had_sent_them(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """The instance sees the name that was asked for and the person's address, once."""
    answer = people[1].get("/socket.io/?roomId=headers&EIO=3")
    headers = {name.lower(): value for name, value in answer["headers"].items()}
    assert headers["host"] == headers["x-forwarded-host"] == "meeting.organisation.fr"
    assert headers["x-forwarded-for"] == headers["x-real-ip"] == "10.17.3.1"
    assert headers["x-forwarded-proto"] == "https"
    assert answer["peer"] == str(fleet.edges["sbg"].address)


def test_a_dead_instances_room_moves_as_a_whole_and_stays(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Killed: the next request is answered elsewhere. Back: the room stays, a new room goes to the primary again.

    An edge whose HAProxy starts anew learns where the room is from the other one.
    """
    instance = fleet.instances["gra-1"]
    assert [person.asks("moving") for person in people] == ["gra-1"] * 2
    with Standstill() as standstill:
        begun = time.monotonic()
        instance.kill()
        assert [person.asks("moving") for person in people] == ["sbg-1"] * 2
        took = time.monotonic() - begun
    assert took < KILLED + standstill.longest
    assert {person.get("/moving")["instance"] for person in people} == {"sbg-1"}
    instance.start()
    for person in people:
        _new_rooms_at(person, "gra-1")
    assert [person.asks("moving") for person in people] == ["sbg-1"] * 2
    for name, person in zip(("gra", "sbg"), people, strict=True):
        fleet.edges[name].run("pkill", "-KILL", "haproxy")
        assert person.asks("moving") == "sbg-1"
    assert [person.returns("moving") for person in people] == ["sbg-1"] * 2


def test_a_silent_instance_is_left_behind(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Its plug is pulled, nothing answers and nothing refuses: pages come within 5 s, rooms once the checks know."""
    for person in people:
        eventually(
            lambda person=person: person.get("/page").get("instance"),  # type: ignore[misc]
            lambda seen: seen == "gra-1",
            seconds=45,
            what="pages from the primary",
        )
    assert [person.asks("silent") for person in people] == ["gra-1"] * 2
    begun = time.monotonic()
    fleet.instances["gra-1"].cut(off=True)
    try:
        with Standstill() as standstill:
            page = people[0].get("/page")
            assert [person.asks("silent") for person in people] == ["sbg-1"] * 2
            took = time.monotonic() - begun
        assert (page.get("instance"), page["seconds"] < PAGE + standstill.longest) == ("sbg-1", True), page
        assert took < SILENT + standstill.longest
    finally:
        fleet.instances["gra-1"].cut(off=False)


def test_nobody_hangs_on_a_silent_instance(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Its websockets are closed at both edges as soon as the checks know, so that browsers come back elsewhere."""

    async def meeting() -> float:
        gra, sbg = people
        async with (
            gra.session() as at_gra,
            sbg.session() as at_sbg,
            gra.talk(at_gra, "hanging") as one,
            sbg.talk(at_sbg, "hanging") as other,
        ):
            fleet.instances["gra-1"].cut(off=True)
            begun = time.monotonic()
            for socket in (one, other):
                message = await socket.receive(timeout=PATIENCE)
                assert message.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.ERROR), message
            return time.monotonic() - begun

    try:
        with Standstill() as standstill:
            took = asyncio.run(meeting())
        assert took < SILENT + standstill.longest
        assert [person.asks("hanging") for person in people] == ["sbg-1"] * 2
    finally:
        fleet.instances["gra-1"].cut(off=False)


def test_reloads_interrupt_nobody(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Both daemons of both edges reload while two people talk: their websockets stay, newcomers find them."""

    async def meeting() -> None:
        gra, sbg = people
        async with (
            gra.session() as at_gra,
            sbg.session() as at_sbg,
            gra.talk(at_gra, "reloads") as one,
            sbg.talk(at_sbg, "reloads") as other,
        ):
            for edge in fleet.edges.values():
                for bundle in edge_bundles(edge.settings):
                    await asyncio.to_thread(edge.take, bundle)
            for socket in (one, other):
                await socket.send_str("still there?")
                assert await socket.receive_str(timeout=20) == "gra-1: still there?"
            assert [await asyncio.to_thread(person.asks, "reloads") for person in people] == ["gra-1"] * 2

    asyncio.run(meeting())


def test_an_edge_says_whether_it_can_serve(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """Over plain HTTP, under the service's name: not while no instance can take a room."""
    assert _health(fleet) == "200"
    for instance in fleet.instances.values():
        instance.kill()
    eventually(lambda: _health(fleet), lambda status: status == "503", seconds=30, what="no instance left")
    for instance in fleet.instances.values():
        instance.start()
    eventually(lambda: _health(fleet), lambda status: status == "200", seconds=30, what="instances back")


def test_without_affinity_caddy_routes_alone(fleet: Fleet, people: tuple[Person, Person]) -> None:
    """The requirements' block takes signalling too, and the edge's health is Caddy's: no HAProxy is asked."""
    edge, person = fleet.edges["gra"], people[0]
    edge.take_all(fleet.settings("gra", affinity=False))
    try:
        assert "haproxy" not in edge.run("cat", "/etc/multiparty/caddy/Caddyfile").stdout
        edge.run("pkill", "-KILL", "haproxy")
        with Standstill() as standstill:
            answer = person.get("/socket.io/?EIO=3&roomId=alone")
        assert (answer["status"], answer["seconds"] < PAGE + standstill.longest) == (200, True), answer
        assert _health(fleet) == "200"
    finally:
        edge.take_all(fleet.settings("gra"))
