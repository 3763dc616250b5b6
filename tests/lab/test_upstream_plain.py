"""The older public release, which knows one Redis by its address: rooms open, and a lost master is not followed."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from fleet.fleet import Fleet
from lab import outages
from lab.deployment import Deployment
from lab.redis_clients import redis_clients
from lab.workspace import STACKS
from settings.servers import ServerName
from tests.lab.configured import Configured
from tests.lab.conftest import Shell, instance
from tests.lab.released import heard_and_seen, released
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

KIND: ServerName = "edumeet-3.4"
PRIMARY = "gra"
STAYS_SECONDS = 10


@pytest.fixture(scope="module")
def settings(deployment: Deployment, configured: Configured) -> Iterator[None]:
    """Every instance asks the primary site's Redis."""
    with released(deployment, configured, KIND, "plain"):
        yield


def test_every_instance_opens_a_room(fleet: Fleet, shell: Shell) -> None:
    """As the readiness, the status and monitoring ask."""
    for server in fleet.of("meeting"):
        assert shell(server.name, "sudo multiparty-room").startswith("a room opens"), server.name


def test_people_of_both_edges_hear_and_see_each_other(deployment: Deployment, fleet: Fleet) -> None:
    """Media both ways, as the release's own protocol has it."""
    heard_and_seen(deployment, fleet)


def test_a_lost_master_is_not_followed(deployment: Deployment, fleet: Fleet) -> None:
    """The Sentinels elect another, and no page comes from it: the recovery table has no figure for it either."""
    command = ["python", "-m", "ops", "promote", f"lab-{PRIMARY}", "--identity", str(deployment.identity)]
    deployment.run(STACKS[0], command, timeout=180)
    pages = {site: partial(instance, deployment, fleet, site, "/session") for site in ("gra", "sbg")}
    for site, page in pages.items():
        eventually(page, "lab-", deadline=60, what=f"a page through {site}")
    with redis_clients(deployment, fleet) as redis:
        assert redis.settled() == PRIMARY
        with outages.paused(redis.servers[PRIMARY]):
            eventually(redis.master, "sbg", deadline=60, what="another master")
            until = time.monotonic() + STAYS_SECONDS
            while time.monotonic() < until:
                assert not [site for site, page in pages.items() if _served(page)]
        redis.settled()


def _served(page: Callable[[], str]) -> bool:
    try:
        return page().startswith("lab-")
    except TimeoutError:  # it waits for Redis
        return False
