"""Edges and nameservers of the fleet on this machine's loopback: the very bundles, with paths and ports of our own."""

import contextlib
import json
import shutil
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import IPv4Address
from pathlib import Path
from threading import Thread

from boot.edge.gdnsd import gdnsd_bundle
from boot.edge.gdnsd_conf import DATABASES, RUN
from boot.edge.nameservers import Nameservers
from fleet.nameservers import Answer, ask
from fleet.until import until
from settings.addresses import Role
from settings.dns import STATE
from settings.stack import Settings
from tests.unit.disk import program

KNOWN = Nameservers(
    edges={"gra": IPv4Address("127.53.0.11"), "sbg": IPv4Address("127.53.0.21")},
    witness={"witness": IPv4Address("127.53.0.31")},
)
GRA, SBG = (str(address) for address in KNOWN.edges.values())
DOMAIN = "meeting.organisation.fr"


def free_port() -> int:
    """A port that nobody has, neither TCP nor UDP, at any address."""
    with socket.socket() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        tcp.bind(("", 0))
        udp.bind(tcp.getsockname())
        port: int = tcp.getsockname()[1]
        return port


class _Health(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        good = self.path == "/edge-health" and self.headers["Host"] == DOMAIN
        self.send_response(200 if good else 404)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    daemon_threads = True


@contextlib.contextmanager
def edge(address: str, port: int) -> Iterator[None]:
    """An edge that serves, until the block ends: then its port is closed."""
    server = _Server((address, port), _Health)
    thread = Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()


@dataclass
class Nameserver:
    """gdnsd of one site, below `root`."""

    settings: Settings
    root: Path
    dns_port: int
    http_port: int
    known: Nameservers = KNOWN
    process: "subprocess.Popen[bytes] | None" = None
    log: Path = field(init=False)

    def __post_init__(self) -> None:
        self.log = self.root / "log"

    @property
    def address(self) -> str:
        """Where it answers."""
        return str(self.known.all[self.settings.site])

    def write(self) -> None:
        """Lay out the bundle's files; every substitution must find something to substitute."""
        dns = self.settings.env.dns
        assert dns
        role = self.settings.roles[0]
        assert role in (Role.EDGE, Role.WITNESS)
        shutil.rmtree(self.root / "zones", ignore_errors=True)
        bundle = gdnsd_bundle(self.settings, dns, role, self.known, IPv4Address(self.address))
        for name, text in bundle.files.items():
            (self.root / name).parent.mkdir(parents=True, exist_ok=True)
            (self.root / name).write_text(self._here(text) if name == "config" else text)

    def start(self) -> None:
        """Start, and wait until it serves: its first round of checks is then done."""
        gdnsd = program("gdnsd", "gdnsd")
        with self.log.open("ab") as log:
            self.process = subprocess.Popen([gdnsd, "-c", str(self.root), "start"], stdout=log, stderr=log)

        def lacking() -> str:
            assert self.process and self.process.poll() is None, self.log.read_text()
            return self.log.read_text() or "nothing" if self.control("status").returncode else ""

        until(lacking, seconds=60, what="gdnsd", pause=0.1)

    def stop(self) -> None:
        """Stop it, whichever process it is by now."""
        self.control("-i", "stop")
        if self.process:
            self.process.wait(timeout=60)

    def control(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """gdnsdctl, with this nameserver."""
        command = [program("gdnsdctl", "gdnsd"), "-c", str(self.root), "-t", "30", *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)

    def states(self) -> dict[str, str]:
        """UP or DOWN, by what is checked."""
        found = json.loads(self.control("states").stdout)
        return {name: entry["state"] for name, entry in found.items()}

    def drain(self, *lines: str) -> None:
        """Write the file that overrides the checks, as the command does: at once."""
        new = self.root / "state/new"
        new.write_text("".join(f"{line}\n" for line in lines))
        new.rename(self.root / "state/admin_state")

    def ask(self, label: str = "meeting", client: str | None = None) -> Answer:
        """The addresses of a name in the zone."""
        return ask(self.address, f"{label}.ha.organisation.fr", port=self.dns_port, client=client)

    def _here(self, text: str) -> str:
        replaced = {
            f"listen => [ 127.0.0.1, {self.address} ]": f"listen => [ {self.address} ]\n  dns_port => {self.dns_port}",
            f"run_dir => {RUN}": f"run_dir => {self.root}/run",
            f"state_dir => {STATE}": f"state_dir => {self.root}/state",
            "port => 80\n": f"port => {self.http_port}\n",
        }
        for old, new in replaced.items():
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        return text.replace(DATABASES, str(self.root.parent / "databases"))
