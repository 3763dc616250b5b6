"""Six real Redis processes from three boot documents, on loopback, and the script that tends them.

Sites are lost by killing or stopping what runs there; a network that is cut in the middle is not shown here. Nodes wait
for each other one second instead of five.
"""

import os
import subprocess
import time
from collections.abc import Iterator

import pytest

from fleet.redis import RedisState
from tests.configuration import SECRETS
from tests.daemons.cluster_host import NODE_TIMEOUT, SECONDS, SITES, Cluster, ClusterHost, described, formed, in_place
from tests.unit.disk import program
from tests.unit.waiting import eventually

# Hash tags whose slots are gra's, sbg's and the witness': 3300, 7365, 15495 (`CLUSTER KEYSLOT`).
KEYS = ("{b}", "{c}", "{a}")
# A node is pinged every half timeout and missed after a whole one; gossip and the vote take up to a second, and a vote
# that nobody won is held again after four timeouts. The rest is for a busy machine and for this test's own client.
FAILOVER_SECONDS = 5.5 * NODE_TIMEOUT / 1000 + 15

STARTS = 15_000  # milliseconds between the starts of two nodes, at the most, on a busy machine


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    with formed(tmp_path_factory.mktemp) as hosts:
        yield hosts


def _client(host: ClusterHost, *words: str) -> str:
    """A command that follows the cluster's redirections, starting from a host's home node."""
    cli = program("redis-cli", "redis-tools")
    command = [cli, "-c", "-h", host.address, "-p", str(host.ports[0]), "--raw", *words]
    environment = {**os.environ, "REDISCLI_AUTH": SECRETS["redis_password"]}
    try:
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=5)
    except subprocess.TimeoutExpired:
        return "no answer"
    return (done.stdout or done.stderr).strip()


def _write(host: ClusterHost, value: str) -> list[str]:
    return [_client(host, "SET", key, value) for key in KEYS]


def _read(host: ClusterHost) -> set[str]:
    return {_client(host, "GET", key) for key in KEYS}


def _written(host: ClusterHost, value: str) -> None:
    """Write a key of every third; after a standstill nodes miss each other, and take nothing for a moment."""
    eventually(lambda: _write(host, value), (["OK"] * 3).__eq__, seconds=SECONDS, what=f"{value} is written")


def _holds(host: ClusterHost, value: str) -> None:
    """A key of every third is there; what is lost does not come back."""
    eventually(lambda: _read(host), {value}.__eq__, seconds=SECONDS, what=f"{value} is there")


def _writable(host: ClusterHost, value: str) -> None:
    """Wait until a key of every third is written, for as long as a failover takes."""
    written = (["OK"] * 3).__eq__
    eventually(lambda: _write(host, value), written, seconds=FAILOVER_SECONDS, what="every third takes writes")


def test_it_forms_by_itself(cluster: Cluster) -> None:
    """Three masters in three sites, each with its replica in another; a key of every third is written."""
    slots = {_client(cluster["gra"], "CLUSTER", "KEYSLOT", key) for key in KEYS}
    assert slots == {"3300", "7365", "15495"}
    _written(cluster["gra"], "formed")
    eventually(
        lambda: {site: host.ask("GET", key) for (site, host), key in zip(cluster.items(), KEYS, strict=True)},
        dict.fromkeys(SITES, "formed").__eq__,
        seconds=SECONDS,
        what="each at its own site's home, without a redirection",
    )


def test_nobody_is_answered_without_the_password(cluster: Cluster) -> None:
    for host in cluster.values():
        for guest in (False, True):
            assert "NOAUTH" in host.ask("CLUSTER", "NODES", sentinel=guest, password="")


def test_make_status_sees_it(cluster: Cluster) -> None:
    said = "cluster ok, 16384 of 16384 slots, 6 nodes, 0 failed; home master; guest slave, up"
    all_well = ([RedisState(True, said)] * 3).__eq__
    eventually(lambda: [host.status() for host in cluster.values()], all_well, seconds=SECONDS, what="all is well")


def test_tending_does_nothing_when_all_is_well(cluster: Cluster) -> None:
    before = {site: (host.root / "tend.log").read_text() for site, host in cluster.items()}
    time.sleep(2)
    assert {site: (host.root / "tend.log").read_text() for site, host in cluster.items()} == before


@pytest.mark.parametrize("site", SITES)
def test_a_lost_site_costs_seconds_and_comes_home(site: str, cluster: Cluster) -> None:
    """Its processes are killed: its third has a new master soon. They come back with their disk: home is master again,
    with what was written meanwhile.
    """
    lost, left = cluster[site], cluster[next(name for name in SITES if name != site)]
    lost.stop()
    _writable(left, f"without {site}")
    assert [cluster[name].status().good for name in SITES] == [False] * 3, "each knows of two dead nodes"
    lost.boot()
    in_place(cluster)
    _holds(lost, f"without {site}")


def test_a_site_out_of_reach_is_replaced_and_comes_home(cluster: Cluster) -> None:
    """Its processes are stopped, and go on where they were: they still believe to be masters, for a moment."""
    cluster["gra"].pause(True)
    try:
        _writable(cluster["sbg"], "without gra")
    finally:
        cluster["gra"].pause(False)
    in_place(cluster)
    _holds(cluster["gra"], "without gra")


@pytest.mark.parametrize(
    ("site", "seconds"),
    [("gra", 0), ("sbg", 4), ("witness", 0)],
    ids=["gra before anybody noticed", "sbg after a failover", "witness before anybody noticed"],
)
def test_a_replaced_server_is_taken_in(site: str, seconds: float, cluster: Cluster) -> None:
    """The same address, an empty disk: it joins, gets its data from the replica, and no node id is left behind."""
    _written(cluster[site], f"before {site}, {seconds}")
    cluster[site].stop()
    cluster[site].wipe()
    time.sleep(seconds)
    cluster[site].boot()
    in_place(cluster)
    _holds(cluster[site], f"before {site}, {seconds}")


def test_a_replica_that_has_copied_nothing_does_not_take_its_masters_place(cluster: Cluster) -> None:
    """Strasbourg is replaced, and the witness, whose third it is to copy, stands still before it has."""
    source, replaced = cluster["witness"], cluster["sbg"]
    _written(source, "copied late")
    assert source.ask("CONFIG", "SET", "repl-diskless-sync-delay", "60") == "OK"
    replaced.stop()
    replaced.wipe()
    replaced.boot()
    eventually(
        lambda: replaced.info_of("guest", "replication").get("master_host"),
        lambda host: host == source.address,
        seconds=SECONDS,
        what="Strasbourg's guest is the witness' replica",
    )
    source.pause(True)
    time.sleep(8 * NODE_TIMEOUT / 1000)  # two votes
    source.pause(False)
    eventually(
        lambda: source.ask("CONFIG", "SET", "repl-diskless-sync-delay", "0"), "OK".__eq__, seconds=SECONDS, what="back"
    )
    in_place(cluster)
    _holds(source, "copied late")
    seen = eventually(
        lambda: [host.ask("CLUSTER", "NODES", sentinel=guest) for host in cluster.values() for guest in (False, True)],
        lambda said: "nofailover" not in "".join(said),
        seconds=SECONDS,
        what="every replica may be elected again",
    )
    assert all(seen)


def test_an_empty_master_does_not_wipe_its_replica(cluster: Cluster) -> None:
    """Strasbourg is replaced while the server of its replica is down; that one comes back to an empty master at the
    address that it knows, and keeps the data.
    """
    _written(cluster["gra"], "kept")
    cluster["gra"].stop()
    cluster["sbg"].stop()
    cluster["sbg"].wipe()
    cluster["sbg"].boot()
    time.sleep(2)
    cluster["gra"].boot()
    in_place(cluster)
    _holds(cluster["sbg"], "kept")


def test_a_node_that_nobody_knows_any_more_is_met_again(cluster: Cluster) -> None:
    """It knows all the others; so does one that joined by a server which was killed before it told the others."""
    forgotten = cluster["gra"].ask("CLUSTER", "MYID", sentinel=True)
    nodes = [(host, guest) for host in cluster.values() for guest in (False, True)]
    others = [(host, guest) for host, guest in nodes if (host, guest) != (cluster["gra"], True)]
    assert [host.ask("CLUSTER", "FORGET", forgotten, sentinel=guest) for host, guest in others] == ["OK"] * 5
    in_place(cluster)


def test_the_cluster_is_remembered(cluster: Cluster) -> None:
    """All six lose power and come back: nodes.conf says all there is to know, and nothing is left to do."""
    _written(cluster["gra"], "remembered")
    for host in cluster.values():
        host.stop()
        (host.root / "tend.log").unlink()
        host.waits(STARTS)
    for host in cluster.values():
        host.boot()
    in_place(cluster)
    assert [(host.root / "tend.log").read_text() for host in cluster.values()] == ["", "", ""]
    for host in cluster.values():
        host.waits(NODE_TIMEOUT)
        nodes = [
            host.ask("CONFIG", "SET", "cluster-node-timeout", str(NODE_TIMEOUT), sentinel=g) for g in (False, True)
        ]
        assert nodes == ["OK", "OK"]
    _holds(cluster["gra"], "remembered")


def test_two_replaced_servers_are_taken_in(cluster: Cluster) -> None:
    """More than the cluster can lose: the majority of its masters is gone, and with them a third of the data, whose
    replica was in the other of the two sites. What is left takes over, and the empty third is served again.
    """
    _written(cluster["gra"], "left")
    for site in ("gra", "sbg"):
        cluster[site].stop()
        cluster[site].wipe()
    time.sleep(2)
    for site in ("gra", "sbg"):
        cluster[site].boot()
    in_place(cluster)
    eventually(
        lambda: [_client(cluster["gra"], "GET", key) for key in KEYS],
        ["left", "", "left"].__eq__,
        seconds=SECONDS,
        what="two thirds are left",
    )


def test_it_forms_anew_when_nothing_is_left(cluster: Cluster) -> None:
    for host in cluster.values():
        host.stop()
        host.wipe()
    for host in cluster.values():
        host.boot()
    in_place(cluster)
    _written(cluster["sbg"], "anew")


def test_one_of_three_alone_forms_nothing(cluster: Cluster) -> None:
    """An empty primary that reaches nobody may have been replaced: it waits, however long."""
    for host in cluster.values():
        host.stop()
    gra = cluster["gra"]
    gra.wipe()
    gra.boot()
    deadline = time.monotonic() + 4
    while time.monotonic() < deadline:
        assert described({"gra": gra})["gra home"] in ("silent", "fail, 0 slots, 1 nodes, master")
        time.sleep(0.5)
