"""A setting that replaces a site's meeting servers is rolled, while people meet and ask for pages."""

import time
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from drill.clients.asking import Asking
from drill.clients.attendance import Attendance, together
from fleet import edges, ssh
from fleet import https as probes
from fleet.fleet import DeployedServer, Fleet, described
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from ops.roll.plan import Step
from tests.engine.preview import replaced
from tests.lab.configured import Configured
from tests.lab.conftest import meetings, named, through
from tests.lab.rolling import rolling
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

# What a page in flight may try (`lb_try_duration`), and Caddy's check.
SILENCE_SECONDS = 5 + 10
STACK = "lab-gra"
DEADLINE = 20  # of the room that is there
REJOIN_SECONDS = 60
ROLL_SECONDS = 600


def _found(config: Path, server: DeployedServer) -> str:
    """How an edge finds GRA's instances."""
    return " ".join(sorted({state for name, state in edges.instances(config, server).items() if "gra" in name}))


def test_cookie_name_replaces_the_meeting_servers_and_keeps_their_addresses(
    deployment: Deployment, configured: Configured, fleet: Fleet, tmp_path: Path
) -> None:
    """The preview names GRA's meeting servers alone; afterwards they have their addresses, their sessions the new name.

    Meanwhile SBG answers through both edges, and GRA again once it is back. A room on GRA is whole until its deadline,
    then at SBG; new ones open at SBG from the beginning, and at GRA again in the end.
    """
    gra, (sbg,) = meetings(fleet, "gra"), meetings(fleet, "sbg")
    doors = {"gra": through(deployment, fleet, "gra", "sbg"), "sbg": through(deployment, fleet, "sbg", "gra")}
    # Edges know rooms longer than people are in them.
    room = f"cookies-{time.time_ns()}"
    seen: dict[str, set[str]] = {site: set() for site in doors}

    def ask(site: str) -> bool:
        answer = probes.ask(doors[site].address, DOMAIN, authority=deployment.authority)
        seen[site].add(answer.headers.get("x-instance", ""))
        return answer.status == 200

    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)
    for server in fleet.of("edge"):
        eventually(partial(_found, config, server), "UP", deadline=120, what=f"GRA's instances at {server.name}")
    configured.write({"meeting": {"cookie_name": "other.sid"}})
    ready = {f"gra-meeting-{number}-ready" for number in range(1, len(gra) + 1)}
    assert replaced(deployment.preview(STACK)) == named(gra) | ready
    with ExitStack() as entered:
        asking = [entered.enter_context(Asking(partial(ask, site), interval=1)) for site in doors]
        attendance = entered.enter_context(Attendance())
        people = [attendance.join(way, room, f"cookies-{site}") for site, way in doors.items()]
        assert {person.instance for person in people} < named(gra)
        seen_before = [len(person.log.events) for person in people]
        begun = time.monotonic()
        roll = entered.enter_context(rolling(deployment, "gra", tmp_path / "roll.log", deadline=DEADLINE))
        roll.reaches(Step.WAIT, 300)
        assert attendance.join(doors["gra"], f"fresh-{room}", "fresh").instance == sbg.name
        cut = [
            event
            for person, before in zip(people, seen_before, strict=True)
            for event in person.log.events[before:]
            if event.name == "disconnected"
        ]
        assert not cut, roll.said()
        roll.reaches(Step.CLOSE, DEADLINE + 180)
        eventually(
            lambda: together(*people), f"together on {sbg.name}", deadline=REJOIN_SECONDS, what="the room at SBG"
        )
        assert roll.ends(ROLL_SECONDS) == 0, roll.said()
        silences = [asked.silence(begun) for asked in asking]
        assert attendance.join(doors["sbg"], f"again-{room}", "again").instance in named(gra)
    print(f"meeting server rolled: nobody answered for {max(silences):.1f} s at the longest")
    assert max(silences) < SILENCE_SECONDS
    assert all(sbg.name in instances for instances in seen.values())

    now = described([deployment.outputs(STACK)])
    for before, after in zip(gra, meetings(now, "gra"), strict=True):
        assert after.id != before.id
        assert (after.name, after.public_address) == (before.name, before.public_address)
    assert {s.id for s in now.servers if s.role != "meeting"} == {
        s.id for s in fleet.servers if s.site == "gra" and s.role != "meeting"
    }

    def cookie(address: str) -> str:
        answer = probes.ask(address, DOMAIN, "/session", authority=deployment.authority)
        return answer.headers.get("set-cookie", "")

    for site, way in doors.items():
        eventually(partial(cookie, way.address), "other.sid=", deadline=60, what=f"a new session through {site}'s edge")
