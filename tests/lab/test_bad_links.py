"""Links that are not cut but bad, on the backbone of the Redis master's site: people of the other site wait no longer
than if it were cut, nothing acknowledged is lost, and rooms are whole once it is mended, without a person.
"""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial

import pytest

from drill.clients.asking import INTERVAL
from drill.clients.attendance import Attendance, together
from drill.clients.participant import Participant
from fleet.fleet import Fleet
from lab import bad_links
from lab.deployment import Deployment
from lab.redis_clients import RedisClients, other
from recovery.client import Given
from recovery.fault import Fault
from recovery.faults import worst_case
from tests.edge.quiet import Standstill
from tests.lab.conftest import through
from tests.lab.in_service import whole
from tests.lab.pages import asking, longest
from tests.lab.promised import write_seconds
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(900)]

# Long enough for a failover; and seconds that a page takes in peace, that a room needs to come together.
LASTS_SECONDS, PAGE_SECONDS, REJOIN_SECONDS = 30, 1, 60

Bad = Callable[[Deployment, str], AbstractContextManager[None]]
BAD: dict[str, Bad] = {
    "nobody hears it": partial(bad_links.one_way, way="unheard"),
    "it hears nobody": partial(bad_links.one_way, way="deaf"),
    "it loses packets": partial(bad_links.lossy, percent=10),
    "it is slow": partial(bad_links.slow, kbit=300),
}


@pytest.mark.parametrize("what", BAD)
def test_a_bad_link_costs_no_more_than_a_cut_one(
    deployment: Deployment, fleet: Fleet, redis: RedisClients, what: str
) -> None:
    """Two people in a room, pages and writes, all at the other site."""
    whole(deployment, fleet)
    master = redis.settled()
    site = other(master)
    door, key = through(deployment, fleet, site), f"{what.replace(' ', '-')}-{time.time_ns()}"
    with Attendance() as attendance, redis.writing(site, key) as writing, Standstill() as standstill:
        people = attendance.join_at_once(*(Participant(door, key, f"{key}-{number}") for number in range(2)))
        writing.wait_acknowledged(0, deadline=60)
        with asking(deployment, fleet, site) as pages:
            begun = time.monotonic()
            with BAD[what](deployment, master):
                time.sleep(LASTS_SECONDS)
            whole(deployment, fleet)
            no_page = longest(pages, begun, time.monotonic())
        eventually(lambda: together(*people), "together on", deadline=REJOIN_SECONDS, what="the room")
        where = together(*people)
        redis.settled()
        writing.wait_acknowledged(time.monotonic(), deadline=60)
        # Who writes goes on: what is acknowledged while the master is asked is not in its answer.
        acknowledged, no_write = writing.acknowledged(), writing.gap(begun)
        surviving = redis.surviving(key)
    print(
        f"{what}: {no_page:.1f} s without a page, {no_write:.1f} s without a write; the master was {master}'s, ", end=""
    )
    print(f"is {redis.master()}'s; {where}; longest standstill {standstill.longest:.1f} s")
    assert [write for write in acknowledged if write.number not in surviving] == []
    cut = worst_case(Fault.SITE_ISOLATED, Given(deployment.settings()))
    assert cut.page.seconds is not None
    assert no_write < write_seconds(deployment, Fault.SITE_ISOLATED, standstill.longest)
    assert no_page < cut.page.seconds + PAGE_SECONDS + INTERVAL + standstill.longest
