"""A public release in the users' own build's place: upstream's image by podman, and a proxy that follows the master."""

import re
from collections.abc import Iterator

import pytest

from drill.record import Report
from drill.report.figures import next_to_budget
from fleet.fleet import Fleet
from lab.deployment import Deployment
from lab.workspace import STACKS
from settings.servers import ServerName
from tests.lab.configured import Configured
from tests.lab.conftest import Shell
from tests.lab.drilling import drilled
from tests.lab.released import heard_and_seen, released
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

KIND: ServerName = "edumeet-3.5"
FAULTS = ("meeting-process-killed", "redis-master-off")


@pytest.fixture(scope="module")
def settings(deployment: Deployment, configured: Configured) -> Iterator[None]:
    """Every instance asks a proxy of its own."""
    with released(deployment, configured, KIND, "proxy"):
        yield


@pytest.fixture(scope="module")
def report(deployment: Deployment, settings: None, tmp_path_factory: pytest.TempPathFactory) -> Report:
    """Two losses."""
    found = drilled(deployment, tmp_path_factory.mktemp("drill"), *FAULTS)
    assert found is not None, "the drill made no report"
    return found


def test_every_instance_opens_a_room(fleet: Fleet, shell: Shell) -> None:
    """As the readiness, the status and monitoring ask."""
    for server in fleet.of("meeting"):
        assert shell(server.name, "sudo multiparty-room").startswith("a room opens"), server.name


def test_root_in_the_container_may_do_nothing(fleet: Fleet, shell: Shell) -> None:
    """By what the kernel says of the server's process: no capability, and no way to one."""
    for server in fleet.of("meeting"):
        status = shell(server.name, "cat /proc/$(pgrep --exact node)/status")
        found = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
        assert (found["CapEff"], found["CapBnd"], found["NoNewPrivs"]) == ("0" * 16, "0" * 16, "1"), server.name


def test_people_of_both_edges_hear_and_see_each_other(deployment: Deployment, fleet: Fleet) -> None:
    """Media both ways, to the one instance that has the room."""
    heard_and_seen(deployment, fleet)


def test_the_status_and_the_five_figures_are_well(deployment: Deployment, fleet: Fleet, shell: Shell) -> None:
    """The release's own names of them are understood: rooms, people, traffic, Redis and what is served."""
    command = ["python", "-m", "ops", "status", *STACKS, "--authority", str(deployment.authority)]
    done = deployment.run(STACKS[0], command, check=False)
    assert done.returncode == 0, done.stdout
    (witness,) = fleet.of("witness")
    query = "'query=count(meeting:rooms) + count(meeting:peers)'"
    ask = f"curl --silent --get --data-urlencode {query} http://127.0.0.1:9090/api/v1/query"

    def sites() -> str:
        found = re.search(r'"value":\[[0-9.]+,"([0-9]+)"\]', shell(witness.name, ask))
        return found[1] if found else "nothing"

    eventually(sites, "4", deadline=180, what="rooms and people of both sites")


@pytest.mark.parametrize("name", FAULTS)
def test_a_loss_is_over_as_soon_as_the_settings_say(report: Report, name: str) -> None:
    """A process that ends, and a Redis master whose place another takes: the proxy follows it."""
    (one,) = (found for found in report.drilled if found.name == name)
    missed = [f"{measure.name} {next_to_budget(measure)}" for measure in one.measures if not measure.met]
    assert not [*missed, *one.problems]
