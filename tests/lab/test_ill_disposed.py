"""Two minutes of an ill-disposed client at both edges: a meeting goes on, pages come, and who is new is let in."""

import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import cycle

import pytest

from drill.clients.attendance import Attendance, together
from fleet.fleet import Fleet
from lab.deployment import Deployment
from tests.edge.quiet import Standstill
from tests.lab.conftest import edge, through
from tests.lab.ill_disposed import IllDisposed
from tests.lab.in_service import whole
from tests.lab.pages import asking, longest
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(600)]

LASTS_SECONDS, BETWEEN_JOINS = 120, 5
# Far more than any of them takes in peace; an instance that is taken out for what a client sends is out for 30 s.
LATE_SECONDS = 5


def test_nobody_is_shut_out(deployment: Deployment, fleet: Fleet) -> None:
    """The client is limited, and gets nothing of an instance at port 80."""
    whole(deployment, fleet)
    doors = {site: through(deployment, fleet, site) for site in ("gra", "sbg")}
    addresses = [str(edge(fleet, site).public_address) for site in doors]
    room, joins = f"undisturbed-{time.time_ns()}", []
    with Attendance() as attendance, ThreadPoolExecutor(8) as threads, Standstill() as standstill:
        people = [attendance.join(door, room, f"undisturbed-{site}") for site, door in doors.items()]
        where = f"together on {people[0].instance}"
        eventually(partial(together, *people), where, deadline=60, what="the room")
        seen = [len(person.log.events) for person in people]
        begun = time.monotonic()
        clients = [IllDisposed(deployment, address, begun + LASTS_SECONDS) for address in addresses]
        harm = [threads.submit(way) for client in clients for way in client.ways()]
        with asking(deployment, fleet, "gra") as gra, asking(deployment, fleet, "sbg") as sbg:
            sites = cycle(doors)
            while time.monotonic() < begun + LASTS_SECONDS:
                came = time.monotonic()
                attendance.join(doors[next(sites)], f"new-{came}-{room}", f"new-{came}")
                joins.append(time.monotonic() - came)
                time.sleep(BETWEEN_JOINS)
            for one in harm:
                one.result()
            gaps = [longest(pages, begun, time.monotonic()) for pages in (gra, sbg)]
        left = [event for p, n in zip(people, seen, strict=True) for event in p.log.events[n:]]
        assert together(*people) == where
    print(f"longest without a page {max(gaps):.1f} s, longest join {max(joins):.1f} s of {len(joins)}; ", end="")
    print(f"longest standstill {standstill.longest:.1f} s; told", *(dict(client.answers) for client in clients))
    assert not [event for event in left if event.name == "disconnected"]
    assert max(*gaps, *joins) < LATE_SECONDS + standstill.longest
    for client in clients:
        assert client.answers["junk: 429"] and client.answers["plain: refused"] and client.answers["wrong: 500"]
        assert not client.answers["plain: an instance's"]
