"""A master that was killed and is back while another is elected: what it takes before it is told would be lost."""

from collections.abc import Iterator
from functools import partial

import pytest

from tests.daemons.redis_host import RedisHost
from tests.daemons.redis_trio import Trio, booted, of_master
from tests.unit.waiting import eventually

SECONDS = 60  # most of it for servers that boot beside others
ELECTING = "failover_in_progress"


@pytest.fixture
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp) as hosts:
        _takes_writes(hosts["gra"])
        yield hosts


def _takes_writes(host: RedisHost) -> None:
    write = partial(host.ask, "SET", "key", "value")
    eventually(write, "OK".__eq__, seconds=SECONDS, what=f"{host.address} takes writes\n{host.log()}")


def _elected(trio: Trio) -> bool:
    return any(ELECTING in of_master(host).get("flags", "") for host in trio.values())


def test_nothing_is_taken_while_another_is_elected(trio: Trio) -> None:
    """Strasbourg refuses to be promoted for as long as the election lasts: five seconds here."""
    gra, sbg, _ = trio.values()
    assert sbg.ask("ACL", "SETUSER", "default", "-replicaof", "-slaveof") == "OK"
    gra.stop("redis-server")
    eventually(partial(_elected, trio), bool, seconds=SECONDS, what="an election is on")
    gra.restart("redis-server")
    eventually(partial(gra.ask, "PING"), "PONG".__eq__, seconds=SECONDS, what=f"it is back\n{gra.log()}")
    answers = []
    while _elected(trio):
        answers.append(gra.ask("SET", "key", "lost"))
    # After the last one nobody looked: it may have come when the election was over.
    assert "OK" not in answers[:-1]
    assert sbg.ask("ACL", "SETUSER", "default", "+replicaof", "+slaveof") == "OK"
    eventually(
        lambda: [host.ask("SET", "key", "kept") for host in (gra, sbg)],
        lambda said: "OK" in said,
        seconds=SECONDS,
        what="whoever leads in the end takes writes",
    )


def test_a_master_that_is_back_before_anybody_missed_it_takes_writes(trio: Trio) -> None:
    """And its replica does, when it is promoted later: nothing of the wait is left in a file."""
    gra, sbg, _ = trio.values()
    gra.stop("redis-server")
    gra.restart("redis-server")
    eventually(partial(gra.ask, "PING"), "PONG".__eq__, seconds=SECONDS, what=f"it is back\n{gra.log()}")
    # On a slow machine somebody has missed it, and it follows another.
    eventually(
        lambda: (gra.ask("ROLE").split("\n")[0], gra.ask("SET", "key", "value")),
        lambda seen: seen[0] == "slave" or seen[1] == "OK",
        seconds=SECONDS,
        what=f"it takes writes, or follows\n{gra.log()}",
    )
    for host in (gra, sbg):
        wanted = partial(host.ask, "CONFIG", "GET", "min-replicas-to-write")
        eventually(wanted, lambda said: said.split()[-1] == "1", seconds=SECONDS, what="one replica is enough")


def test_sentinels_that_cannot_hear_it_hold_it_up_for_ten_seconds(trio: Trio) -> None:
    """They say a wrong password: nobody can be elected by them."""
    gra = trio["gra"]
    for host in trio.values():
        assert host.ask("SENTINEL", "SET", "mymaster", "auth-pass", "wrong", sentinel=True) == "OK"
    gra.stop("redis-server")
    gra.restart("redis-server")
    eventually(partial(gra.ask, "PING"), "PONG".__eq__, seconds=SECONDS, what=f"it is back\n{gra.log()}")
    assert "NOREPLICAS" in gra.ask("SET", "key", "early")
    _takes_writes(gra)
