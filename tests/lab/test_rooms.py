"""A live room, one participant at each edge: it never splits, whatever happens to instances and edges."""

import time
from collections.abc import Iterator
from functools import partial

import pytest

from drill.clients.attendance import Attendance, together
from drill.clients.edge import Edge
from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from tests.lab.conftest import Shell, edge, instance, meetings, named, through
from tests.lab.in_service import whole
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1200)]

# From an instance's loss to a room that is whole again on another one: HAProxy's checks, the client's own delay, media.
REJOIN_SECONDS = 60
STAYS_SECONDS = 12


@pytest.fixture(autouse=True)
def found_whole(deployment: Deployment, fleet: Fleet) -> None:
    """Other tests may just have given a server back."""
    whole(deployment, fleet)


@pytest.fixture
def attendance(deployment: Deployment) -> Iterator[Attendance]:
    """An empty house."""
    with Attendance() as house:
        yield house


@pytest.fixture
def doors(deployment: Deployment, fleet: Fleet) -> dict[str, Edge]:
    """The edges by site, as participants reach them."""
    return {site: through(deployment, fleet, site) for site in ("gra", "sbg")}


def unheard_of(name: str) -> str:
    """A room that nobody was in before, in this run or an earlier one: the edges remember rooms for hours."""
    return f"{name}-{time.time_ns()}"


def test_a_room_stays_whole_when_its_sites_instances_are_lost_and_return(
    deployment: Deployment, fleet: Fleet, attendance: Attendance, doors: dict[str, Edge]
) -> None:
    """Both participants meet again on the other site's instance, and stay there when the first ones are back.

    A page is answered within seconds through either edge meanwhile; a new room opens on the first site again.
    """
    gra, (sbg,) = meetings(fleet, "gra"), meetings(fleet, "sbg")
    room = unheard_of("whole")
    people = [attendance.join(door, room, f"whole-{site}") for site, door in doors.items()]
    eventually(partial(together, *people), "together on lab-gra", deadline=REJOIN_SECONDS, what="the room")
    with outages.paused(*gra):
        begun = time.monotonic()
        for site in ("gra", "sbg"):
            took = eventually(
                partial(instance, deployment, fleet, site, "/session"), sbg.name, deadline=90, what=f"edge of {site}"
            )
            print(f"instance lost: a page through {site}'s edge after {took:.1f} s")
        eventually(partial(together, *people), f"together on {sbg.name}", deadline=REJOIN_SECONDS, what="the room")
        print(f"instance lost: the room whole again after {time.monotonic() - begun:.1f} s")
    whole(deployment, fleet)
    until = time.monotonic() + STAYS_SECONDS
    while time.monotonic() < until:
        assert together(*people) == f"together on {sbg.name}"
        time.sleep(0.5)
    late = attendance.join(doors["gra"], room, "whole-late")
    assert late.instance == sbg.name
    fresh = attendance.join(doors["sbg"], unheard_of("fresh"), "fresh-sbg")
    assert fresh.instance in named(gra)


def test_the_other_losses_change_nothing_for_those_who_are_served(
    deployment: Deployment, fleet: Fleet, attendance: Attendance, doors: dict[str, Edge]
) -> None:
    """GRA first at both edges: SBG's instance, then GRA's edge is lost, and the room on GRA's instance goes on."""
    gra, (sbg,) = meetings(fleet, "gra"), meetings(fleet, "sbg")
    person = attendance.join(doors["sbg"], unheard_of("calm-too"), "calm-too-sbg")
    assert person.instance in named(gra)
    seen = len(person.log.events)
    for lost, left in ((sbg, ("gra", "sbg")), (edge(fleet, "gra"), ("sbg",))):
        with outages.paused(lost):
            until = time.monotonic() + STAYS_SECONDS
            while time.monotonic() < until:
                assert {instance(deployment, fleet, site) for site in left} == {gra[0].name}
                time.sleep(1)
        whole(deployment, fleet)
    assert not [event for event in person.log.events[seen:] if event.name == "disconnected"]


def test_a_room_stays_whole_when_an_edges_daemons_restart(
    deployment: Deployment, fleet: Fleet, attendance: Attendance, shell: Shell, doors: dict[str, Edge]
) -> None:
    """A restarted HAProxy learns the table from its peer, a restarted Caddy sends people back to their room.

    The room is not where a new one would be opened: so it shows if it is opened anew.
    """
    gra, (sbg,), room = meetings(fleet, "gra"), meetings(fleet, "sbg"), unheard_of("restart")
    where = sbg.name
    with outages.paused(*gra):
        eventually(
            partial(instance, deployment, fleet, "gra", "/session"), where, deadline=90, what="pages from SBG alone"
        )
        people = [attendance.join(doors["gra"], room, "restart-gra")]
    eventually(partial(instance, deployment, fleet, "gra"), gra[0].name, deadline=90, what="GRA serves again")
    people.append(attendance.join(doors["sbg"], room, "restart-sbg"))
    eventually(partial(together, *people), f"together on {where}", deadline=REJOIN_SECONDS, what="the room")
    for daemon in ("haproxy", "caddy"):
        seen = len(people[0].log.events)
        shell(edge(fleet, "gra").name, f"sudo systemctl restart {daemon}")
        attendance.wait(people[0], "joined", since=seen, timeout=REJOIN_SECONDS, instance=where)
        eventually(partial(together, *people), f"together on {where}", deadline=REJOIN_SECONDS, what="the room")


def test_a_redis_failover_cuts_no_meeting(
    deployment: Deployment, fleet: Fleet, attendance: Attendance, shell: Shell, doors: dict[str, Edge]
) -> None:
    """The stand-in waits for Redis with every request, as upstream does: the room table takes no instance out."""
    room = unheard_of("calm")
    people = [attendance.join(door, room, f"calm-{site}") for site, door in doors.items()]
    eventually(
        partial(together, *people), f"together on {people[0].instance}", deadline=REJOIN_SECONDS, what="the room"
    )
    seen = [len(person.log.events) for person in people]
    since = shell(edge(fleet, "gra").name, "date +%s").strip()
    redis = {server.backbone_address: server for server in fleet.of("redis")}
    ask = "sudo sh -c '. /etc/multiparty/redis/auth.env; export REDISCLI_AUTH; redis-cli $AS -p 26379 --raw {}'"
    (witness,) = fleet.of("witness")
    named = ask.format("SENTINEL get-master-addr-by-name mymaster")
    master = shell(witness.name, named).split()[0]
    with outages.paused(redis[master]):
        others = " ".join(address for address in redis if address != master)
        # Half a minute more where the Sentinels have just stood still.
        eventually(partial(shell, witness.name, named), others, deadline=90, what="a new master")
        time.sleep(3)
    for person, before in zip(people, seen, strict=True):
        assert not [event for event in person.log.events[before:] if event.name == "disconnected"]
    logged = shell(edge(fleet, "gra").name, f"sudo journalctl --unit haproxy --since @{since} --output cat")
    assert "DOWN" not in logged
