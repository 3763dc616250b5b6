"""The worst cases of lost instances, edges and daemons, held against the daemons that edges run, as shipped.

Everybody asks anew: what a browser waits by itself before it asks again (Socket.io's delay, its ping) is taken out of
the sum. What the tests cannot show is a wide area's delay.
"""

import time
from collections.abc import Callable
from functools import partial
from itertools import pairwise

import pytest

from drill.clients.asking import Asking
from drill.visitor import Visitor
from recovery.fault import Fault
from recovery.worst_case import Service
from tests.edge.fleet import DOMAIN, Fleet
from tests.edge.losses import LOSSES, computed
from tests.edge.person import Person
from tests.unit.waiting import eventually

INTERVAL = 0.2
BEFORE_SECONDS = AFTERWARDS_SECONDS = 3


def in_the_room(person: Person) -> bool:
    """Whether a poll of a room that is there is answered by an instance."""
    return "-" in person.asks("kept")


def visitor(fleet: Fleet) -> Visitor:
    """Somebody who has both edges' addresses, the lost one first."""
    return Visitor([str(fleet.edges[site].address) for site in ("gra", "sbg")], DOMAIN, fleet.cacert)


ROOMS = [fault for fault in LOSSES if fault is not Fault.EDGE_LOST]


@pytest.fixture
def whole(fleet: Fleet) -> None:
    """Everybody's pages and new rooms come from the primary's instance again."""
    for site in ("gra", "sbg"):
        person = Person(fleet, site)
        eventually(
            lambda person=person: (person.asks(f"new {time.monotonic()}"), person.get("/page").get("instance")),  # type: ignore[misc]
            ("gra-1", "gra-1").__eq__,
            seconds=60,
            what=f"{site}'s edge sends rooms and pages to gra-1",
        )


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("fault", LOSSES)
def test_pages_come_again_within_the_worst_case(fleet: Fleet, fault: Fault) -> None:
    """Asked for by somebody who has both edges' addresses."""
    lasts_no_longer_than_computed(fleet, fault, "page", visitor(fleet).ask)


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize("fault", ROOMS)
@pytest.mark.parametrize("site", ["gra", "sbg"])
def test_rooms_come_again_within_the_worst_case(fleet: Fleet, fault: Fault, site: str) -> None:
    """A room that is there, through each edge."""
    person = Person(fleet, site)
    assert in_the_room(person)
    lasts_no_longer_than_computed(fleet, fault, "join", partial(in_the_room, person))


def silence(asking: Asking, since: float) -> float:
    """The longest time without an answer from `since` on (monotonic clock) until the last one, in seconds."""
    moments = [since, *(moment for moment in asking.answered if moment >= since)]
    return max((later - earlier for earlier, later in pairwise(moments)), default=0.0)


def lasts_no_longer_than_computed(fleet: Fleet, fault: Fault, service: Service, ask: Callable[[], bool]) -> None:
    """The longest silence after a loss is within the sum and the longest silence without one, a moment before."""
    with Asking(ask, interval=INTERVAL) as asking:
        eventually(lambda: bool(asking.answered), bool, seconds=10, what="somebody is answered before")
        before = time.monotonic()
        time.sleep(BEFORE_SECONDS)
        promised = computed(fleet.edges["gra"].settings.env, fault, service)
        assert promised is not None
        allowed = promised + silence(asking, before)
        begun = time.monotonic()
        with LOSSES[fault](fleet):
            time.sleep(allowed)
            assert asking.answered[-1] > begun, f"nobody was answered within {allowed:.1f} s"
            time.sleep(AFTERWARDS_SECONDS)
            assert silence(asking, begun) <= allowed
