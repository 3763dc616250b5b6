"""One server is left, and a person has it serve alone: by `redis-promote alone`, until a replica is back."""

import subprocess
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.daemons.redis_host import RedisHost
from tests.daemons.redis_trio import ADDRESSES, Trio, booted
from tests.daemons.test_redis_proxy import ENVIRONMENT, Proxy, written
from tests.unit.disk import program
from tests.unit.waiting import eventually

SECONDS = 60  # most of it for servers that boot beside others
SBG = ADDRESSES["sbg"]
HINT = "without a replica in reach it takes no writes; ALONE=1 has it do without"


@pytest.fixture
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp) as hosts:
        yield hosts


def _wanted(host: RedisHost) -> str:
    return host.ask("CONFIG", "GET", "min-replicas-to-write").split()[-1]


def _writes(host: RedisHost, answer: str) -> None:
    write = partial(host.ask, "SET", "key", "value")
    eventually(write, lambda said: answer in said, seconds=SECONDS, what=f"a write is answered by {answer}")


def test_the_witness_is_away_for_days_and_then_a_site_is_lost(trio: Trio) -> None:
    """Without ALONE the command says what is missing; with it the survivor serves, over a restart too, until the lost
    site is back.
    """
    gra, sbg, witness = trio.values()
    assert gra.ask("SET", "before", "1") == "OK"
    witness.stop()
    gra.stop()
    done = sbg.promote()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines()[-1] == HINT
    _writes(sbg, "NOREPLICAS")
    done = sbg.promote()
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"{SBG} is the master already: {HINT}\n"

    done = sbg.promote("alone")
    assert (done.returncode, done.stdout) == (0, f"{SBG} is the master already: nothing to do\n"), done.stderr
    _writes(sbg, "OK")
    assert sbg.ask("GET", "before") == "1"
    sbg.stop()
    sbg.start_units()
    _writes(sbg, "OK")

    gra.start_units()
    eventually(partial(_wanted, sbg), "1".__eq__, seconds=2 * SECONDS, what="a replica is back, and is wanted again")
    gone = (sbg.root / "var/lib/redis/alone").exists
    eventually(gone, lambda there: not there, seconds=SECONDS, what="over the next restart too")
    eventually(partial(gra.ask, "GET", "key"), "value".__eq__, seconds=SECONDS, what="it has what was written alone")
    gra.stop()
    _writes(sbg, "NOREPLICAS")


def test_a_survivor_is_promoted_and_serves_alone_at_once(trio: Trio) -> None:
    """One command; where it is not needed it changes nothing."""
    gra, sbg, witness = trio.values()
    done = gra.promote("alone")
    assert (done.returncode, done.stderr) == (0, "")
    eventually(partial(_wanted, gra), "1".__eq__, seconds=SECONDS, what="it has replicas, and wants one")
    witness.stop()
    gra.stop()
    done = sbg.promote("alone")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{SBG} is the master instead of 127.17.0.5, and takes writes\n"
    _writes(sbg, "OK")


def test_the_proxy_leads_to_a_master_that_serves_alone(trio: Trio, tmp_path: Path) -> None:
    """A master alone that may not write is none to the proxy; one that may is, as soon as it was told so."""
    gra, sbg, witness = trio.values()
    port = gra.ports[0]
    command = [program("haproxy", "haproxy"), "-db", "-f", str(written({}, port, tmp_path))]
    process = subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        proxy = Proxy(port)
        write = partial(proxy.ask, "SET", "through", "proxy")
        eventually(write, "OK".__eq__, seconds=SECONDS, what="the proxy leads to Gravelines")
        witness.stop()
        sbg.stop()
        eventually(write, lambda said: said != "OK", seconds=SECONDS, what="the proxy leads nowhere")
        done = gra.promote("alone")
        assert (done.returncode, done.stderr) == (0, "")
        eventually(write, "OK".__eq__, seconds=SECONDS, what="the proxy leads to Gravelines again")
        sbg.start_units()
        eventually(partial(_wanted, gra), "1".__eq__, seconds=2 * SECONDS, what="a replica is wanted again")
        eventually(write, "OK".__eq__, seconds=SECONDS, what="and there")
    finally:
        process.kill()
        process.wait(timeout=10)
