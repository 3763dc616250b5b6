"""A site is rolled while meetings go on: every server is replaced, no room before its deadline, no session lost."""

import time
from pathlib import Path

import pytest

from drill.clients.attendance import Attendance, together
from fleet import ssh
from fleet.fleet import Fleet
from lab.deployment import Deployment
from lab.workspace import renew
from ops.roll.plan import Step
from tests.lab.conftest import edge, meetings, named, through
from tests.lab.in_service import whole
from tests.lab.rolling import LOOK_SECONDS, REJOIN_SECONDS, ROLL_SECONDS, rolling
from tests.lab.sessions import session
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

STACK, SITE = "lab-gra", "gra"
# Long enough to look at a room that goes on, short enough to wait for the end of it; and when nobody looks any more: a
# busy machine may be late by the difference.
DEADLINE, LOOKED_SECONDS = 55, 25


@pytest.fixture
def renewed(deployment: Deployment, fleet: Fleet) -> None:
    """Every server of the site is to be replaced by the next `pulumi up`."""
    renew(deployment.directory, STACK)


def test_it_stops_before_anything_when_the_other_site_is_not_healthy(
    deployment: Deployment, fleet: Fleet, renewed: None, tmp_path: Path
) -> None:
    """SBG's Caddy is stopped: exit status 1, with what was seen and what to do; no room is kept from GRA."""
    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)
    other = edge(fleet, "sbg").name
    assert ssh.run(config, other, "sudo systemctl stop caddy").returncode == 0
    try:
        with rolling(deployment, SITE, tmp_path / "stopped.log", deadline=DEADLINE) as stopped:
            status = stopped.ends(600)
    finally:
        assert ssh.run(config, other, "sudo systemctl start caddy").returncode == 0
    assert status == 1, stopped.said()
    for words in (f"{other} answers: ", "nothing is drained", "go on: make roll SITE=gra"):
        assert words in stopped.said(), stopped.said()


@pytest.mark.usefixtures("renewed")
def test_a_site_is_rolled_while_a_meeting_goes_on(deployment: Deployment, fleet: Fleet, tmp_path: Path) -> None:
    """Until the deadline the room on GRA is whole, who is late finds it, and new rooms open on SBG.

    Then it moves to SBG, once, while GRA's servers are replaced one after the other; nobody's session is lost. At the
    end GRA takes new rooms again, and the room that moved stays.
    """
    gra, sbg = named(meetings(fleet, "gra")), meetings(fleet, "sbg")[0].name
    doors = {"gra": through(deployment, fleet, "gra", "sbg"), "sbg": through(deployment, fleet, "sbg", "gra")}
    # Edges know rooms longer than people are in them.
    room = f"rolled-{time.time_ns()}"
    whole(deployment, fleet)
    sid, cookie = session(deployment, fleet, "sbg")
    with Attendance() as attendance:
        people = [attendance.join(way, room, f"rolled-{site}") for site, way in doors.items()]
        (where,) = {person.instance for person in people}
        assert where in gra
        seen = [len(person.log.events) for person in people]
        with rolling(deployment, SITE, tmp_path / "roll.log", deadline=DEADLINE) as roll:
            roll.reaches(Step.WAIT, 300)
            begun = time.monotonic()
            for site, way in doors.items():
                assert attendance.join(way, f"fresh-{site}-{room}", f"fresh-{site}").instance == sbg
                people.append(attendance.join(way, room, f"late-{site}"))
                seen.append(0)
                assert people[-1].instance == where
            eventually(lambda: together(*people), f"together on {where}", deadline=60, what="the whole room")
            while time.monotonic() - begun < LOOKED_SECONDS:
                assert together(*people) == f"together on {where}", roll.said()
                time.sleep(1)
            for person, before in zip(people, seen, strict=True):
                assert not [event for event in person.log.events[before:] if event.name == "disconnected"]

            roll.reaches(Step.CLOSE, LOOK_SECONDS)
            # Before it closes anything it looks once more.
            moved = LOOK_SECONDS + REJOIN_SECONDS
            eventually(lambda: together(*people), f"together on {sbg}", deadline=moved, what="the room at SBG")
            assert roll.ends(ROLL_SECONDS) == 0, roll.said()
        eventually(lambda: together(*people), f"together on {sbg}", deadline=REJOIN_SECONDS, what="the room after it")

        after = deployment.fleet()
        replaced = {server.name: server for server in after.servers if server.site == SITE}
        for server in fleet.servers:
            if server.site == SITE:
                assert replaced[server.name].id != server.id
                assert replaced[server.name].public_address == server.public_address
        whole(deployment, after)
        for site, way in doors.items():
            assert session(deployment, after, site, cookie)[0] == sid
            assert attendance.join(way, f"again-{site}-{room}", f"again-{site}").instance in gra
            assert attendance.join(way, room, f"latest-{site}").instance == sbg


def test_a_second_roll_has_nothing_to_do(deployment: Deployment, fleet: Fleet, tmp_path: Path) -> None:
    """What is in service and as described is left alone."""
    with rolling(deployment, SITE, tmp_path / "again.log", deadline=DEADLINE) as again:
        assert again.ends(300) == 0, again.said()
    assert "gra: in service, and as described: nothing to do" in again.said()
