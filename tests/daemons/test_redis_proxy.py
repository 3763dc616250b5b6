"""The proxy of a meeting node: real HAProxy before real Redis and Sentinels, from their boot documents, on loopback."""

import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from boot.meeting.redis_proxy import haproxy_cfg
from settings.secrets import FLEET_USER
from tests.configuration import SECRETS, settings
from tests.daemons.redis_host import REDIS_ON_LOOPBACK, answered
from tests.daemons.redis_trio import SECONDS, TWO_SITES, Trio, booted, named_master
from tests.unit.disk import program
from tests.unit.waiting import eventually

PROXY = {"env.redis.access": "proxy"}
ENVIRONMENT = {**os.environ, "REDIS_PASSWORD": SECRETS["redis_password"]}
# The switch after the new master takes writes: one check a second, and one that says so is enough. The rest is for this
# test's own looks, which are processes.
SWITCH_SECONDS = 10


@dataclass
class Proxy:
    """HAProxy on loopback, and a client that knows nothing but its address."""

    port: int

    def ask(self, *words: str, user: str = "default", password: str = SECRETS["redis_password"]) -> str:
        """The answer to one command on a connection of its own, as meeting servers ask; or what went wrong."""
        cli = program("redis-cli", "redis-tools")
        command = [cli, "--user", user, "-h", "127.0.0.1", "-p", str(self.port), "--raw", *words]
        return answered(command, {**os.environ, "REDISCLI_AUTH": password})

    def server(self) -> str:
        """The address of the Redis that answers."""
        own = {"user": FLEET_USER, "password": SECRETS["redis_fleet_password"]}
        return self.ask("CONFIG", "GET", "replica-announce-ip", **own).splitlines()[-1]


def written(changes: dict[str, Any], port: int, directory: Path) -> Path:
    """The file as delivered, but for the port."""
    config = directory / "haproxy.cfg"
    config.write_text(
        haproxy_cfg(settings("gra", {**REDIS_ON_LOOPBACK, **PROXY, **changes})).replace("6379", str(port))
    )
    return config


@pytest.fixture(scope="module")
def trio(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trio]:
    with booted(tmp_path_factory.mktemp) as hosts:
        yield hosts


@pytest.fixture(scope="module")
def proxy(trio: Trio, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    """Gravelines' proxy; its file is as delivered, but for the port."""
    port = trio["gra"].ports[0]
    directory = tmp_path_factory.mktemp("proxy")
    command = [program("haproxy", "haproxy"), "-db", "-f", str(written({}, port, directory))]
    log = directory / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=ENVIRONMENT, stdout=output, stderr=output)
    # Before its first check, a second long, HAProxy takes every server for up.
    eventually(log.read_text, lambda text: "redis/sbg is DOWN" in text, seconds=SECONDS, what="Strasbourg is no master")
    yield Proxy(port)
    process.kill()
    process.wait(timeout=10)


@pytest.mark.parametrize("changes", [{}, TWO_SITES], ids=["witness", "two sites"])
def test_haproxy_accepts_its_file(changes: dict[str, Any], tmp_path: Path) -> None:
    """Without a warning."""
    command = [program("haproxy", "haproxy"), "-c", "-f", str(written(changes, 6379, tmp_path))]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "Configuration file is valid", "")


def test_haproxy_would_notice(tmp_path: Path) -> None:
    config = written({}, 6379, tmp_path)
    config.write_text(config.read_text().replace("tcp-check expect", "tcp-check await"))
    command = [program("haproxy", "haproxy"), "-c", "-f", str(config)]
    done = subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1


def test_the_password_stands_in_roots_file_only() -> None:
    assert SECRETS["redis_password"] not in haproxy_cfg(settings("gra", PROXY))


def test_the_proxy_follows_the_master(trio: Trio, proxy: Proxy) -> None:
    """Gravelines first; its Redis dies, and the proxy leads to Strasbourg soon after that takes writes."""
    eventually(proxy.server, "127.17.0.5".__eq__, seconds=SECONDS, what="the proxy leads to Gravelines")
    assert proxy.ask("SET", "through", "proxy") == "OK"
    trio["gra"].stop("redis-server")
    write = partial(trio["sbg"].ask, "SET", "directly", "1")
    eventually(write, "OK".__eq__, seconds=SECONDS, what="Strasbourg takes writes")
    again = partial(proxy.ask, "SET", "through", "again")
    eventually(again, "OK".__eq__, seconds=SWITCH_SECONDS, what="the proxy follows")
    assert proxy.server() == "127.17.1.5"


def test_a_master_that_nobody_follows_gets_no_writes(trio: Trio, proxy: Proxy) -> None:
    """Gravelines comes back and takes itself for the master, as one does after a healed cut, until Sentinel tells it
    better; nobody follows it, and for all that time the proxy leads to Strasbourg.
    """
    gra = trio["gra"]
    for host in trio.values():
        eventually(partial(named_master, host), "127.17.1.5".__eq__, seconds=SECONDS, what="all name Strasbourg")
    for host in trio.values():
        host.stop("redis-sentinel")  # nobody demotes it, so that the test has the time it wants
    gra.start_redis()
    eventually(lambda: gra.info().get("role", ""), "master".__eq__, seconds=SECONDS, what="Gravelines says master")
    for _ in range(20):
        assert proxy.server() == "127.17.1.5"
        time.sleep(0.2)


def test_a_server_without_replicas_is_no_master_to_the_proxy(trio: Trio, proxy: Proxy) -> None:
    """Redis itself would refuse the write; a client's connection ends instead of failing on every command."""
    trio["witness"].stop("redis-server")
    eventually(
        partial(proxy.ask, "PING"), lambda said: "PONG" not in said, seconds=SECONDS, what="the proxy leads nowhere"
    )
    trio["witness"].start_redis()
    eventually(partial(proxy.ask, "PING"), "PONG".__eq__, seconds=SECONDS, what="the proxy leads to the master again")
