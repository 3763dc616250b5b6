"""Nobody shuts the others out: one address is limited where an office is not, in what it asks and what it opens, and
junk pushes no live room away.
"""

import asyncio
import re
import socket
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

import aiohttp
import pytest

from boot.edge import haproxy_cfg
from boot.edge.clients_nft import BURST, QUIC_PACKETS
from tests.edge.fleet import DOMAIN, OUTSIDE, Edge, Fleet
from tests.edge.person import Person
from tests.unit.waiting import eventually

SIZE = 1000
AT_ONCE = 20
PEOPLE, EACH = 300, 6  # who open the page within a minute, and with how many connections each
# A connection ends with a reset, so that no port stays taken for a minute.
_AT_ONCE = b"\1\0\0\0\0\0\0\0"


@pytest.fixture(scope="module", autouse=True)
def small_table() -> Iterator[None]:
    """A table that the tests can fill."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(haproxy_cfg, "ROOMS", SIZE)
        yield


@pytest.fixture(scope="module")
def live(fleet: Fleet) -> Fleet:
    """A room that lives at SBG since GRA's instance was lost; new ones are opened at GRA again."""
    person = Person(fleet, "gra")
    fleet.instances["gra-1"].kill()
    assert person.asks("live") == "sbg-1"
    fleet.instances["gra-1"].start()
    names = iter(f"new {number}" for number in range(1000))
    eventually(lambda: person.asks(next(names)), lambda seen: seen == "gra-1", seconds=45, what="a new room")
    eventually(fleet.edges["sbg"].rooms, lambda rooms: "live" in rooms, seconds=45, what="SBG's edge knows the room")
    return fleet


@contextmanager
def _addresses(fleet: Fleet, first: int, count: int) -> Iterator[list[str]]:
    """Further addresses of people; each test has its own, as an address is remembered for longer than a test takes."""
    found = [str(OUTSIDE + first + number) for number in range(count)]
    for address in found:
        fleet.wire.run("ip", "address", "add", f"{address}/22", "dev", "bridge")
    yield found
    for address in found:
        fleet.wire.run("ip", "address", "delete", f"{address}/22", "dev", "bridge")


def _ask(person: Person, paths: list[str], address: str = str(OUTSIDE)) -> Counter[int]:
    """Ask for all of them from one address, and count the answers by status."""

    async def ask() -> Counter[int]:
        async with person.session() as template:
            connector = aiohttp.TCPConnector(
                resolver=template.connector._resolver,  # type: ignore[union-attr]
                ssl=template.connector._ssl,  # type: ignore[union-attr]
                local_addr=(address, 0),
            )
            async with aiohttp.ClientSession(connector=connector) as session:
                left = iter(paths)
                seen: Counter[int] = Counter()

                async def some() -> None:
                    for path in left:
                        async with session.get(f"{person.edge.url}{path}") as answer:
                            seen[answer.status] += 1

                await asyncio.gather(*(some() for _ in range(AT_ONCE)))
                return seen

    return asyncio.run(ask())


def _poll(room: str) -> str:
    return f"/socket.io/?peerId=p&roomId={room}&EIO=3&transport=polling"


def _quiet(person: Person) -> None:
    """Until the address is forgotten: what was asked in the 10 s before counts."""
    eventually(lambda: _ask(person, [_poll("quiet")]), lambda seen: seen == {200: 1}, seconds=40, what="no limit")


def test_junk_is_no_room(live: Fleet) -> None:
    """What Socket.io says no to, pages and logins enter no table: more of them than it holds leave the room alone."""
    person = Person(live, "gra")
    with _addresses(live, 10, 4) as addresses:
        for number, address in enumerate(addresses):
            junk = [f"/socket.io/nothing?roomId=no-{number}-{n}" for n in range(290)]
            assert _ask(person, junk, address) == {400: 290}
    assert [Person(live, site).asks("live") for site in ("gra", "sbg")] == ["sbg-1"] * 2


def test_one_address_with_junk_rooms_is_limited(live: Fleet) -> None:
    """2,000 rooms in a row are answered 429 soon; the live room stays where it is, for the same address too."""
    person = Person(live, "gra")
    seen = _ask(person, [_poll(f"junk-{n}") for n in range(2000)])
    assert seen[429] > 1000, seen
    assert person.asks("live") == "sbg-1"
    _quiet(person)


def test_a_full_table_keeps_live_rooms(live: Fleet) -> None:
    """Rooms by many addresses, each below its limit, fill the table: it keeps those that it has."""
    person = Person(live, "gra")
    with _addresses(live, 20, 6) as addresses:
        for number, address in enumerate(addresses):
            assert _ask(person, [_poll(f"full-{number}-{n}") for n in range(290)], address) == {200: 290}
    assert [Person(live, site).asks("live") for site in ("gra", "sbg")] == ["sbg-1"] * 2


def test_an_office_behind_one_address_is_not_limited(live: Fleet) -> None:
    """200 people of 40 rooms come back at once, six requests each."""
    person = Person(live, "gra")
    _quiet(person)
    seen = _ask(person, [_poll(f"office-{n % 40}") for n in range(200 * 6)])
    assert seen == {200: 1200}


def _opened(edge: Edge, address: str, most: int, port: int = 443) -> int:
    """How many connections are let in, one after the other, until one is refused."""
    for count in range(most):
        try:
            with socket.create_connection((str(edge.address), port), timeout=20, source_address=(address, 0)) as opened:
                opened.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _AT_ONCE)
        except ConnectionRefusedError:
            return count
    return most


def test_an_office_opens_its_connections(fleet: Fleet) -> None:
    """All of its connections at once, in place of within a minute."""
    with _addresses(fleet, 40, 1) as (office,):
        assert _opened(fleet.edges["gra"], office, PEOPLE * EACH) == PEOPLE * EACH


@pytest.mark.parametrize("port", [443, 80])
def test_a_flood_is_refused(fleet: Fleet, port: int) -> None:
    """After as many as are let in at once; others, and the edge that asks itself whether it serves, notice nothing."""
    edge = fleet.edges["gra"]
    health = ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}"]
    with _addresses(fleet, 50 + port % 10, 1) as (flood,):
        assert BURST <= _opened(edge, flood, 5 * BURST, port) < 5 * BURST
        assert Person(fleet, "gra").asks("undisturbed") == "gra-1"
        assert fleet.wire.run(*health, f"http://{edge.address}/edge-health").stdout == "200"


def test_what_opens_a_connection_of_quic_is_counted(fleet: Fleet) -> None:
    """Packets with a long header; more of them are dropped, and none of an open connection's."""
    edge = fleet.edges["gra"]

    def dropped() -> int:
        rules = edge.run("nft", "list", "chain", "ip", "clients", "input").stdout
        return int(re.findall(r"@quic .* counter packets (\d+)", rules)[0])

    with _addresses(fleet, 60, 1) as (client,), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
        sending.bind((client, 0))

        def flood(first: bytes) -> int:
            for _ in range(2 * BURST * QUIC_PACKETS):
                sending.sendto(first + b"\0" * 30, (str(edge.address), 443))
            return dropped()

        assert flood(b"\x40") == 0
        # Of what a busy machine's card has to wait for some is lost on the way, and counted nowhere.
        eventually(lambda: flood(b"\xc0"), bool, seconds=60, what="packets are dropped")
