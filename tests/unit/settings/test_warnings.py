"""What is allowed but said in the preview."""

from typing import Any

import pytest

from settings.warnings import warnings
from tests.configuration import OPERATOR_KEY, settings
from tests.unit.boot.golden import DNS, MONITORED

OPERATORS = {"env.operators": {"cidrs": ["198.51.100.7/32"], "ssh_public_key": OPERATOR_KEY}}
TWO_VOTERS = {"env.sites.witness": None}


@pytest.mark.parametrize("stack", ["gra", "sbg", "witness"])
def test_a_full_environment_draws_no_warning(stack: str) -> None:
    """Three voters, operators, and a gateway that carries 50 participants at 4 Mbit/s: just what size s carries."""
    assert warnings(settings(stack, OPERATORS)) == []


@pytest.mark.parametrize(
    ("stack", "changes", "words"),
    [
        ("gra", TWO_VOTERS | OPERATORS, "has two voters only: when either site is lost nobody can elect a new"),
        (
            "gra",
            {"env.participants": 51} | OPERATORS,
            "site gra alone holds about 50 of participants 51",
        ),
        ("gra", DNS | {"env.deployed": ["gra", "sbg"]}, "the zone ha.organisation.fr lacks witness: once their stacks"),
        ("gra", {"env.redis.access": "plain"} | OPERATORS, "meeting nodes know redis-gra only and follow no failover"),
        (
            "sbg",
            {"env.operators": {"cidrs": ["10.0.0.0/23", "10.1.0.0/24"], "ssh_public_key": OPERATOR_KEY}},
            "operators.cidrs: 10.0.0.0/23 is 512 addresses that may try to log in: name smaller networks",
        ),
        ("witness", {}, "no operators.cidrs: port 22 stays closed everywhere"),
        ("witness", MONITORED | {"env.deployed": ["gra"]}, "monitoring does not watch sbg: once their stacks are"),
        (
            "witness",
            MONITORED | {"env.monitoring": {"webhook": True}},
            "monitoring.dead_mans_switch is off: nobody is told when the witness",
        ),
    ],
)
def test_a_weakness_draws_one_warning(stack: str, changes: dict[str, Any], words: str) -> None:
    """Each with its numbers, and alone."""
    (said,) = warnings(settings(stack, changes))
    assert words in said
