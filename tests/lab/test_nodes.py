"""Several meeting nodes at one site: rooms are spread over them, and one that is lost is replaced by its neighbours."""

import asyncio
import time
from collections.abc import Iterator
from functools import partial

import pytest

from drill.clients.attendance import Attendance, together
from drill.clients.edge import Edge
from drill.clients.newcomer import arrive
from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from tests.lab.conftest import Shell, meetings, named, through
from tests.lab.in_service import in_service, whole
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

ROOMS = 16  # all on one of two nodes: once in 32768 runs
REJOIN_SECONDS = 60
STAYS_SECONDS = 10


@pytest.fixture
def doors(deployment: Deployment, fleet: Fleet) -> dict[str, Edge]:
    """The edges by site, as participants reach them."""
    return {site: through(deployment, fleet, site) for site in ("gra", "sbg")}


@pytest.fixture
def attendance() -> Iterator[Attendance]:
    """An empty house."""
    with Attendance() as house:
        yield house


@pytest.fixture(autouse=True)
def found_whole(deployment: Deployment, fleet: Fleet) -> None:
    """Other tests may just have given a server back."""
    whole(deployment, fleet)


async def _at_once(doors: dict[str, Edge], room: str) -> set[str]:
    """Two people who come at the same moment, through either edge: the instances that they find."""
    return set(await asyncio.gather(*(arrive(door, room, site) for site, door in doors.items())))


def test_rooms_are_spread_and_none_is_split(fleet: Fleet, doors: dict[str, Edge]) -> None:
    """Each room has one node of the first site, whoever comes first through whichever edge; both nodes have some."""
    found = [asyncio.run(_at_once(doors, f"spread-{number}-{time.time_ns()}")) for number in range(ROOMS)]
    assert [instances for instances in found if len(instances) > 1] == []
    assert set.union(*found) == named(meetings(fleet, "gra"))


def test_a_lost_nodes_rooms_move_to_its_neighbour(
    deployment: Deployment, fleet: Fleet, doors: dict[str, Edge], attendance: Attendance
) -> None:
    """Inside the site; the neighbour's own rooms notice nothing. When it is back they stay, and new ones open on it."""
    lost, left = meetings(fleet, "gra")
    pairs = {}
    for node in (lost, left):
        room = _room_on(node.name, doors["gra"])
        pairs[node.name] = [attendance.join(door, room, f"{node.name}-{site}") for site, door in doors.items()]
        what = f"the room on {node.name}"
        eventually(partial(together, *pairs[node.name]), f"together on {node.name}", deadline=REJOIN_SECONDS, what=what)
    before = [len(person.log.events) for person in pairs[left.name]]
    with outages.paused(lost):
        moved = partial(together, *pairs[lost.name])
        took = eventually(moved, f"together on {left.name}", deadline=REJOIN_SECONDS, what="the lost node's room")
        print(f"node lost: its room whole again on its neighbour after {took:.1f} s")
    in_service(deployment, fleet)
    until = time.monotonic() + STAYS_SECONDS
    while time.monotonic() < until:
        assert together(*pairs[lost.name]) == f"together on {left.name}"
        time.sleep(0.5)
    _room_on(lost.name, doors["sbg"])
    for person, seen in zip(pairs[left.name], before, strict=True):
        assert not [event for event in person.log.events[seen:] if event.name == "disconnected"]


def _room_on(node: str, door: Edge) -> str:
    """A room on this node that nobody was in before."""
    found = {}
    for number in range(ROOMS):
        room = f"on-{node}-{number}-{time.time_ns()}"
        found[room] = asyncio.run(arrive(door, room, "scout"))
        if found[room] == node:
            return room
    raise AssertionError(f"no room on {node}: {found}")


def test_a_node_is_full_by_its_own_load_alone(fleet: Fleet, shell: Shell) -> None:
    """Where it is a container, the machine below it may be busy: what the program sees is what the node sees."""
    program = "sudo nsenter --target $(systemctl show --property MainPID --value node-load) --mount"
    for server in fleet.of("meeting"):
        told, own = (_used(shell(server.name, f"{how} head --lines 1 /proc/stat")) for how in (program, ""))
        assert told <= own, server.name


def _used(stat: str) -> int:
    """What processes took, in ticks (proc(5): user)."""
    return int(stat.split()[1])
