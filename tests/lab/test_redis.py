"""Redis over three sites: replication, Sentinels, and what a client of another site sees."""

from functools import partial

import pytest

from ops.fleet import Fleet
from tests.lab.conftest import Shell
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

CLI = "sudo sh -c '. /etc/multiparty/redis/auth.env; export REDISCLI_AUTH; redis-cli --raw {}'"


def test_gra_replicates_to_sbg_and_the_witness(fleet: Fleet, shell: Shell) -> None:
    """A key written in GRA is read in both other sites within seconds."""
    master, *replicas = [*sorted(fleet.of("redis"), key=lambda s: s.site), *fleet.of("witness")]
    assert [s.site for s in (master, *replicas)] == ["gra", "sbg", "witness"]
    assert "role:master" in shell(master.name, CLI.format("INFO replication"))
    assert shell(master.name, CLI.format("SET test:replication written")).strip() == "OK"
    for replica in replicas:
        eventually(
            partial(shell, replica.name, CLI.format("GET test:replication")),
            "written",
            deadline=30,
            what=f"{replica.name} has the key",
        )


def test_three_sentinels_know_each_other(fleet: Fleet, shell: Shell) -> None:
    """Each Sentinel knows two others and two replicas, names GRA's Redis, and has its quorum."""
    gra = next(s for s in fleet.of("redis") if s.site == "gra")
    for server in [*fleet.of("redis"), *fleet.of("witness")]:
        ask = CLI.replace("redis-cli", "redis-cli -p 26379")
        words = shell(server.name, ask.format("SENTINEL MASTER mymaster")).splitlines()
        told = dict(zip(words[::2], words[1::2], strict=True))
        assert (told["ip"], told["num-other-sentinels"], told["num-slaves"]) == (gra.backbone_address, "2", "2")
        assert shell(server.name, ask.format("SENTINEL CKQUORUM mymaster")).startswith("OK 3 usable Sentinels")


def test_witness_is_never_promoted(fleet: Fleet, shell: Shell) -> None:
    """Its priority says so to every Sentinel."""
    (witness,) = fleet.of("witness")
    assert shell(witness.name, CLI.format("CONFIG GET replica-priority")).split() == ["replica-priority", "0"]
