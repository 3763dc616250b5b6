"""The objective: kept by what is shipped, refused with reasons where it is missed, and the table of a preview."""

from typing import Any

import pytest

from lab.cloud.hypervisor import EMULATED
from recovery.fault import Fault
from recovery.objective import ONE_ADDRESS, check_objective, figures, misses, objective_warnings, table
from settings.load import SettingsError
from settings.warnings import warnings
from tests.configuration import settings
from tests.unit.boot.golden import CLUSTER, DNS, NEAREST, OPERATORS
from tests.unit.settings.rule_table import NO_OBJECTIVE

WARN = {"env.recovery_objective.on_miss": "warn"}
TIGHT = {"env.recovery_objective.seconds": 16}
KEY = "stack gra: environments.production.recovery_objective.seconds"


def refused(changes: dict[str, Any]) -> list[str]:
    """The lines of the refusal."""
    with pytest.raises(SettingsError) as error:
        check_objective(settings("gra", changes))
    return str(error.value).splitlines()


@pytest.mark.parametrize(
    "changes",
    [{}, DNS, CLUSTER, {"env.redis.access": "proxy"}, {"env.edge.affinity": False}],
    ids=["failover", "dns", "cluster", "proxy", "no affinity"],
)
def test_the_shipped_values_keep_the_default(changes: dict[str, Any]) -> None:
    """90 s, with each Redis, and with each routing that gives people both edges' addresses."""
    env = settings("gra", changes).env
    assert (env.recovery_objective.seconds, misses(env)) == (90, [])


def test_the_labs_slower_values_keep_it_too() -> None:
    check_objective(settings("gra", {f"env.edge.{key}": value for key, value in EMULATED.edge.items()}))


def test_a_missed_objective_is_refused_with_its_terms() -> None:
    """A line for each service: key, value, faults with their seconds, the slowest one's terms, what shortens them."""
    lines = refused(TIGHT)
    assert [line.split(" after ")[0] for line in lines] == [
        f"{KEY} = 16: is missed by {service}" for service in ("page", "join", "media")
    ]
    page, join, _ = lines
    for words in (
        "two-in-sequence 18.6 s; site-isolated = 10 s until an open connection is silent + 10 s until the browser",
        "until Caddy asks HAProxy (edge.dial_timeout)",
        "redis.failover_timeout, edge.dial_timeout, edge.room_table.check_timeout, raise it, or take on_miss: warn",
    ):
        assert words in page
    assert "redis-master-off 17.5 s, " in join
    assert "edge-lost 46.5 s" in join
    assert "site-off" in join
    assert "meeting-server-off" not in join


def test_one_long_value_is_refused_by_default() -> None:
    """A name that leads to one edge and is remembered for an hour, a Sentinel that tries again after twenty minutes."""
    (page, join, media) = refused(DNS | NEAREST | {"env.dns.ttl": "1h"})
    assert "edge-lost 3806.0 s" in page
    assert "3600 s until resolvers forget the old answer (dns.ttl)" in join
    assert "shorten dns." in media
    assert "redis.failover_timeout" in refused({"env.redis.failover_timeout": "10m"})[0]


def test_the_nearest_edge_alone_is_too_slow_for_the_default() -> None:
    """What browsers keep, and that they wait for an attempt, is no setting: whoever takes it says how long may be."""
    (page, join, _) = refused(DNS | NEAREST)
    assert "60 s until a browser forgets it that asked at the end + " in page
    assert "135 s until the attempt to connect is given up" in page
    assert "edge-lost 237.0 s" in join
    check_objective(settings("gra", DNS | NEAREST | {"env.recovery_objective.seconds": 240}))


def test_other_mistakes_come_first() -> None:
    """The times of an environment that is none are nobody's."""
    (line,) = refused({"env.sites.sbg.role": "primary", **TIGHT})[:1]
    assert "exactly one site must be primary" in line


def test_a_missed_objective_may_be_a_warning() -> None:
    """The same words in the preview, with the key and the value."""
    given = settings("gra", OPERATORS | TIGHT | WARN)
    check_objective(given)
    said = objective_warnings(given.env)
    assert [sentence.split(" after ")[0] for sentence in said] == [
        f"recovery_objective.seconds = 16 is missed by {service}" for service in ("page", "join", "media")
    ]
    assert objective_warnings(settings("gra", OPERATORS | WARN).env) == []
    assert objective_warnings(settings("gra", OPERATORS | TIGHT).env) == []


def test_without_an_objective_nothing_is_missed() -> None:
    env = settings("gra", {"env.redis.failover_timeout": "10m", **NO_OBJECTIVE}).env
    assert misses(env) == []
    assert "objective" not in table(env)


def test_two_sites_are_a_warning_and_no_refusal() -> None:
    """No number of seconds mends what only a person can: the preview says it in words."""
    given = settings("gra", OPERATORS | {"env.sites.witness": None})
    (said,) = warnings(given)
    assert "has two voters only" in said
    assert "none: with two sites the Sentinel that is left has no majority: a person must promote" in table(given.env)


def test_the_table_has_every_fault_and_rounds_up() -> None:
    """Whoever reads it has at least what is computed; the same settings give the same text."""
    env = settings("gra").env
    head, titles, *rows = table(env).splitlines()
    assert head == "worst case after a fault, in seconds (-: not interrupted; the objective is 90 s):"
    assert titles.split() == ["page", "join", "write", "media"]
    shown = {row[:24].strip(): row[24:].split() for row in rows if not row.startswith("none: ")}
    assert list(shown) == [*map(str, Fault), ONE_ADDRESS]
    assert shown["meeting-process-killed"] == ["1.3", "5.8", "-", "6.8"]
    assert shown["haproxy-lost"] == ["-", "9.3", "-", "10.3"]
    assert max(len(line) for line in (titles, *rows[:-1])) < 60
    assert table(env) == table(settings("sbg").env)


def test_the_figures_of_a_stack_are_those_of_the_table() -> None:
    """Numbers, and words where there is none."""
    found = figures(settings("gra", {"env.sites.witness": None}).env)
    assert found["site-off"] == {"page": "none", "join": "none", "write": "none", "media": "none"}
    assert found["edge-lost"] == {"page": 23.0, "join": 46.5, "write": "-", "media": 17.5}


def test_who_has_one_address_has_a_line_of_its_own() -> None:
    """Nothing is promised without DNS, and minutes with it; the objective is of what the names lead to."""
    assert figures(settings("gra").env)[ONE_ADDRESS] == {"page": "none", "join": "none", "write": "-", "media": "none"}
    assert "none: without dns a client with one address waits until a person changes" in table(settings("gra").env)
    env = settings("gra", DNS).env
    assert figures(env)[ONE_ADDRESS] == {"page": 236.0, "join": 237.0, "write": "-", "media": 129.5}
    assert misses(env) == []
