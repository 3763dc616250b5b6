"""The passwords of Redis while they are rotated: sites that are one round apart are one fleet.

Real Redis and Sentinel from their boot documents; Gravelines is a round further than the others. Servers that have no
password of their own get one in the same rounds.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

import pytest

from tests.configuration import SECRETS
from tests.daemons.redis_trio import ADDRESSES, SECONDS, Trio, booted, named_master
from tests.unit.waiting import eventually

OLD, NEW = SECRETS["redis_password"], "~new.redis-password_of-the-tests"
FLEET, OTHER = SECRETS["redis_fleet_password"], "~another.fleet-password"
# What is before a rotation and after each round: of the one password of all; of the servers' first own one; of another.
Round = Mapping[str, Any]
_NONE: dict[str, Any] = {"redis_fleet_password": None}
ONE: list[Round] = [
    _NONE,
    _NONE | {"redis_password_next": NEW},
    _NONE | {"redis_password": NEW, "redis_password_previous": OLD},
    _NONE | {"redis_password": NEW},
]
FIRST: list[Round] = [
    _NONE,
    _NONE | {"redis_fleet_password_next": FLEET},
    {"redis_fleet_password_previous": OLD},
    {},
]
AGAIN: list[Round] = [
    {},
    {"redis_fleet_password_next": OTHER},
    {"redis_fleet_password": OTHER, "redis_fleet_password_previous": FLEET},
    {"redis_fleet_password": OTHER},
]
ACCEPTED, USED, REFUSED = ONE[1:]


def _quorum(trio: Trio) -> None:
    for name, host in trio.items():
        eventually(
            partial(host.ask, "SENTINEL", "ckquorum", "mymaster", sentinel=True),
            lambda answer: answer.startswith("OK 3 usable Sentinels"),
            seconds=SECONDS,
            what=f"{name}'s Sentinel counts three",
        )


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """Gravelines uses the new password, the others accept it and use the old one; both replicas are online."""
    with booted(tmp_path_factory.mktemp, each={"gra": USED, "sbg": ACCEPTED, "witness": ACCEPTED}) as hosts:
        yield hosts


@pytest.mark.parametrize("sentinel", [False, True], ids=["redis", "sentinel"])
def test_both_passwords_are_taken_and_no_other(trio: Trio, sentinel: bool) -> None:
    """Also once the daemons have written their files anew."""
    for host in trio.values():
        command = ("SENTINEL", "flushconfig") if sentinel else ("CONFIG", "REWRITE")
        assert host.ask(*command, sentinel=sentinel) == "OK"
        for password in (OLD, NEW):
            assert host.ask("PING", sentinel=sentinel, password=password) == "PONG"
        assert "NOAUTH" in host.ask("PING", sentinel=sentinel, password="")
        assert "NOAUTH" in host.ask("PING", sentinel=sentinel, password="another")


def test_they_vote_replicate_and_fail_over(trio: Trio) -> None:
    """All three count each other; a lost master is replaced, and comes back as a replica of one of the other round."""
    _quorum(trio)
    assert trio["gra"].ask("SET", "before", "1", password=NEW) == "OK"
    trio["gra"].stop()
    eventually(partial(named_master, trio["witness"]), lambda name: name == "127.17.1.5", seconds=SECONDS, what="SBG")
    eventually(
        partial(trio["sbg"].ask, "SET", "after", "2"), lambda said: said == "OK", seconds=SECONDS, what="a write"
    )
    trio["gra"].take_role()
    trio["gra"].start_redis()
    trio["gra"].start_sentinel()
    eventually(partial(trio["gra"].ask, "GET", "after"), lambda said: said == "2", seconds=SECONDS, what="its replica")
    assert trio["sbg"].ask("GET", "before", password=NEW) == "1"
    _quorum(trio)


def test_the_last_round_refuses_the_old_one(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Beside sites of the round before: they use the new one, so nobody is missed."""
    with booted(tmp_path_factory.mktemp, each={"gra": USED, "sbg": REFUSED, "witness": USED}) as hosts:
        _quorum(hosts)
        assert "NOAUTH" in hosts["sbg"].ask("PING", password=OLD)
        assert hosts["gra"].ask("PING", password=OLD) == "PONG"


@pytest.mark.parametrize("ahead", ["gra", "sbg"])
@pytest.mark.parametrize("number", [1, 2, 3])
@pytest.mark.parametrize("rounds", [FIRST, AGAIN], ids=["first", "again"])
def test_servers_get_a_password_of_their_own_in_rounds(
    rounds: list[Round], number: int, ahead: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The master, or a replica, is a round further than the others: all replicate, count each other and fail over."""
    each = {site: rounds[number if site == ahead else number - 1] for site in ADDRESSES}
    with booted(tmp_path_factory.mktemp, each=each) as hosts:
        _quorum(hosts)
        assert hosts["gra"].ask("SET", "sess:before", "1", password=OLD) == "OK"
        hosts["gra"].stop()
        write = partial(hosts["sbg"].ask, "SET", "sess:after", "2", password=OLD)
        eventually(write, "OK".__eq__, seconds=SECONDS, what="Strasbourg takes a meeting server's write")
        hosts["gra"].start_units()
        read = partial(hosts["gra"].ask, "GET", "sess:after", password=OLD)
        eventually(read, "2".__eq__, seconds=SECONDS, what="Gravelines is its replica")
