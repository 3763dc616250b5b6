"""Redis and Sentinels that speak TLS alone, from their boot documents, on loopback; a proxy and an exporter.

Who writes through ioredis is in tests/meeting_server/test_redis_tls.py.
"""

import os
import re
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from boot.meeting.redis_proxy import haproxy_cfg as proxy_cfg
from boot.monitoring.redis_exporter_tls import asked_at
from boot.monitoring.redis_exporter_tls import haproxy_cfg as exporter_cfg
from boot.redis.redis import redis_node, witness
from drill.clients.writes import Writer
from settings.secrets import FLEET_USER
from tests.configuration import SECRETS, settings
from tests.daemons.fleet_pairs import TLS, fleet_pair, only
from tests.daemons.monitoring_host import free_ports
from tests.daemons.redis_host import REDIS_ON_LOOPBACK
from tests.daemons.redis_trio import ADDRESSES, SECONDS, Trio, booted, named_master
from tests.daemons.test_redis_proxy import ENVIRONMENT, PROXY, Proxy
from tests.daemons.test_redis_tilt import clients_of
from tests.unit.disk import program
from tests.unit.waiting import eventually

PAIR, STRANGER = fleet_pair(), fleet_pair()
GIVEN = REDIS_ON_LOOPBACK | TLS | only(PAIR)


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    """Replicas online, Sentinels who know each other: all of it by TLS, after it had been in clear."""
    with booted(tmp_path_factory.mktemp) as hosts:
        for site in ("witness", "sbg", "gra"):
            given = settings(site, GIVEN)
            hosts[site].replace(witness(given) if site == "witness" else redis_node(given))
        for name, host in hosts.items():
            # On a busy machine a Sentinel may stand still for a moment, and does not vote for half a minute.
            eventually(host.status, lambda state: state.good, seconds=4 * SECONDS, what=f"{name} is well")
        write = partial(hosts["gra"].ask, "SET", "sess:first", "1")
        eventually(write, "OK".__eq__, seconds=2 * SECONDS, what="Gravelines takes writes")
        yield hosts


@contextmanager
def haproxy(text: str, trio: Trio, directory: Path, trusted: str) -> Iterator[Path]:
    """HAProxy with a delivered file but for ports and the place of the certificates; gives the path of its log."""
    (directory / "fleet.pem").write_text(trusted)
    for delivered, own in zip(("6379", "26379"), trio["gra"].ports, strict=True):
        text = text.replace(f":{delivered}\n", f":{own}\n")
    text = re.sub(r"/etc/multiparty/\w+/fleet.pem", str(directory / "fleet.pem"), text)
    (directory / "haproxy.cfg").write_text(text)
    command = [program("haproxy", "haproxy"), "-db", "-f", str(directory / "haproxy.cfg")]
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=output, stderr=output)
    try:
        yield log
    finally:
        process.kill()
        process.wait(timeout=10)


def _cli(trio: Trio, *words: str, sentinel: bool = False) -> str:
    """What redis-cli says that is told of nothing but the address, and of these words."""
    command = ["redis-cli", *words, "-h", trio["gra"].address, "-p", str(trio["gra"].ports[sentinel]), "PING"]
    environment = {**os.environ, "REDISCLI_AUTH": SECRETS["redis_password"]}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    return (done.stdout + done.stderr).strip()


@pytest.mark.parametrize("sentinel", [False, True], ids=["redis", "sentinel"])
def test_who_speaks_in_clear_is_refused(trio: Trio, sentinel: bool, tmp_path: Path) -> None:
    """And a client notices servers that are none of its fleet."""
    (tmp_path / "fleet.pem").write_text(PAIR.certificate)
    (tmp_path / "stranger.pem").write_text(STRANGER.certificate)
    assert re.search("Connection reset|closed the connection", _cli(trio, sentinel=sentinel))
    assert "PONG" in _cli(trio, "--tls", "--cacert", str(tmp_path / "fleet.pem"), sentinel=sentinel)
    assert "certificate verify failed" in _cli(
        trio, "--tls", "--cacert", str(tmp_path / "stranger.pem"), sentinel=sentinel
    )


def test_a_drill_writes_and_looks(trio: Trio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the fleet's certificate alone; it says so where it trusts another."""
    monkeypatch.setattr("drill.clients.writes.SENTINEL_PORT", trio["gra"].ports[1])
    for name, pair in {"fleet": PAIR, "stranger": STRANGER}.items():
        (tmp_path / name).write_text(pair.certificate)

    def written(trusted: str) -> str:
        writer = Writer(
            [*ADDRESSES.values()],
            SECRETS["redis_password"],
            name="mymaster",
            key="numbers",
            trusted=str(tmp_path / trusted),
        )
        return writer.write(1).error

    # It waits for half a second, which is short on a busy machine.
    eventually(partial(written, "fleet"), "".__eq__, seconds=SECONDS, what="a write")
    assert "MasterNotFoundError" in written("stranger")
    clients = clients_of(trio, tmp_path / "fleet")
    eventually(clients.unsettled, "".__eq__, seconds=2 * SECONDS, what="all is settled")


def test_a_replica_follows_none_but_the_fleet(trio: Trio, tmp_path: Path) -> None:
    """What it trusts may be changed while it runs."""
    sbg = trio["sbg"]
    trusted = sbg.ask("CONFIG", "GET", "tls-ca-cert-file").splitlines()[-1]
    (tmp_path / "stranger.pem").write_text(STRANGER.certificate)

    def link() -> str | None:
        return sbg.info().get("master_link_status")

    assert sbg.ask("CONFIG", "SET", "tls-ca-cert-file", str(tmp_path / "stranger.pem")) == "OK"
    assert sbg.ask("CLIENT", "KILL", "TYPE", "master") == "1"
    eventually(sbg.log, lambda log: "certificate verify failed" in log, seconds=SECONDS, what="it refuses")
    assert link() == "down"
    assert sbg.ask("CONFIG", "SET", "tls-ca-cert-file", trusted) == "OK"
    eventually(link, "up".__eq__, seconds=SECONDS, what="it follows again")


def test_a_proxy_speaks_tls_for_clients_that_do_not(trio: Trio, tmp_path: Path) -> None:
    """Its checks, too; and it leads to nobody who is none of the fleet."""
    text = proxy_cfg(settings("gra", GIVEN | PROXY))
    proxy = Proxy(trio["gra"].ports[0])
    with haproxy(text, trio, tmp_path, PAIR.certificate) as log:
        eventually(log.read_text, lambda said: "redis/sbg is DOWN" in said, seconds=SECONDS, what="SBG is no master")
        eventually(proxy.server, ADDRESSES["gra"].__eq__, seconds=SECONDS, what="the proxy leads to Gravelines")
        assert proxy.ask("SET", "sess:through", "proxy") == "OK"
    with haproxy(text, trio, tmp_path, STRANGER.certificate) as log:
        eventually(log.read_text, lambda said: "redis/gra is DOWN" in said, seconds=SECONDS, what="GRA is a stranger")
        assert proxy.ask("PING") != "PONG"


def test_the_exporter_asks_all_of_them(trio: Trio, tmp_path: Path) -> None:
    """Redis and Sentinel of each site, by HAProxy beside it, as the servers' user."""
    (port,) = free_ports(1)
    given = settings("witness", GIVEN)
    environment = {
        **os.environ,
        "REDIS_ADDR": "",
        "REDIS_USER": FLEET_USER,
        "REDIS_PASSWORD": SECRETS["redis_fleet_password"],
    }
    name = "prometheus-redis-exporter"
    command = [program(name, name), f"--web.listen-address=127.0.0.1:{port}"]

    def asked(target: str) -> str:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/scrape?target=redis://{target}", timeout=20) as answer:
            return str(answer.read().decode())

    with haproxy(exporter_cfg(given), trio, tmp_path, PAIR.certificate):
        exporter = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            for site, own in ((site, own) for site in trio for own in trio["gra"].ports):
                target = f"{asked_at(given, site)}:{own}"
                eventually(partial(asked, target), lambda said: "\nredis_up 1\n" in said, seconds=SECONDS, what=target)
            assert "redis_instance_info{" in asked(f"{asked_at(given, 'gra')}:{trio['gra'].ports[0]}")
        finally:
            exporter.kill()
            exporter.wait(timeout=10)


def test_the_master_is_handed_over_by_hand(trio: Trio) -> None:
    """With the data; the words of `make promote` on the server."""
    assert trio["gra"].ask("SET", "sess:before", "1") == "OK"
    done = trio["sbg"].promote()
    assert done.returncode == 0, done.stderr
    assert trio["sbg"].ask("GET", "sess:before") == "1"
    for name, host in trio.items():
        eventually(
            partial(named_master, host), ADDRESSES["sbg"].__eq__, seconds=SECONDS, what=f"{name} names Strasbourg"
        )


def test_the_witness_copy_is_taken(trio: Trio) -> None:
    """An empty server, whose peer is lost, has the witness' data, which redis-cli reads."""
    sbg, gra = trio["sbg"], trio["gra"]
    assert sbg.ask("SET", "sess:kept", "2") == "OK"
    eventually(partial(trio["witness"].ask, "GET", "sess:kept"), "2".__eq__, seconds=SECONDS, what="the witness has it")
    gra.stop()
    sbg.stop()
    sbg.wipe()
    sbg.boot()
    eventually(partial(sbg.ask, "GET", "sess:kept"), "2".__eq__, seconds=2 * SECONDS, what="Strasbourg has the copy")
