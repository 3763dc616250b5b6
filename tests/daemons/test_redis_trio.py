"""Three Redis servers from their boot documents, on loopback: they form, they fail over, the old master returns.

Real redis-server and Sentinel, the real scripts; paths, ports and the owner of files are this test's, and Sentinel
looks after one second instead of five. systemd is not there: units.py reads the unit files and does what they say.
"""

from collections.abc import Iterator
from functools import partial

import pytest

from fleet.redis import RedisState
from tests.daemons.redis_trio import SECONDS, Trio, booted, known_replicas, known_sentinels, named_master
from tests.unit.waiting import eventually


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """Gravelines, Strasbourg and the witness after their first boot, the primary first."""
    with booted(tmp_path_factory.mktemp) as hosts:
        yield hosts


def test_replicas_connect_and_sentinels_see_each_other(trio: Trio) -> None:
    """The planned master has two replicas online, and each Sentinel knows the two others and has its quorum."""
    info = trio["gra"].info()
    assert info["role"] == "master"
    assert {info[f"slave{n}"].split(",")[0] for n in (0, 1)} == {"ip=127.17.1.5", "ip=127.17.2.6"}
    for name, host in trio.items():
        eventually(
            partial(host.ask, "SENTINEL", "ckquorum", "mymaster", sentinel=True),
            lambda answer: answer.startswith("OK 3 usable Sentinels"),
            seconds=SECONDS,
            what=f"{name}'s Sentinel counts three",
        )
        assert named_master(host) == "127.17.0.5"


def test_make_status_sees_it(trio: Trio) -> None:
    """The master with its replicas, the others with their link, and the same master in everybody's eyes."""
    rest = "OK 3 usable Sentinels; Sentinel names 127.17.0.5"
    address = "127.17.0.5"
    master = RedisState(True, f"master, 2 replicas; {rest}", named=address, role="master", replicas=2, sentinels=3)
    replica = RedisState(True, f"slave, up; {rest}", named=address, role="slave", follows=address, sentinels=3)
    eventually(
        lambda: [host.status() for host in trio.values()],
        [master, replica, replica].__eq__,
        seconds=SECONDS,
        what="the status of all three",
    )


def test_the_witness_is_never_to_be_promoted(trio: Trio) -> None:
    """Priority 0 there, 100 at the service sites; a master without a replica takes no writes."""
    priorities = {name: host.ask("CONFIG", "GET", "replica-priority").split()[-1] for name, host in trio.items()}
    assert priorities == {"gra": "100", "sbg": "100", "witness": "0"}
    for host in trio.values():
        wanted = partial(host.ask, "CONFIG", "GET", "min-replicas-to-write")
        eventually(wanted, lambda said: said.split()[-1] == "1", seconds=SECONDS, what="one replica is enough")


@pytest.mark.parametrize("sentinel", [False, True], ids=["redis", "sentinel"])
def test_nobody_is_answered_without_the_password(sentinel: bool, trio: Trio) -> None:
    for host in trio.values():
        assert "NOAUTH" in host.ask("INFO", sentinel=sentinel, password="")


def test_sentinels_own_file_is_never_overwritten(trio: Trio) -> None:
    """Once Sentinel has written its id, the seed leaves the file alone, whatever it says."""
    conf = trio["sbg"].sentinel_conf
    eventually(conf.read_text, lambda text: "sentinel myid" in text, seconds=SECONDS, what="Sentinel wrote its id")
    before = conf.read_bytes()
    trio["sbg"].seed_sentinel()
    assert conf.read_bytes() == before


def test_files_with_passwords_stay_roots_own(trio: Trio) -> None:
    """The units' UMask holds when Redis and Sentinel write their files anew."""
    for host in trio.values():
        assert "UMask=0077" in (host.root / "etc/systemd/system/redis-server.service").read_text()
        assert "UMask=0077" in (host.root / "etc/systemd/system/redis-sentinel.service").read_text()
        assert host.ask("CONFIG", "REWRITE") == "OK"
        assert [oct(file.stat().st_mode & 0o777) for file in (host.conf, host.sentinel_conf)] == ["0o600", "0o600"]


@pytest.fixture(scope="module")
def after_failover(trio: Trio) -> Trio:
    """Gravelines' Redis is dead; every Sentinel names Strasbourg, never the witness, and Strasbourg takes writes."""
    for host in trio.values():
        eventually(partial(known_replicas, host), "2".__eq__, seconds=SECONDS, what="each Sentinel knows two replicas")
    assert trio["gra"].ask("SET", "before", "1") == "OK"
    trio["gra"].stop("redis-server")
    for name, host in trio.items():
        what = f"{name}'s Sentinel names Strasbourg"
        eventually(partial(named_master, host), "127.17.1.5".__eq__, seconds=SECONDS, what=what)
    sbg = trio["sbg"]
    eventually(partial(sbg.ask, "SET", "since", "2"), "OK".__eq__, seconds=SECONDS, what="Strasbourg takes writes")
    return trio


def test_the_old_master_returns_as_a_replica(after_failover: Trio) -> None:
    """Its file still says master; asked back, it follows Strasbourg from its start and has what was written since."""
    gra = after_failover["gra"]
    assert "replicaof" not in gra.conf.read_text()
    gra.take_role()
    assert gra.conf.read_text().splitlines()[-1] == f"replicaof 127.17.1.5 {gra.ports[0]}"
    gra.start_redis()
    eventually(partial(gra.ask, "GET", "since"), "2".__eq__, seconds=SECONDS, what="what was written since is there")
    info = gra.info()
    assert (info["role"], info["master_host"]) == ("slave", "127.17.1.5")
    assert gra.ask("GET", "before") == "1"


def test_a_replaced_server_learns_the_master_from_its_peers(after_failover: Trio) -> None:
    """Gravelines comes back with an empty disk: replica of Strasbourg, and its new Sentinel agrees with the others."""
    gra = after_failover["gra"]
    gra.stop()
    gra.wipe()
    gra.boot()
    eventually(partial(gra.ask, "GET", "since"), "2".__eq__, seconds=SECONDS, what="the data came back")
    assert gra.info()["role"] == "slave"
    eventually(partial(named_master, gra), "127.17.1.5".__eq__, seconds=SECONDS, what="its Sentinel names Strasbourg")
    assert f"sentinel monitor mymaster 127.17.1.5 {gra.ports[0]} 2" in gra.sentinel_conf.read_text()
    eventually(
        partial(gra.ask, "SENTINEL", "ckquorum", "mymaster", sentinel=True),
        lambda answer: answer.startswith("OK 3 usable Sentinels"),
        seconds=SECONDS,
        what="no phantom of its old Sentinel votes",
    )


def test_a_replaced_server_leaves_no_phantom(after_failover: Trio) -> None:
    """Each Sentinel counts two others, and they are those that run: the old one of the same address is forgotten."""
    own = {name: host.ask("SENTINEL", "MYID", sentinel=True) for name, host in after_failover.items()}
    for name, host in after_failover.items():
        others = {own[other] for other in after_failover if other != name}
        what = f"{name}'s Sentinel knows {others}"
        eventually(partial(known_sentinels, host), others.__eq__, seconds=SECONDS, what=what)


def test_the_last_replica_is_not_promoted_when_it_is_the_witness(after_failover: Trio) -> None:
    """Both service sites' Redis are gone, all three Sentinels agree on it, and none of them has a choice to make."""
    for name in ("gra", "sbg"):
        after_failover[name].stop("redis-server")
    logs = [host.root / "redis-sentinel.log" for host in after_failover.values()]
    eventually(
        lambda: "".join(log.read_text() for log in logs),
        lambda said: "-failover-abort-no-good-slave" in said,
        seconds=SECONDS,
        what="a Sentinel was elected and found nobody to promote",
    )
    assert after_failover["witness"].info()["role"] == "slave"
    assert "READONLY" in after_failover["witness"].ask("SET", "at", "witness")
