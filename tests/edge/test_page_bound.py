"""The computed worst case of a page is none that Caddy exceeds, where it forgets failed tries or gives up early too.

An instance goes silent, and somebody asks for a page again a second after each error.
"""

import time
from typing import Any

import pytest

from recovery.client import Given
from recovery.fault import Fault
from recovery.faults import worst_case
from tests.edge.fleet import Fleet
from tests.edge.person import Person
from tests.edge.quiet import Standstill
from tests.unit.settings.rule_table import NO_OBJECTIVE
from tests.unit.waiting import eventually

CHANGES = NO_OBJECTIVE
HEALTH = {"interval": "3s", "timeout": "2s"}
CASES: dict[str, dict[str, Any]] = {
    "a failed try is forgotten at once": {"health": {**HEALTH, "fail_duration": "100ms", "max_fails": 1}},
    "the first is forgotten just before the choice": {"health": {**HEALTH, "fail_duration": "2600ms"}},
    "the first is remembered just long enough": {"health": {"interval": "30s", "fail_duration": "2900ms"}},
    "a request is one try": {"lb_try_duration": "500ms", "health": {"interval": "20s"}},
    "many tries": {"health": {**HEALTH, "max_fails": 9}},
}


@pytest.mark.parametrize("case", CASES)
def test_a_page_comes_within_the_computed_time(fleet: Fleet, case: str) -> None:
    """From the moment at which the instance goes silent."""
    edge, person = fleet.edges["gra"], Person(fleet, "gra")
    given = fleet.settings("gra", **CASES[case])
    edge.take_all(given)
    eventually(
        lambda: person.get("/page").get("instance"), lambda i: i == "gra-1", seconds=45, what="the primary's page"
    )
    bound = worst_case(Fault.MEETING_SERVER_OFF, Given(given.env)).promises["page"].seconds
    assert bound
    begun = time.monotonic()
    fleet.instances["gra-1"].cut(off=True)
    try:
        with Standstill() as standstill:
            while person.get("/page")["status"] != 200:
                time.sleep(Given(given.env).client.page)
            took = time.monotonic() - begun
        assert took < bound + standstill.longest
    finally:
        fleet.instances["gra-1"].cut(off=False)
        edge.take_all(fleet.settings("gra"))
