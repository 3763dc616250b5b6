"""Both sites' edges and instances on one wire, from the very boot documents and bundles."""

import csv
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass, field
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import yaml

from boot.document import render
from boot.edge.edge import edge, edge_bundles
from boot.edge.haproxy_cfg import ADMIN_SOCKET
from boot.edge.instances import instances
from boot.live import APPLY, Bundle
from fleet.certificates import self_signed
from settings.addresses import Role
from settings.secrets import FLEET_NAME
from settings.stack import Settings
from tests.configuration import settings
from tests.edge import instance, systemctl
from tests.edge.namespaces import Host, Wire
from tests.unit.boot.golden import OPERATORS
from tests.unit.waiting import eventually

DOMAIN = "meeting.organisation.fr"
# Asks HAProxy on its socket, and says what it answers.
_ASK = """
import socket, sys
with socket.socket(socket.AF_UNIX) as asking:
    asking.connect(sys.argv[1])
    asking.sendall(sys.argv[2].encode() + b"\\n")
    while part := asking.recv(65536):
        print(part.decode(), end="")
"""
OUTSIDE = IPv4Address("10.17.3.1")  # of people, and of whatever else is on the wire


class Edge(Host):
    """An edge that takes its configuration as `pulumi up` would push it."""

    def __init__(self, wire: Wire, given: Settings, disk: Path, caddy: Path) -> None:
        for file in yaml.safe_load(render(edge(given)))["write_files"]:
            path = disk / file["path"].lstrip("/")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file["content"])
            path.chmod(int(file["permissions"], 8))
        for name, source in (("caddy", caddy), ("systemctl", Path(systemctl.__file__))):
            path = disk / "usr/bin" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(source, path)
            path.chmod(0o755)
        (disk / "usr/bin/journalctl").write_text('#!/bin/sh\ntail -n 15 "/run/$2.log"\n')
        (disk / "usr/bin/journalctl").chmod(0o755)
        # What Caddy's package makes.
        (disk / "etc/group").write_text(Path("/etc/group").read_text() + "caddy:x:990:\n")
        (disk / "etc/passwd").write_text(Path("/etc/passwd").read_text() + "caddy:x:990:990::/var/lib/caddy:/bin/sh\n")
        (disk / "var/lib/caddy").mkdir(parents=True)
        super().__init__(wire, given.backbone_address(Role.EDGE), disk)
        self.run("chown", "caddy:caddy", "/var/lib/caddy")
        self.settings = given

    def take(self, bundle: Bundle, *, check: bool = True) -> "subprocess.CompletedProcess[str]":
        """Have the edge take a bundle."""
        return self.run(APPLY, stdin=bundle.text(), check=check)

    def take_all(self, given: Settings | None = None) -> None:
        """Have the edge take all its bundles."""
        self.settings = given or self.settings
        for bundle in edge_bundles(self.settings):
            self.take(bundle)

    def rooms(self) -> dict[str, str]:
        """The rooms that its table knows, each with its instance."""
        shown = self._asked("show table rooms")
        entries = [
            dict(f.split("=", 1) for f in line.split() if "=" in f) for line in shown.splitlines() if "key=" in line
        ]
        return {entry["key"]: entry["server_key"] for entry in entries}

    def has_a_peer(self) -> bool:
        """Whether it and the other edge tell each other of rooms; not while HAProxy does not run."""
        return "last_status=ESTA" in self._asked("show peers", check=False)

    def checks(self) -> dict[str, str]:
        """The last check of each instance, in HAProxy's words, such as "L6OK"; none while HAProxy does not run."""
        rows = csv.DictReader(self._asked("show stat", check=False).lstrip("# ").splitlines())
        return {row["svname"]: row["check_status"] for row in rows if row["pxname"] == "rooms"}

    def _asked(self, command: str, *, check: bool = True) -> str:
        return self.run(sys.executable, "-c", _ASK, ADMIN_SOCKET, command, check=check).stdout

    def log(self, daemon: str) -> str:
        """What a daemon said."""
        return self.run("cat", f"/run/{daemon}.log").stdout


class Instance(Host):
    """A meeting node whose server says which one it is."""

    def __init__(self, wire: Wire, name: str, address: IPv4Address, certificate: tuple[Path, Path], disk: Path) -> None:
        super().__init__(wire, address, disk)
        self.name = name
        self._certificate = certificate
        try:
            self.start()
        except BaseException:
            self.end()
            raise

    def start(self, certificate: tuple[Path, Path] | None = None) -> None:
        """Start the server, with another certificate and key if they are given, and wait until it listens."""
        pair = certificate or self._certificate
        self._server = subprocess.Popen(self.command(sys.executable, instance.__file__, self.name, *pair))
        self.listens(3443)

    def kill(self) -> None:
        """End the server at once; its host answers for it that nobody listens."""
        self.signal("KILL")
        self._server.wait(timeout=10)

    def signal(self, name: str) -> None:
        """Send the server a signal."""
        self.run("pkill", f"-{name}", "-f", "edge/instance[.]py")
        if name == "CONT":
            # `nsenter` stops with what it runs, and nobody else would have it go on.
            self._server.send_signal(signal.SIGCONT)


@dataclass
class Fleet:
    """Everything that runs for a test, and what both sites' settings are."""

    directory: Path
    caddy: Path
    changes: dict[str, Any] = field(default_factory=dict)

    def __enter__(self) -> "Fleet":
        self.instances: dict[str, Instance] = {}
        self.edges: dict[str, Edge] = {}
        self.wire = Wire(OUTSIDE)
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start(self) -> None:
        fleet, domain = self_signed(FLEET_NAME), self_signed(DOMAIN)
        self.cacert = self._write("domain.pem", domain.certificate)
        pair = self._write("fleet.pem", fleet.certificate), self._write("fleet.key", fleet.key)
        provided = {
            "env.edge.certificate": {"type": "provided"},
            "edge_certificate": domain.certificate,
            "edge_key": domain.key,
        }
        secrets = {"fleet_certificate": fleet.certificate, "fleet_key": fleet.key}
        self.all = {**OPERATORS, **secrets, **provided, **self.changes}
        for i in instances(self.settings("gra")):
            self.instances[i.name] = Instance(self.wire, i.name, i.address, pair, self.directory / i.name)
        for site in ("gra", "sbg"):
            self._make_edge(site)
        for site, running in self.edges.items():
            # Until they are each other's peers, a room of one is unknown to the other.
            eventually(running.has_a_peer, bool, seconds=60, what=f"{site}'s edge has found the other one")

    def replace_edge(self, site: str) -> None:
        """Take a site's edge away without a word, and put a new server in its place."""
        self.edges[site].cut(off=True)
        self.edges[site].end()
        # Who lives behind a router does not know servers' cards.
        self.wire.run("ip", "neighbour", "flush", "dev", "bridge")
        self._make_edge(site)

    def _make_edge(self, site: str) -> None:
        self.edges[site] = Edge(self.wire, self.settings(site), self.directory / f"{site}-edge", self.caddy)
        self.edges[site].take_all()

    def __exit__(self, *_: object) -> None:
        for host in (*self.edges.values(), *self.instances.values(), self.wire):
            host.end()

    def settings(self, site: str, **changes: Any) -> Settings:  # noqa: ANN401 - any of the configuration's shapes
        """A site's settings, changed by keys of the edge."""
        return settings(site, {**self.all, **{f"env.edge.{key}": value for key, value in changes.items()}})

    def another_pair(self) -> tuple[Path, Path]:
        """A certificate and key of the fleet's name that is not the one in use."""
        pair = self_signed(FLEET_NAME)
        return self._write("another.pem", pair.certificate), self._write("another.key", pair.key)

    def _write(self, name: str, text: str) -> Path:
        path = self.directory / name
        path.write_text(text)
        return path
