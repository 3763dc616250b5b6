"""A site is drained, and the other one loses its power meanwhile; and what the runbook says then (#site-rolling)."""

import time
from functools import partial
from pathlib import Path

import pytest

from drill.clients.attendance import Attendance, together
from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from lab.workspace import STACKS, renew
from ops.roll.plan import Step
from tests.lab.conftest import meetings, named, servers_of, through
from tests.lab.rolling import LOOK_SECONDS, rolling
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]

STACK, SITE, OTHER = "lab-gra", "gra", "sbg"
BACK_SECONDS = 300
DEADLINE = 900


def _servers(fleet: Fleet) -> dict[str, str]:
    return {server.name: server.id for server in servers_of(fleet, SITE)}


def _status(deployment: Deployment) -> str:
    """What `make status` finds amiss; "well" when that is nothing."""
    command = ["python", "-m", "ops", "status", *STACKS, "--authority", str(deployment.authority)]
    done = deployment.run(STACK, command, check=False)
    bad = [line for line in done.stdout.splitlines() if line.startswith("BAD")]
    return "; ".join(bad) or ("well" if done.returncode == 0 else done.stderr)


def _put_back(deployment: Deployment) -> str:
    """`make roll SITE=gra UNDO=1`: the end of its last word, or what it could not tell."""
    command = ["python", "-m", "ops", "roll", *STACKS, "--site", SITE, "--undo", "--ssh", str(deployment.ssh_directory)]
    done = deployment.run(STACK, [*command, "--identity", str(deployment.identity)], check=False)
    return "in service" if done.returncode == 0 else done.stdout + done.stderr


def test_rooms_that_drain_stay_and_the_site_is_open_again(deployment: Deployment, fleet: Fleet, tmp_path: Path) -> None:
    """The roll ends by itself, nobody is moved, new rooms open; a second operator was told of the first."""
    renew(deployment.directory, STACK)
    gra = named(meetings(fleet, SITE))
    way = through(deployment, fleet, SITE)
    room = f"lost-{time.time_ns()}"
    with Attendance() as attendance:
        people = [attendance.join(way, room, f"person-{number}") for number in range(2)]
        where = together(*people)
        assert people[0].instance in gra
        with rolling(deployment, SITE, tmp_path / "roll.log", deadline=DEADLINE) as roll:
            roll.reaches(Step.WAIT, 300)
            with rolling(deployment, SITE, tmp_path / "second.log", deadline=0) as second:
                assert second.ends(LOOK_SECONDS * 2) == 1, second.said()
            assert "is at work, as " in second.said()
            with outages.powered_off(*servers_of(fleet, OTHER)):
                assert roll.ends(LOOK_SECONDS * 3) == 1, roll.said()
                assert "what was taken out is put back" in roll.said()
                assert attendance.join(way, f"new-{room}", "new").instance in gra
                assert together(*people) == where
        # The edge that could not be told has what it was told first, also after a restart: the runbook's last command.
        eventually(partial(_put_back, deployment), "in service", deadline=BACK_SECONDS, what="make roll UNDO=1")
        eventually(partial(_status, deployment), "well", deadline=BACK_SECONDS, what="make status")
        for person in people:
            assert not [event for event in person.log.events if event.name == "disconnected"]
    assert _servers(deployment.fleet()) == _servers(fleet)
