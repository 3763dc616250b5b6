"""Legal settings by chance, extremes included: pages and rooms come again within the bound that is computed from them.

SETTINGS=200 SEED=1 python -m pytest tests/edge/test_random_settings.py

Settings whose bound is longer than LONGEST are drawn again: nothing but patience would be tried with them.
"""

import math
import os
import random
import time
from typing import Any

import pytest

from drill.clients.asking import Asking
from recovery.fault import Fault
from settings.environment import Environment
from settings.load import SettingsError
from settings.stack import Settings
from tests.edge.fleet import Fleet
from tests.edge.losses import INSTANCE, computed
from tests.edge.person import Person
from tests.unit.settings.rule_table import NO_OBJECTIVE
from tests.unit.waiting import eventually

SETTINGS = int(os.environ.get("SETTINGS", "3"))
SEED = int(os.environ.get("SEED", "1"))
LONGEST = 25.0  # seconds
INTERVAL = 0.4
BEFORE_SECONDS = 3
# Milliseconds, to the most that is allowed; from the least but for what a TLS handshake may take on a busy machine,
# without which no instance would be up, and for as many of them as it bears.
DURATIONS = {
    "dial_timeout": (100, 60_000),
    "tls_timeout": (500, 60_000),
    "lb_try_duration": (100, 300_000),
    "health.interval": (100, 300_000),
    "health.timeout": (500, 60_000),
    "health.fail_duration": (1, 3_600_000),
    "room_table.check_interval": (100, 60_000),
    "room_table.check_timeout": (500, 60_000),
}
TIMES = ("health.max_fails", "room_table.fall", "room_table.rise")
CHANGES = NO_OBJECTIVE


def drawn(fleet: Fleet, chance: random.Random) -> tuple[Settings, dict[str, Any]]:
    """Legal settings of GRA's edge, some of them changed, and what was changed."""
    while True:
        changes: dict[str, Any] = {}
        for key, (least, most) in DURATIONS.items():
            if chance.random() < 0.6:
                exponent = chance.choice((0.0, 1.0)) if chance.random() < 0.2 else chance.random()
                changes[key] = f"{round(least * (most / least) ** exponent)}ms"
        changes |= {key: chance.choice((1, 2, 3, 5, 9)) for key in TIMES if chance.random() < 0.6}
        changes |= {"affinity": False} if chance.random() < 0.2 else {}
        try:
            given = fleet.settings("gra", **changes)
        except SettingsError:
            continue
        bounds = [bound for fault in INSTANCE for bound in _bounds(given.env, fault).values()]
        if all(bound <= LONGEST for bound in bounds):
            return given, changes


def _bounds(env: Environment, fault: Fault) -> dict[str, float]:
    return {service: computed(env, fault, service) or math.inf for service in ("page", "join")}


def _page(person: Person) -> str:
    return str(person.get("/page").get("instance"))


def _opened(person: Person) -> str:
    """A new room, if it is at the primary's instance."""
    room = f"opened {time.monotonic()}"
    return room if person.asks(room) == "gra-1" else ""


@pytest.mark.parametrize("seed", range(SEED, SEED + SETTINGS))
@pytest.mark.timeout(300)
def test_pages_and_rooms_come_again_within_the_bound(fleet: Fleet, seed: int) -> None:
    """GRA's instance is lost, and both are answered by the other site's, through GRA's edge."""
    chance = random.Random(seed)  # noqa: S311 - which settings are tried
    given, changes = drawn(fleet, chance)
    fault = chance.choice(list(INSTANCE))
    bounds = _bounds(given.env, fault)
    person = Person(fleet, "gra")
    print(f"seed {seed}: {fault.value}, {changes}, allowed {bounds}", flush=True)
    fleet.edges["gra"].take_all(given)
    eventually(lambda: _page(person), "gra-1".__eq__, seconds=90, what="the primary's page")
    room = eventually(lambda: _opened(person), bool, seconds=90, what="a room at the primary")
    asks = {"page": lambda: _page(person) == "sbg-1", "join": lambda: person.asks(room) == "sbg-1"}
    found: dict[str, float] = {}
    with (
        Asking(asks["page"], interval=INTERVAL) as page,
        Asking(asks["join"], interval=INTERVAL) as join,
    ):
        time.sleep(BEFORE_SECONDS)
        own = {"page": longest(page), "join": longest(join)}
        begun = time.monotonic()
        with INSTANCE[fault](fleet):
            time.sleep(max(bounds.values()) + max(own.values()) + 1)
            for service, asking in (("page", page), ("join", join)):
                found[service] = min([moment for moment in asking.answered if moment > begun], default=math.inf) - begun
    print(f"seed {seed}: seen {found}, without a loss {own}", flush=True)
    assert {s: t for s, t in found.items() if t > bounds[s] + own[s]} == {}, f"{changes}: {bounds}, {own}"


def longest(asking: Asking) -> float:
    """The longest that an answer took so far, in seconds, with the pause between two questions."""
    return INTERVAL + max((asked.end - asked.begin for asked in asking.questions), default=BEFORE_SECONDS)
