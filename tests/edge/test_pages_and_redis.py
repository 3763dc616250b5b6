"""Nobody waits longer for a page than for Redis: `/health` waits for it too, and Caddy takes both instances out."""

import time
from collections.abc import Iterator

import pytest

from settings.duration import seconds
from tests.edge.fleet import Fleet
from tests.edge.person import Person
from tests.edge.quiet import Standstill
from tests.unit.waiting import eventually

LATE = 3.0  # seconds that a page may wait longer than Redis; the next health check may be 10 s away


@pytest.fixture
def without_a_master(fleet: Fleet) -> Iterator[None]:
    """For as long as it takes until each instance has failed a health check."""
    health = fleet.settings("gra").env.edge.health
    for instance in fleet.instances.values():
        instance.signal("USR1")
    try:
        time.sleep(seconds(health.interval) + seconds(health.timeout) + 1)
        yield
    finally:
        for instance in fleet.instances.values():
            instance.signal("USR2")


@pytest.mark.usefixtures("without_a_master")
@pytest.mark.parametrize("site", ["gra", "sbg"])
def test_a_page_comes_as_soon_as_redis_takes_writes_again(fleet: Fleet, site: str) -> None:
    """Through either edge, although the next health check is seconds away."""
    person = Person(fleet, site)
    for instance in fleet.instances.values():
        instance.signal("USR2")
    begun = time.monotonic()
    with Standstill() as standstill:
        eventually(lambda: person.get("/page")["status"], (200).__eq__, seconds=60, what="a page")
        took = time.monotonic() - begun
    assert took <= LATE + standstill.longest
