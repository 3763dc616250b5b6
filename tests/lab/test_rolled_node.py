"""One meeting server is made anew while meetings go on: its rooms move to its neighbour, whose own notice nothing."""

import asyncio
import time
from functools import partial
from pathlib import Path

import pytest

from drill.clients.attendance import Attendance, together
from drill.clients.edge import Edge
from drill.clients.newcomer import arrive
from fleet import edges, ssh
from fleet.fleet import Fleet
from lab.deployment import Deployment
from ops.roll.plan import Step
from tests.lab.conftest import meetings, through
from tests.lab.rolling import LOOK_SECONDS, REJOIN_SECONDS, ROLL_SECONDS, rolling
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

SITE, NODE = "gra", "gra-meeting-2"
# Long enough to look at rooms that go on, short enough to wait for the end of them.
DEADLINE = 30
ROOMS = 16  # all on one of two nodes: once in 32768 runs


def _arrives(door: Edge, room: str) -> str:
    return asyncio.run(arrive(door, room, "scout"))


def _room_on(node: str, door: Edge) -> str:
    """A room on this node that nobody was in before."""
    names = [f"rolled-{number}-{time.time_ns()}" for number in range(ROOMS)]
    found = {room: _arrives(door, room) for room in names}
    return next(room for room, instance in found.items() if instance == node)


def test_a_node_is_rolled_while_its_neighbour_goes_on(deployment: Deployment, fleet: Fleet, tmp_path: Path) -> None:
    """Until the deadline its room is whole and new ones open on the neighbour; then it moves there, once.

    Of the site's servers only this one is another; at the end it takes new rooms again.
    """
    left, rolled = (server.name for server in meetings(fleet, SITE))
    assert rolled.endswith(NODE)
    doors = {"gra": through(deployment, fleet, "gra", "sbg"), "sbg": through(deployment, fleet, "sbg", "gra")}
    rooms = {name: _room_on(name, doors["gra"]) for name in (left, rolled)}
    with Attendance() as attendance:
        people = {
            name: [attendance.join(way, room, f"{name}-{site}") for site, way in doors.items()]
            for name, room in rooms.items()
        }
        for name in rooms:
            whole = partial(together, *people[name])
            eventually(whole, f"together on {name}", deadline=REJOIN_SECONDS, what=f"the room on {name}")
        before = [len(person.log.events) for person in people[left]]
        with rolling(deployment, SITE, tmp_path / "node.log", deadline=DEADLINE, node=NODE) as roll:
            roll.reaches(Step.WAIT, 300)
            for number in range(ROOMS):
                found = {_arrives(door, f"fresh-{number}-{time.time_ns()}") for door in doors.values()}
                assert found == {left}, roll.said()
            assert together(*people[rolled]) == f"together on {rolled}", roll.said()
            roll.reaches(Step.CLOSE, DEADLINE + LOOK_SECONDS)
            moved = partial(together, *people[rolled])
            eventually(moved, f"together on {left}", deadline=REJOIN_SECONDS, what="the rolled node's room")
            assert roll.ends(ROLL_SECONDS) == 0, roll.said()
        for person, seen in zip(people[left], before, strict=True):
            assert not [event for event in person.log.events[seen:] if event.name == "disconnected"]
        assert together(*people[rolled]) == f"together on {left}"
    after = {server.name: server.id for server in deployment.fleet().servers}
    assert {server.name for server in fleet.servers if after[server.name] != server.id} == {rolled}
    config = ssh.write(deployment.fleet(), deployment.ssh_directory, deployment.identity)
    for edge in fleet.of("edge"):
        assert edges.instances(config, edge)["gra-2"].startswith("UP")
    for door in doors.values():
        _room_on(rolled, door)
