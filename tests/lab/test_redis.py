"""Redis over three sites: replication, Sentinels, and what a client of another site sees."""

from functools import partial

import pytest

from fleet.fleet import DeployedServer, Fleet
from lab.deployment import Deployment
from tests.lab.conftest import Shell
from tests.lab.in_service import redis_whole
from tests.lab.waiting import eventually

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

CLI = "sudo sh -c '. /etc/multiparty/redis/auth.env; export REDISCLI_AUTH; redis-cli $AS --raw {}'"


@pytest.fixture(autouse=True)
def found_whole(deployment: Deployment, fleet: Fleet) -> None:
    """One is master, whom all name: other tests may just have had another one elected."""
    redis_whole(deployment, fleet)


def master_of(fleet: Fleet, shell: Shell) -> DeployedServer:
    """The one Redis that is master; GRA's, unless the lab has seen a failover."""
    (master,) = [
        server
        for server in [*fleet.of("redis"), *fleet.of("witness")]
        if "role:master" in shell(server.name, CLI.format("INFO replication"))
    ]
    return master


def test_the_master_replicates_to_the_other_sites(fleet: Fleet, shell: Shell) -> None:
    """A key written there is read in both other sites within seconds; the witness is not it."""
    master = master_of(fleet, shell)
    assert master.role == "redis"
    replicas = [server for server in [*fleet.of("redis"), *fleet.of("witness")] if server != master]
    assert len(replicas) == 2
    assert shell(master.name, CLI.format("SET test:replication written")).strip() == "OK"
    for replica in replicas:
        eventually(
            partial(shell, replica.name, CLI.format("GET test:replication")),
            "written",
            deadline=30,
            what=f"{replica.name} has the key",
        )


def test_three_sentinels_know_each_other(fleet: Fleet, shell: Shell) -> None:
    """Each Sentinel knows two others and two replicas, names the same master, and has its quorum."""
    master = master_of(fleet, shell)
    ask = CLI.replace("redis-cli", "redis-cli -p 26379")

    def known(name: str) -> str:
        words = shell(name, ask.format("SENTINEL MASTER mymaster")).splitlines()
        told = dict(zip(words[::2], words[1::2], strict=True))
        return " ".join(told[key] for key in ("ip", "num-other-sentinels", "num-slaves"))

    for server in [*fleet.of("redis"), *fleet.of("witness")]:
        what = f"{server.name}'s Sentinel knows all"
        eventually(partial(known, server.name), f"{master.backbone_address} 2 2", deadline=60, what=what)
        quorum = partial(shell, server.name, ask.format("SENTINEL CKQUORUM mymaster"))
        eventually(quorum, "OK 3 usable Sentinels", deadline=60, what=f"{server.name}'s quorum")


def test_witness_is_never_promoted(fleet: Fleet, shell: Shell) -> None:
    """Its priority says so to every Sentinel."""
    (witness,) = fleet.of("witness")
    assert shell(witness.name, CLI.format("CONFIG GET replica-priority")).split() == ["replica-priority", "0"]
