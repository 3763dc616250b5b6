"""The Redis password while it is rotated: sites that are one round apart are one fleet.

Real Redis and Sentinel from their boot documents; Gravelines is a round further than the others.
"""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.configuration import SECRETS
from tests.daemons.redis_trio import SECONDS, Trio, booted, named_master
from tests.unit.waiting import eventually

OLD, NEW = SECRETS["redis_password"], "~new.redis-password_of-the-tests"
ACCEPTED = {"redis_password_next": NEW}
USED = {"redis_password": NEW, "redis_password_previous": OLD}
REFUSED = {"redis_password": NEW}


def _quorum(trio: Trio, password: str = OLD) -> None:
    for name, host in trio.items():
        eventually(
            partial(host.ask, "SENTINEL", "ckquorum", "mymaster", sentinel=True, password=password),
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
        _quorum(hosts, NEW)
        assert "NOAUTH" in hosts["sbg"].ask("PING")
        assert hosts["gra"].ask("PING") == "PONG"
