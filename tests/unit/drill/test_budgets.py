"""A budget is the settings' own worst case and what everything took without a fault: nothing else."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from drill.baseline import CEILINGS, Baseline
from drill.budgets import budgets, keys
from drill.clients.signalling import REQUEST_TIMEOUT
from drill.observers import MASTER
from drill.strikes import found_as
from drill.target import Target
from recovery.client import Client, Given, Servers
from recovery.fault import Fault
from recovery.faults import worst_case
from recovery.meeting import RESTART
from settings.effects import plain
from settings.keys import keys as settings_keys
from tests.configuration import settings

AT_MOST = Baseline(0.5 + CEILINGS["page"], 1.0 + CEILINGS["join"], CEILINGS["write"], CEILINGS["media"], 1.0)


def target(changes: dict[str, Any] | None = None, **more: object) -> Target:
    """What a budget needs of one."""
    return cast("Target", SimpleNamespace(environment=settings("gra", changes).env, servers=Servers(), **more))


@pytest.mark.parametrize("fault", Fault)
def test_no_budget_is_above_the_promise_and_the_baseline(fault: Fault) -> None:
    """What a preview promises, for each service and its return, with the longest that may pass for quiet on top.

    The drill's clients try the other address sooner than those of a preview, and give a request up as soon as they do
    themselves: their budgets are never above.
    """
    given = Given(settings("gra").env, Client(patience=REQUEST_TIMEOUT))
    found = budgets(target(), fault, AT_MOST)
    for name, seconds in worst_case(fault, given).budgets.items():
        kind = name.split()[0]
        calm = AT_MOST.of(kind) if kind in CEILINGS else AT_MOST.look if name == "full redundancy" else 0
        assert (found[name] is None) == (seconds is None), name
        assert (found[name] or 0) <= (seconds or 0) + calm, name


def test_the_baseline_is_on_top_of_every_service() -> None:
    """Of those that are not interrupted, too."""
    found = budgets(target(), Fault.SENTINEL_LOST, Baseline(0.6, 1.2, 0.1, 0.4, 1.0))
    assert {
        name: found[name] for name in ("page", "join", "write", "media", "page on the return", "full redundancy")
    } == {
        "page": 1.6,
        "join": 2.2,
        "write": 0.6,
        "media": 1.4,
        "page on the return": 1.6,
        "full redundancy": RESTART + Servers().start + 1.0,
    }


@pytest.mark.parametrize("fault", Fault)
def test_the_settings_that_are_named_exist(fault: Fault) -> None:
    """By the paths that the reference of the settings has."""
    known = {plain(key.path) for key in settings_keys()}
    for measure, named in keys(target(), fault).items():
        assert set(named) <= known, measure


def test_everything_comes_back_within_a_budget() -> None:
    """No fault's return is without one, as shipped."""
    for fault in Fault:
        found = budgets(target(), fault, AT_MOST)
        for kind in CEILINGS:
            assert found[f"{kind} on the return"] is not None, fault


def test_a_loss_is_called_what_its_finder_calls_it() -> None:
    """An instance by the room table, the master by the Sentinels, an edge by the nameservers, where there are any."""
    lost = [
        SimpleNamespace(site="gra", role="meeting", name="lab-gra-meeting-2"),
        SimpleNamespace(site="gra", role="edge", name="lab-gra-edge-1"),
        SimpleNamespace(site="gra", role="redis", name="lab-gra-redis-1"),
        SimpleNamespace(site="witness", role="witness", name="lab-witness-witness-1"),
    ]
    servers = cast("Any", lost)
    alone = target(None, fleet=SimpleNamespace(zone_names=()), master=lambda: "gra", redis_servers={"gra": lost[2]})
    assert found_as(alone, *servers) == ["gra-2", MASTER]
    zone = SimpleNamespace(zone_names=("meeting.example",))
    replica = target(None, fleet=zone, master=lambda: "sbg", redis_servers={"gra": lost[2], "sbg": None})
    assert found_as(replica, *servers) == ["gra-2", "lab-gra-edge-1"]
