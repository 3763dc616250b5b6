"""Two nodes a site: a full one takes no new room at either edge, by the very program that says so on a meeting node."""

import asyncio
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from boot.edge.haproxy import haproxy_bundle
from fleet import edges, nodes, ssh
from fleet.edges import Admin
from fleet.fleet import DeployedServer
from tests.edge.fleet import DOMAIN, Fleet
from tests.edge.load import FULL, IDLE, Load
from tests.edge.participants import Participant, together
from tests.edge.person import Person
from tests.unit.boot.golden import TWO_NODES
from tests.unit.waiting import eventually

CHANGES = TWO_NODES | {"env.participants": 1000}
CONFIG = Path("unused")
EDGES = [DeployedServer(s, "1", s, s.upper(), "edge", None, "10.17.0.4", None) for s in ("gra", "sbg")]
GRA, SBG = {"gra-1", "gra-2"}, {"sbg-1", "sbg-2"}
ROOMS = 8

Loads = dict[str, Load]


@pytest.fixture(scope="module")
def nodes_loads(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Loads]:
    """The load of each node."""
    loads = {name: Load(i, tmp_path_factory.mktemp(name) / "stat") for name, i in fleet.instances.items()}
    yield loads
    for load in loads.values():
        load.end()


@pytest.fixture
def loads(fleet: Fleet, nodes_loads: Loads, monkeypatch: pytest.MonkeyPatch) -> Loads:
    """All idle, and in service."""

    def run(config: Path, server: str, command: str, **_: object) -> "subprocess.CompletedProcess[str]":
        return fleet.edges[server].run("sh", "-c", command.removeprefix("sudo "), check=False)

    monkeypatch.setattr(ssh, "run", run)
    _tell(GRA | SBG, "ready")
    _becomes(nodes_loads, set())
    return nodes_loads


@pytest.fixture
def people(fleet: Fleet) -> tuple[Person, Person]:
    """One at each edge."""
    return Person(fleet, "gra"), Person(fleet, "sbg")


def _tell(instances: set[str], admin: Admin) -> None:
    assert nodes.tell(CONFIG, EDGES, frozenset(instances), admin) == {}


def _states() -> list[dict[str, str]]:
    """What each edge says of the instances."""
    return [edges.instances(CONFIG, edge) for edge in EDGES]


def _becomes(loads: Loads, full: set[str]) -> None:
    """These nodes are full, the others idle, and both edges know."""
    for name, load in loads.items():
        load.busy = FULL if name in full else IDLE
    _known(full)


def _known(full: set[str]) -> None:
    expected = [{name: "UP (full)" if name in full else "UP" for name in GRA | SBG}] * 2
    eventually(_states, lambda seen: seen == expected, seconds=60, what=f"{full or 'nobody'} full at both edges")


def _opened(people: tuple[Person, Person], name: str) -> dict[str, str]:
    """New rooms at either edge, each with its instance."""
    return {
        room: person.asks(room)
        for number in range(ROOMS)
        for at, person in enumerate(people)
        for room in (f"{name}-{number}-{at}",)
    }


def test_a_full_node_takes_no_new_rooms_and_keeps_those_it_has(loads: Loads, people: tuple[Person, Person]) -> None:
    """At both edges; once it has room again new ones come to it, and those that went elsewhere stay there."""
    before = _opened(people, "before")
    assert set(before.values()) == GRA
    _becomes(loads, {"gra-2"})
    meanwhile = _opened(people, "meanwhile")
    assert set(meanwhile.values()) == {"gra-1"}
    for person in people:
        assert {room: person.asks(room) for room in before} == before
    _becomes(loads, set())
    assert set(_opened(people, "after").values()) == GRA
    for person in people:
        assert {room: person.asks(room) for room in meanwhile} == meanwhile


def test_a_full_site_leaves_new_rooms_to_the_other_one(
    fleet: Fleet, loads: Loads, people: tuple[Person, Person]
) -> None:
    """And where all are full they go where they would without a load, except where operators want none."""
    _becomes(loads, GRA)
    assert set(_opened(people, "full site").values()) == SBG
    _becomes(loads, GRA | SBG)
    assert set(_opened(people, "all full").values()) == GRA
    _tell({"gra-2"}, "drain")
    assert set(_opened(people, "all full, one drained").values()) == {"gra-1"}
    # The DNS leaves no edge out.
    asked = [f"http://{edge.address}/edge-health" for edge in fleet.edges.values()]
    options = ["--silent", "--output", "/dev/null", "--write-out", "%{http_code}", "--header", f"Host: {DOMAIN}"]
    assert [fleet.wire.run("curl", *options, url).stdout for url in asked] == ["200", "200"]


@pytest.mark.parametrize(("admin", "state"), [("drain", "DRAIN"), ("maint", "MAINT")])
def test_what_an_operator_took_out_stays_so(
    loads: Loads, people: tuple[Person, Person], admin: Admin, state: str
) -> None:
    """A full node is drained and closed as any other, and its load puts it back no more than it takes it out."""
    _becomes(loads, {"gra-2"})
    _tell({"gra-2"}, admin)
    loads["gra-2"].busy = IDLE
    loads["gra-1"].busy = FULL
    expected = {"gra-1": "UP (full)", "gra-2": state, "sbg-1": "UP", "sbg-2": "UP"}
    eventually(_states, lambda seen: seen == [expected] * 2, seconds=60, what=str(expected))
    assert set(_opened(people, admin).values()) == SBG
    loads["gra-1"].busy = IDLE
    _tell({"gra-2"}, "ready")
    _known(set())


def test_what_was_said_last_holds_without_the_program(fleet: Fleet, loads: Loads) -> None:
    """One that dies leaves a full node full, and the next one says it again after a reload of HAProxy.

    One that is stopped says that rooms may come.
    """
    _becomes(loads, {"gra-2"})
    loads["gra-2"].kill("KILL")
    loads["gra-1"].busy = FULL
    _known(GRA)
    loads["gra-2"].start()
    loads["gra-1"].busy = IDLE
    _known({"gra-2"})
    for edge in fleet.edges.values():
        edge.take(haproxy_bundle(edge.settings))
    _known({"gra-2"})
    loads["gra-2"].kill("TERM")
    _known(set())
    loads["gra-2"].start()


@pytest.mark.timeout(300)
def test_people_who_come_while_it_changes_meet(fleet: Fleet, loads: Loads) -> None:
    """New rooms of four, through both edges, while nodes fill up and empty; all of a room are on one instance then."""

    async def meetings() -> None:
        people: list[Participant] = []
        staying: list[asyncio.Task[None]] = []
        try:
            for full in ({"gra-2"}, set[str](), {"gra-1"}, set[str]()):
                changing = asyncio.create_task(asyncio.to_thread(_becomes, loads, full))
                number = 0
                # Somebody comes at every moment of the change.
                while number < ROOMS or (not changing.done() and number < 3 * ROOMS):
                    room = f"changing-{len(people)}"
                    for site in ("gra", "sbg") * 2:
                        people.append(Participant(Person(fleet, site), room))
                        staying.append(asyncio.create_task(people[-1].stay()))
                    number += 1
                    await asyncio.sleep(0.15)
                await changing
            await together(people, "the load has changed", within=30)
        finally:
            for task in staying:
                task.cancel()

    asyncio.run(meetings())
