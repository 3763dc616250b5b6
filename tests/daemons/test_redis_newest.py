"""The newest copy wins, and every outage has an end: servers lost, started and replaced in an order that is not kind.

Real Redis and Sentinels from their boot documents, started as their unit files say.
"""

import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from boot.redis.redis import redis_node
from tests.configuration import settings
from tests.daemons import scheduled
from tests.daemons.redis_host import REDIS_ON_LOOPBACK, RedisHost, free_ports
from tests.daemons.redis_trio import ADDRESSES, SECONDS, TWO_SITES, Trio, booted, known_sentinels, named_master
from tests.unit.waiting import eventually

GRA, SBG = ADDRESSES["gra"], ADDRESSES["sbg"]
KEYS = 101
# Sentinel's own steps are seconds; a replaced server asks everybody for two seconds first.
WHOLE_SECONDS = 60


@pytest.fixture
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp) as hosts:
        yield hosts


@pytest.fixture
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp, TWO_SITES) as hosts:
        yield hosts


def _role(host: RedisHost) -> tuple[str | None, str | None]:
    info = host.info()
    return info.get("role"), info.get("master_host")


def _takes_writes(host: RedisHost, *, seconds: float = WHOLE_SECONDS) -> None:
    def said() -> str:
        return host.ask("SET", "asked", "1")

    eventually(said, "OK".__eq__, seconds=seconds, what=f"{host.address} takes writes\n{host.log()}")


def _written(host: RedisHost, key: str = "numbers", count: int = KEYS) -> None:
    _takes_writes(host)
    assert host.ask("SADD", key, *map(str, range(count))) == str(count)


def _has(host: RedisHost, key: str = "numbers", count: int = KEYS) -> None:
    look = partial(host.ask, "SCARD", key)
    eventually(look, str(count).__eq__, seconds=WHOLE_SECONDS, what=f"{host.address} has {key}\n{host.log()}")


def _follow(hosts: Trio, master: str) -> None:
    """One master, everybody else follows it, and all Sentinels name it."""
    for host in hosts.values():
        if host.address == master:
            eventually(partial(_role, host), ("master", None).__eq__, seconds=WHOLE_SECONDS, what=f"{master} leads")
        else:
            wanted = ("slave", master)
            what = f"{host.address} follows {master}\n{host.log()}"
            eventually(partial(_role, host), wanted.__eq__, seconds=WHOLE_SECONDS, what=what)
        what = f"{host.address}'s Sentinel names {master}"
        eventually(partial(named_master, host), master.__eq__, seconds=WHOLE_SECONDS, what=what)


def _replaced(host: RedisHost) -> None:
    host.stop()
    host.wipe()
    host.boot()


def test_its_own_sentinels_newer_opinion_counts(tmp_path: Path) -> None:
    """Strasbourg was elected since; Gravelines' Sentinel was away and answers first, the witness does not."""
    ports = free_ports()
    hosts = {name: RedisHost(ADDRESSES[name], ports, tmp_path / name) for name in ("gra", "sbg")}
    for name, host in hosts.items():
        host.write(redis_node(settings(name, REDIS_ON_LOOPBACK)))
        host.seed()
    gra, sbg = hosts.values()
    (sbg.root / "var/lib/redis/appendonlydir").mkdir()
    for host, master, epoch in ((gra, GRA, 0), (sbg, SBG, 1)):
        seed = (host.root / "etc/multiparty/redis/sentinel.conf").read_text().replace("@MASTER@", master)
        more = f"sentinel config-epoch mymaster {epoch}\nsentinel myid {host.address.encode().hex():0<40.40}\n"
        host.sentinel_conf.write_text(seed + more)
    try:
        gra.start_sentinel()
        eventually(partial(named_master, gra), GRA.__eq__, seconds=SECONDS, what="Gravelines' Sentinel names it")
        sbg.take_role()
    finally:
        gra.stop()
    assert "replicaof" not in sbg.conf.read_text()


def _stale(three: Trio) -> None:
    """Gravelines is lost, Strasbourg elected; then it and the witness lose power too."""
    gra, sbg, witness = three.values()
    _takes_writes(gra)
    gra.stop()
    _written(sbg)
    _has(witness)
    sbg.stop()
    witness.stop()


# Seconds between two servers' boots: the next one is there before anybody has waited, or long after.
@pytest.mark.parametrize(
    ("order", "apart"),
    [
        ("gra sbg witness", 0),
        ("gra sbg witness", 14),
        ("gra witness sbg", 5),
        ("sbg gra witness", 5),
    ],
)
def test_a_stale_sentinel_that_is_back_first_changes_nothing(three: Trio, order: str, apart: float) -> None:
    """All power comes back, and what was written since the failover is there: with the patience that is shipped."""
    for host in three.values():
        script = host.script("redis-role")
        script.write_text(script.read_text().replace("date +%s) + 2)", "date +%s) + 10)"))
    _stale(three)
    for number, name in enumerate(order.split()):
        time.sleep(apart if number else 0)
        three[name].start_units()
    # Whichever leads in the end: one that was back late may have been taken for lost.
    scheduled.Trio(three).wait_whole()
    for host in three.values():
        _has(host)
    _takes_writes({GRA: three["gra"], SBG: three["sbg"]}[named_master(three["witness"])])


def test_the_witness_copy_leads_when_its_master_never_comes_back(three: Trio) -> None:
    """Gravelines boots with what is stale, alone at first; Strasbourg is burnt."""
    gra, _, witness = three.values()
    _stale(three)
    for host in (gra, witness):
        host.start_units()
        time.sleep(3)
    _takes_writes(gra)
    _has(gra)
    _has(witness)
    three["sbg"].start_units()
    _follow(three, GRA)
    _has(three["sbg"])


def test_a_replaced_master_is_voted_out_by_the_sentinel_beside_it(three: Trio) -> None:
    """With the witness away that vote is one of two; Redis itself waits until somebody else is master."""
    gra, sbg, witness = three.values()
    _written(gra)
    _has(sbg)
    witness.stop()
    _replaced(gra)
    _follow({"gra": gra, "sbg": sbg}, SBG)
    _has(gra)
    _takes_writes(sbg)


def test_so_it_is_on_two_sites(two: Trio) -> None:
    """Nothing is lost but the master's server, by `pulumi up`."""
    gra, sbg = two.values()
    _written(gra)
    _has(sbg)
    _replaced(gra)
    _follow(two, SBG)
    _has(gra)


def _witness_alone(three: Trio) -> None:
    """Gravelines is burnt, Strasbourg its heir, and then replaced: the only copy is the one that is never elected."""
    gra, sbg, witness = three.values()
    gra.stop()
    gra.wipe()
    _written(sbg)
    _has(witness)


def test_the_only_copy_is_the_witness(three: Trio) -> None:
    """The empty named master takes it and leads, the witness follows, and later the rebuilt site as well."""
    gra, sbg, witness = three.values()
    _witness_alone(three)
    _replaced(sbg)
    _follow({"sbg": sbg, "witness": witness}, SBG)
    _has(sbg)
    _has(witness)
    assert witness.ask("CONFIG", "GET", "min-replicas-to-write").split() == ["min-replicas-to-write", "1"]
    _takes_writes(sbg)
    gra.boot()
    _follow(three, SBG)
    _has(gra)


def _source(witness: RedisHost) -> Callable[[], str | None]:
    return lambda: witness.info().get("role")


@pytest.mark.parametrize("cut", ["reader", "source"])
def test_a_copy_that_is_cut_off_is_taken_again(three: Trio, cut: str) -> None:
    """The server that takes it loses power, or the witness does, while that is a source which nobody writes to."""
    sbg, witness = three["sbg"], three["witness"]
    _witness_alone(three)
    # The transfer begins when the witness has gathered for long enough who wants it.
    for setting in (("repl-diskless-sync", "yes"), ("repl-diskless-sync-delay", "3")):
        assert witness.ask("CONFIG", "SET", *setting) == "OK"
    sbg.stop()
    sbg.wipe()
    sbg.boot()
    eventually(_source(witness), "master".__eq__, seconds=WHOLE_SECONDS, what=f"it is a source\n{sbg.log()}")
    assert "NOREPLICAS" in witness.ask("SET", "at", "witness")
    lost = sbg if cut == "reader" else witness
    lost.stop()
    lost.start_units()
    _follow({"sbg": sbg, "witness": witness}, SBG)
    _has(sbg)
    _has(witness)


def _failover_ends(witness: RedisHost) -> None:
    """A second loss before that is upstream's own limit; Sentinels forget nothing that they were told."""
    eventually(
        (witness.root / "redis-sentinel.log").read_text,
        lambda text: "+switch-master" in text or "+config-update-from" in text,
        seconds=SECONDS,
        what="the witness' Sentinel follows Strasbourg",
    )


def test_a_stale_copy_is_not_elected_while_the_witness_has_a_newer_one(three: Trio) -> None:
    """Gravelines is lost, Strasbourg writes on and is lost as well; then Gravelines comes back alone."""
    gra, sbg, witness = three.values()
    _written(gra, "before", 1)
    gra.stop()
    _written(sbg)
    _has(witness)
    assert len(known_sentinels(witness)) == 2
    _failover_ends(witness)
    sbg.stop()
    gra.start_units()
    _takes_writes(gra)
    _has(gra)
    _has(witness)
    sbg.start_units()
    _follow(three, GRA)
    _has(sbg)


def test_nor_while_the_witness_has_not_noticed_that_its_master_is_gone(three: Trio) -> None:
    """Strasbourg loses its power, then Gravelines without a word, and Strasbourg is back at once."""
    gra, sbg, witness = three.values()
    _takes_writes(gra)
    sbg.stop()
    time.sleep(2)  # Redis says in whole seconds when it heard something
    _written(gra)
    _has(witness)
    gra.pause(True)
    try:
        sbg.start_units()
        _takes_writes(sbg)
        _has(sbg)
    finally:
        gra.pause(False)
    _follow(three, SBG)
    _has(gra)


def test_an_empty_server_is_not_elected_while_its_master_is_lost(three: Trio) -> None:
    """Gravelines' server is replaced while Strasbourg is off: it takes the witness' copy before it may be elected."""
    gra, sbg, witness = three.values()
    gra.stop()
    _written(sbg)
    _has(witness)
    _failover_ends(witness)
    sbg.stop()
    gra.wipe()
    gra.boot()
    _takes_writes(gra)
    _has(gra)
    sbg.start_units()
    _follow(three, GRA)
    _has(sbg)
