"""What an edge's HAProxy and Caddy say of themselves: the figures that the rules ask for, under those very names."""

import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from boot.edge.caddyfile import caddyfile
from boot.edge.haproxy_cfg import haproxy_cfg
from fleet.certificates import self_signed
from lab.engine import EngineError, gotools
from settings.edge import PEERS_PORT
from settings.monitoring import CADDY_PORT, HAPROXY_PORT
from settings.secrets import FLEET_NAME
from settings.stack import Settings
from tests.configuration import ON_LOOPBACK, settings
from tests.conftest import skip_or_fail
from tests.daemons.monitoring_host import free_ports
from tests.unit.boot.golden import MONITORED, PROVIDED
from tests.unit.disk import program
from tests.unit.waiting import eventually

ADDRESS = "127.17.0.4"


@pytest.fixture
def edge(tmp_path: Path) -> Settings:
    """A monitored edge on loopback, its certificates in `tmp_path`."""
    pair = self_signed(FLEET_NAME)
    for name in ("fleet.pem", "edge.pem"):
        (tmp_path / name).write_text(pair.certificate)
    (tmp_path / "edge.key").write_text(pair.key)
    (tmp_path / "peers.pem").write_text(pair.certificate + pair.key)
    return settings(changes={**PROVIDED, **MONITORED, **ON_LOOPBACK})


@contextmanager
def _running(command: list[str], home: Path) -> Iterator[None]:
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home)}
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
    try:
        yield
    finally:
        process.kill()
        process.wait(timeout=10)


def _get(port: int, path: str = "/metrics") -> str:
    try:
        with urllib.request.urlopen(f"http://{ADDRESS}:{port}{path}", timeout=20) as answer:
            return str(answer.read().decode())
    except urllib.error.HTTPError as error:
        return f"status {error.code}"
    except OSError as error:
        return f"{error}"


def test_haproxy_says_what_it_finds_of_each_instance(edge: Settings, tmp_path: Path) -> None:
    """Each instance's state and the size of the table; nothing else is answered on that port."""
    port, peers = free_ports(2)
    text = haproxy_cfg(edge).replace("/etc/multiparty/tls", str(tmp_path)).replace("/run/haproxy", str(tmp_path))
    text = (
        text.replace(" group caddy", "")
        .replace(f":{HAPROXY_PORT}\n", f":{port}\n")
        .replace(f":{PEERS_PORT} ", f":{peers} ")
    )
    (tmp_path / "haproxy.cfg").write_text(text)
    with _running([program("haproxy", "haproxy"), "-db", "-f", str(tmp_path / "haproxy.cfg")], tmp_path):
        down = 'haproxy_server_status{proxy="rooms",server="gra-1",state="UP"} 0'
        said = eventually(lambda: _get(port), lambda text: down in text, seconds=60, what="the lost instance is found")
        assert 'haproxy_server_status{proxy="rooms",server="sbg-1",state="UP"}' in said
        assert 'haproxy_sticktable_used{name="rooms",type="string"} 0' in said
        assert 'haproxy_server_weight{proxy="rooms",server="sbg-1"} 100' in said
        assert _get(port, "/") == "status 404"


def test_caddy_says_which_upstreams_are_healthy(edge: Settings, tmp_path: Path) -> None:
    try:
        caddy = gotools.build("caddy")
    except EngineError as error:
        skip_or_fail(f"Caddy cannot be built: {error}")
    port, *others = free_ports(3)
    text = caddyfile(edge).replace("/etc/multiparty/tls", str(tmp_path)).replace("/run/caddy", str(tmp_path))
    assert f"http://:{CADDY_PORT} {{" in text
    text = text.replace(f"http://:{CADDY_PORT} {{", f"http://:{port} {{")
    ports = "\thttp_port {}\n\thttps_port {}\n".format(*others)
    (tmp_path / "Caddyfile").write_text(re.sub(r"^\{\n", "{\n" + ports, text, count=1))
    command = [str(caddy), "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    with _running(command, tmp_path):
        upstream = 'caddy_reverse_proxy_upstreams_healthy{upstream="gra-instance:3443"}'
        for figure in (upstream, "caddy_http_requests_total"):
            eventually(lambda: _get(port), lambda text, f=figure: f in text, seconds=60, what="Caddy's figures")  # type: ignore[misc]
        assert "upstreams" not in _get(port, "/")
