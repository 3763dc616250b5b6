"""The script that runs before every start of redis-server: which role a node takes when not all is well."""

import os
import re
import subprocess
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from boot.redis.redis import redis_node
from tests.configuration import settings
from tests.daemons.redis_host import REDIS_ON_LOOPBACK, RedisHost, free_ports, together
from tests.unit.waiting import eventually

GRA, SBG, WITNESS = "127.17.0.5", "127.17.1.5", "127.17.2.6"
SECONDS = 60


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[RedisHost, RedisHost]]:
    """Gravelines and Strasbourg with their boot documents, nothing started."""
    ports = free_ports()
    hosts = (RedisHost(GRA, ports, tmp_path / "gra"), RedisHost(SBG, ports, tmp_path / "sbg"))
    for host, stack in zip(hosts, ("gra", "sbg"), strict=True):
        host.write(redis_node(settings(stack, REDIS_ON_LOOPBACK)))
        host.seed()
    yield hosts
    for host in hosts:
        host.stop()


def _replicates(host: RedisHost) -> list[str]:
    return [line for line in host.conf.read_text().splitlines() if line.startswith("replicaof ")]


def _start(host: RedisHost) -> None:
    host.start_redis()
    eventually(partial(host.ask, "PING"), "PONG".__eq__, seconds=SECONDS, what=f"Redis answers\n{host.log()}")


def test_at_the_first_boot_the_plan_gives_the_role(pair: tuple[RedisHost, RedisHost]) -> None:
    """No Sentinel answers and nothing has run before: the primary site is master, the other its replica."""
    gra, sbg = pair
    begun = time.monotonic()
    together(RedisHost.take_role, pair)
    assert 1 < time.monotonic() - begun < SECONDS, "it asks for a while; here two seconds instead of ten"
    assert _replicates(gra) == []
    assert _replicates(sbg) == [f"replicaof {GRA} {gra.ports[0]}"]


def test_a_clock_that_is_set_back_makes_nobody_wait_longer(
    pair: tuple[RedisHost, RedisHost], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An hour further back each time that somebody looks."""
    times, clock = tmp_path / "times", tmp_path / "bin/date"
    clock.parent.mkdir()
    clock.write_text(
        f"#!/bin/sh\necho >>{times}\necho $(($(/usr/bin/env -i /bin/date +%s) - 3600 * $(wc -l <{times})))\n"
    )
    clock.chmod(0o755)
    monkeypatch.setenv("PATH", str(clock.parent), prepend=os.pathsep)
    begun = time.monotonic()
    together(RedisHost.take_role, pair)
    together(RedisHost.seed_sentinel, pair)
    assert time.monotonic() - begun < SECONDS


def test_a_node_that_has_run_keeps_its_role_when_no_sentinel_answers(pair: tuple[RedisHost, RedisHost]) -> None:
    """A failover made Gravelines a replica and Strasbourg the master: both remember it, against the plan."""
    gra, sbg = pair
    for host in pair:
        _start(host)
    assert gra.ask("REPLICAOF", SBG, str(sbg.ports[0])) == "OK"
    assert gra.ask("CONFIG", "REWRITE") == sbg.ask("CONFIG", "REWRITE") == "OK"
    for host in pair:
        host.stop()
    together(RedisHost.take_role, pair)
    assert _replicates(gra) == [f"replicaof {SBG} {sbg.ports[0]}"]
    assert _replicates(sbg) == []


def test_the_seed_leaves_a_file_that_redis_has_written(pair: tuple[RedisHost, RedisHost]) -> None:
    """The boot step runs once more on a server whose disk survived: what Redis wrote is state."""
    _start(pair[0])
    assert pair[0].ask("CONFIG", "SET", "maxmemory", "100mb") == "OK"
    assert pair[0].ask("CONFIG", "REWRITE") == "OK"
    before = pair[0].conf.read_bytes()
    pair[0].seed()
    assert pair[0].conf.read_bytes() == before


@pytest.mark.parametrize("disk", ["empty", "used"])
def test_a_named_master_waits_only_while_it_is_empty(pair: tuple[RedisHost, RedisHost], disk: str) -> None:
    """The Sentinels still name Gravelines. With its data it starts at once as master; without, it would wipe
    Strasbourg: it waits until the Sentinels name the one that holds the data, and follows that.
    """
    gra, sbg = pair
    if disk == "used":
        _start(gra)
        gra.stop()
    _start(sbg)
    assert sbg.ask("CONFIG", "SET", "min-replicas-to-write", "0") == "OK"
    assert sbg.ask("SET", "session", "data") == "OK"
    # One Sentinel cannot elect, so it names Gravelines for as long as the test wants.
    seed = (sbg.root / "etc/multiparty/redis/sentinel.conf").read_text().replace("@MASTER@", GRA)
    sbg.sentinel_conf.write_text(seed)
    sbg.start_sentinel()
    named = partial(sbg.ask, "SENTINEL", "get-master-addr-by-name", "mymaster", sentinel=True)
    eventually(named, lambda answer: answer.startswith(GRA), seconds=SECONDS, what="a Sentinel names Gravelines")
    if disk == "used":
        assert gra.take_role() == ""
        assert _replicates(gra) == []
        return
    script = subprocess.Popen(["sh", str(gra.script("redis-role"))], stdout=subprocess.PIPE, text=True)
    try:
        assert script.stdout
        said = script.stdout.readline()
        with pytest.raises(subprocess.TimeoutExpired):
            script.wait(timeout=3)
        assert sbg.ask("SENTINEL", "REMOVE", "mymaster", sentinel=True) == "OK"
        assert sbg.ask("SENTINEL", "MONITOR", "mymaster", SBG, str(sbg.ports[0]), "2", sentinel=True) == "OK"
        script.wait(timeout=SECONDS)
    finally:
        script.kill()
    assert f"named master, but empty while {SBG} holds data: waiting for the Sentinels" in said
    assert _replicates(gra) == [f"replicaof {SBG} {sbg.ports[0]}"]


@pytest.mark.parametrize("master", [GRA, SBG])
def test_a_sentinel_is_seeded_with_the_master_that_redis_found(pair: tuple[RedisHost, RedisHost], master: str) -> None:
    """The Redis beside it is a replica of that master, or is it; a seed that Sentinel has not touched is made anew.

    It knows each replica from the first, the one beside it too: a lost master tells nobody who has to follow the next.
    """
    gra, _ = pair
    gra.sentinel_conf.touch(0o600)  # left over from an interrupted boot
    if master == SBG:
        with gra.conf.open("a") as conf:
            conf.write(f"replicaof {SBG} {gra.ports[0]}\n")
    gra.seed_sentinel()
    text = gra.sentinel_conf.read_text()
    assert f"sentinel monitor mymaster {master} {gra.ports[0]} 2\n" in text
    assert "@MASTER@" not in text
    known = set(re.findall(r"^sentinel known-replica mymaster (\S+) ", text, re.MULTILINE))
    assert known == {GRA, SBG, WITNESS} - {master}
    assert gra.sentinel_conf.stat().st_mode & 0o077 == 0
