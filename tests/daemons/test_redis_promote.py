"""The failover by hand: two sites, of which one is lost, and the script that an operator runs on the other."""

import itertools
import os
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from boot.redis.redis import redis_node, witness
from fleet.fleet import Fleet, described
from fleet.outputs import StackOutputs
from ops.promote import NotPromotedError, promote
from tests.configuration import settings
from tests.daemons.redis_host import REDIS_ON_LOOPBACK, RedisHost, free_ports
from tests.daemons.redis_trio import SECONDS, TWO_SITES, Trio, all_vote, booted, known_replicas, named_master, of_master
from tests.unit.waiting import eventually

GRA, SBG = "127.17.0.5", "127.17.1.5"
# A failover takes two to three seconds here, a second attempt comes after ten.
NOBODY_ELECTS_SECONDS = 12


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp, TWO_SITES) as hosts:
        yield hosts


def _follows(host: RedisHost, master: str) -> None:
    def followed(info: dict[str, str]) -> bool:
        return (info.get("role"), info.get("master_host"), info.get("master_link_status")) == ("slave", master, "up")

    eventually(host.info, followed, seconds=2 * SECONDS, what=f"{host.address} follows {master}")
    eventually(partial(named_master, host), master.__eq__, seconds=SECONDS, what="and its Sentinel names it")


def test_a_master_has_nothing_to_be_promoted_to(pair: Trio) -> None:
    done = pair["gra"].promote()
    assert (done.returncode, done.stdout) == (0, f"{GRA} is the master already: nothing to do\n"), done.stderr


def test_on_two_sites_a_person_promotes_the_survivor(pair: Trio) -> None:
    """The primary site is lost. Its Sentinel was half of the votes, so nobody elects; the command needs no vote, and
    a lone master takes writes.
    """
    gra, sbg = pair["gra"], pair["sbg"]
    eventually(partial(known_replicas, sbg), "1".__eq__, seconds=SECONDS, what="the Sentinel knows the replica")
    assert gra.ask("SET", "before", "1") == "OK"
    gra.stop()
    deadline = time.monotonic() + NOBODY_ELECTS_SECONDS
    while time.monotonic() < deadline:
        assert sbg.info()["role"] == "slave"
        assert "READONLY" in sbg.ask("SET", "meanwhile", "1")
        time.sleep(0.5)
    done = sbg.promote()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{SBG} is the master instead of {GRA}, and takes writes\n"
    assert sbg.ask("SET", "since", "2") == "OK"
    assert sbg.ask("GET", "before") == "1"


def test_the_lost_site_comes_back_as_a_replica(pair: Trio) -> None:
    """Its files still name itself; the script before its start asks, and its Sentinel hears of the newer epoch."""
    gra, sbg = pair["gra"], pair["sbg"]
    gra.take_role()
    gra.start_redis()
    gra.seed_sentinel()
    gra.start_sentinel()
    _follows(gra, SBG)
    assert gra.ask("GET", "since") == "2"
    for host in (gra, sbg):
        quorum = partial(host.ask, "SENTINEL", "ckquorum", "mymaster", sentinel=True)
        what = "both Sentinels are there"
        eventually(quorum, lambda said: said.startswith("OK 2 usable"), seconds=SECONDS, what=what)
    eventually(
        lambda: {of_master(host).get("config-epoch") for host in (gra, sbg)},
        lambda epochs: len(epochs) == 1,
        seconds=SECONDS,
        what="both are of one epoch",
    )


def test_after_a_cut_the_one_that_was_not_promoted_gives_way(pair: Trio) -> None:
    """Strasbourg is only out of reach: it is master when Gravelines is promoted, and still when the cut is healed."""
    gra, sbg = pair["gra"], pair["sbg"]
    sbg.pause(True)
    try:
        eventually(lambda: of_master(gra).get("flags", ""), lambda f: "s_down" in f, seconds=SECONDS, what="it is down")
        done = gra.promote()
        assert (done.returncode, done.stderr) == (0, "")
        assert gra.ask("SET", "during", "3") == "OK"
    finally:
        sbg.pause(False)
    _follows(sbg, GRA)
    assert sbg.ask("GET", "during") == "3"


def test_a_handover_between_two_that_are_well_loses_no_write(pair: Trio) -> None:
    """Somebody writes to the old master until it refuses: what it acknowledged is all there afterwards."""
    gra, sbg = pair["gra"], pair["sbg"]
    all_vote(gra, sbg)  # Strasbourg's stood still in the test before
    acknowledged: list[str] = []

    def write() -> None:
        for number in itertools.count():
            if gra.ask("SADD", "handover", str(number)) != "1":
                return
            acknowledged.append(str(number))

    writer = threading.Thread(target=write)
    writer.start()
    eventually(lambda: len(acknowledged), (5).__lt__, seconds=SECONDS, what="it writes")
    done = sbg.promote()
    assert (done.returncode, done.stderr) == (0, "")
    writer.join(SECONDS)
    assert not writer.is_alive()
    _follows(gra, SBG)
    assert not set(acknowledged) - set(sbg.ask("SMEMBERS", "handover").split())


def test_what_cannot_be_promoted_says_why(tmp_path: Path) -> None:
    """Redis is not running; it is one that may not lead; each ends at once, with the reason."""
    host = RedisHost(GRA, free_ports(), tmp_path)
    host.write(redis_node(settings("gra", REDIS_ON_LOOPBACK)))
    host.seed()
    done = host.promote()
    assert (done.returncode, "does not answer: systemctl status redis-server" in done.stderr) == (1, True), done.stderr
    with host.conf.open("a") as conf:
        conf.write(f"replicaof {SBG} {host.ports[0]}\nreplica-priority 0\n")
    try:
        host.start_redis()
        host.seed_sentinel()
        host.start_sentinel()
        for sentinel in (False, True):
            eventually(partial(host.ask, "PING", sentinel=sentinel), "PONG".__eq__, seconds=SECONDS, what="it answers")
        done = host.promote()
    finally:
        host.stop()
    refused = f"Sentinel on {GRA} refuses to make it the master instead of {SBG}: NOGOODSLAVE"
    assert (done.returncode, refused in done.stderr) == (1, True), done.stderr


def test_the_witness_cannot_be_asked_for_it() -> None:
    """Its boot document has no such command."""
    paths = [file.path for file in witness(settings("witness")).files]
    assert not [path for path in paths if "promote" in path]


def _server(role: str) -> dict[str, Any]:
    return {"id": "1", "role": role, "backbone_address": "10.17.1.5", "public_address": None, "host_key": None}


def _site(role: str) -> Fleet:
    servers = {f"production-sbg-{role}-1": _server(role)}
    return described([StackOutputs.model_validate({"site": "sbg", "region": "SBG7", "servers": servers})])


@pytest.mark.parametrize(("code", "said"), [(0, "is the master"), (1, "refuses")])
def test_the_command_hands_on_what_the_server_says(
    code: int, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An `ssh` of the test's own shows what would be run, and where."""
    ssh = tmp_path / "ssh"
    ssh.write_text(f'#!/bin/sh\necho "$*"\necho "{said}" >&{1 + code}\nexit {code}\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    if code:
        with pytest.raises(NotPromotedError, match="production-sbg-redis-1: refuses"):
            promote(_site("redis"), tmp_path / "config")
        return
    shown = promote(_site("redis"), tmp_path / "config")
    command = f"-F {tmp_path}/config -o BatchMode=yes production-sbg-redis-1 sudo redis-promote"
    assert shown.splitlines() == [command, said]


def test_a_site_without_a_master_to_be_is_refused() -> None:
    with pytest.raises(NotPromotedError, match="name the stack of a service site"):
        promote(_site("witness"), Path("config"))
