"""A setting that replaces a meeting server is rolled, while people meet and ask for pages.

`make test-long`, on demand: ten minutes.
"""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path

import pytest

from drill.clients.asking import Asking
from drill.clients.attendance import Attendance, together
from fleet import edges, https, ssh
from fleet.fleet import DeployedServer, Fleet, described
from lab import demo
from lab.deployment import Deployment
from lab.workspace import DOMAIN
from ops.roll.plan import Step
from tests.engine.preview import replaced
from tests.lab.conftest import meeting, through
from tests.lab.rolling import rolling
from tests.lab.waiting import eventually

# Not tried again: a roll that stopped has left the site drained.
pytestmark = [pytest.mark.lab, pytest.mark.long, pytest.mark.timeout(2400), pytest.mark.flaky(reruns=0)]

# What a page in flight may try (`lb_try_duration`), Caddy's check, and an emulated edge that answers slowly.
SILENCE_SECONDS = 5 + 10 + 5
STACK = "lab-gra"
DEADLINE = 45  # of the room that is there
REJOIN_SECONDS = 120
ROLL_SECONDS = 1200


@pytest.fixture
def put_back(deployment: Deployment) -> Iterator[None]:
    """The lab has one cookie name at both sites again: with two, nobody's session is another site's."""
    yield
    deployment.prepare()
    demo.deploy(deployment)


def _found(config: Path, server: DeployedServer) -> str:
    """How an edge finds GRA's instance."""
    return edges.instances(config, server)["gra-1"]


@pytest.mark.usefixtures("put_back")
def test_cookie_name_replaces_the_meeting_server_and_keeps_its_address(
    deployment: Deployment, fleet: Fleet, tmp_path: Path
) -> None:
    """The preview names GRA's meeting server alone; afterwards it has its address, and its sessions the new name.

    Meanwhile SBG answers through both edges, and GRA again once it is back. A room on GRA is whole until its deadline,
    then at SBG; new ones open at SBG from the beginning, and at GRA again in the end.
    """
    gra, sbg = meeting(fleet, "gra"), meeting(fleet, "sbg")
    doors = {"gra": through(deployment, fleet, "gra", "sbg"), "sbg": through(deployment, fleet, "sbg", "gra")}
    # Edges know rooms longer than people are in them.
    room = f"cookies-{time.time_ns()}"
    seen: dict[str, set[str]] = {site: set() for site in doors}

    def ask(site: str) -> bool:
        answer = https.ask(doors[site].address, DOMAIN, authority=deployment.authority)
        seen[site].add(answer.headers.get("x-instance", ""))
        return answer.status == 200

    config = ssh.write(fleet, deployment.ssh_directory, deployment.identity)
    for server in fleet.of("edge"):
        eventually(partial(_found, config, server), "UP", deadline=120, what=f"GRA's instance at {server.name}")
    deployment.prepare({"meeting": {"cookie_name": "other.sid"}})
    assert replaced(deployment.preview(STACK)) == {gra.name, "gra-meeting-1-ready"}
    with ExitStack() as entered:
        asking = [entered.enter_context(Asking(partial(ask, site), interval=1)) for site in doors]
        attendance = entered.enter_context(Attendance())
        people = [attendance.join(way, room, f"cookies-{site}") for site, way in doors.items()]
        assert {person.instance for person in people} == {gra.name}
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
        assert attendance.join(doors["sbg"], f"again-{room}", "again").instance == gra.name
    print(f"meeting server rolled: nobody answered for {max(silences):.1f} s at the longest")
    assert max(silences) < SILENCE_SECONDS
    assert all(sbg.name in instances for instances in seen.values())

    now = described([deployment.outputs(STACK)])
    renewed = meeting(now, "gra")
    assert renewed.id != gra.id
    assert renewed.public_address == gra.public_address
    assert {s.id for s in now.servers if s.role != "meeting"} == {
        s.id for s in fleet.servers if s.site == "gra" and s.role != "meeting"
    }

    def cookie(address: str) -> str:
        answer = https.ask(address, DOMAIN, "/session", authority=deployment.authority)
        return answer.headers.get("set-cookie", "")

    for site, way in doors.items():
        eventually(partial(cookie, way.address), "other.sid=", deadline=60, what=f"a new session through {site}'s edge")
