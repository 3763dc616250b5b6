"""The checklist asks the Caddy that edges run, with an edge's own Caddyfile and /etc/hosts."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from boot.edge.caddyfile import ADMIN_SOCKET
from fleet.certificates import self_signed
from fleet.finding import Finding
from lab.engine import EngineError, gotools
from ops.checklist.failover import failover_findings
from settings.secrets import FLEET_NAME
from tests.conftest import skip_or_fail
from tests.daemons.gdnsd_host import free_port
from tests.unit.deployed import deployed
from tests.unit.disk import files, program, pushed
from tests.unit.waiting import eventually

CASE = "gra-edge-provided-certificate"


class Edge:
    """An edge's Caddy on ports of our own, and the shell of its server."""

    def __init__(self, root: Path) -> None:
        self.root = root
        pair = self_signed(FLEET_NAME)
        for name in ("fleet.pem", "edge.pem"):
            (root / name).write_text(pair.certificate)
        (root / "edge.key").write_text(pair.key)
        (root / "hosts").write_text(files(CASE)["/etc/hosts"])
        text = pushed(CASE)["/etc/multiparty/caddy/Caddyfile"]
        ours = text.replace("/etc/multiparty/tls", str(root)).replace("/run/caddy", str(root))
        ports = f"\thttp_port {free_port()}\n\thttps_port {free_port()}\n"
        (root / "Caddyfile").write_text(re.sub(r"^\{\n", "{\n" + ports, ours, count=1))

    def run(self, _: str, command: str) -> "subprocess.CompletedProcess[str]":
        """One command of root's."""
        here = command.replace(ADMIN_SOCKET, str(self.root / "admin.sock")).replace("/etc/hosts", f"{self.root}/hosts")
        here = here.replace("sudo ", "", 1)
        assert str(self.root) in here
        return subprocess.run(["sh", "-c", here], capture_output=True, text=True, check=False, timeout=60)


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Edge]:
    """Caddy, up."""
    program("curl", "curl")
    try:
        caddy = gotools.build("caddy")
    except EngineError as error:
        skip_or_fail(f"Caddy cannot be built: {error}")
    found = Edge(tmp_path)
    home = {"HOME": str(tmp_path), "XDG_DATA_HOME": str(tmp_path), "XDG_CONFIG_HOME": str(tmp_path)}
    command = [str(caddy), "run", "--adapter", "caddyfile", "--config", str(tmp_path / "Caddyfile")]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(command, env={**os.environ, **home}, stdout=log, stderr=log)
    try:
        # It answers at its admin socket before it has its upstreams.
        serves = '"serving initial configuration"'
        eventually((tmp_path / "log").read_text, lambda log: serves in log, seconds=60, what="Caddy serves")
        yield found
    finally:
        process.kill()
        process.wait(timeout=10)


def test_an_edges_caddy_names_its_upstreams(edge: Edge) -> None:
    """Both sites' instances by the address that /etc/hosts has; HAProxy and the other edge are none of them."""
    gra, sbg = deployed("gra"), deployed("sbg")
    both = deployed("gra", "sbg")
    asked = [finding for finding in failover_findings(both, edge.run, 3443) if "gra-edge" in finding.what]
    words = "knows production-gra-meeting-1, production-sbg-meeting-1"
    assert asked == [Finding("production-gra-edge-1 Caddy", True, words)]
    for fleet, good in ((gra, True), (sbg, True)):
        assert [finding.good for finding in failover_findings(fleet, edge.run, 3443)] == [False, good]
    assert [finding.good for finding in failover_findings(both, edge.run, 443)] == [True, False, False]


def test_an_edge_without_caddy_says_so(edge: Edge) -> None:
    shutil.move(edge.root / "admin.sock", edge.root / "gone.sock")
    _, asked = failover_findings(deployed("gra"), edge.run, 3443)
    assert not asked.good
    assert asked.said.startswith("cannot be asked: curl: (7)")
