"""Somebody's own network, whose gateway leads to a wire; and the resolver that it has there."""

import json
import subprocess
import sys
import time
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from tests.edge import resolver
from tests.edge.namespaces import Namespaces, Wire

HOMES = "10.99.{}.0/24"


class Home(Namespaces):
    """One machine behind a gateway, which is whoever enters the wire; homes of a wire have numbers."""

    def __init__(self, wire: Wire, number: int = 0) -> None:
        super().__init__()
        self.wire = wire
        self.port = f"home{number}"
        self.gateway, self.address, *_ = IPv4Network(HOMES.format(number)).hosts()
        try:
            self._connect()
        except BaseException:
            self.end()
            raise

    def _connect(self) -> None:
        self.wire.run("ip", "link", "add", self.port, "type", "veth", "peer", "name", "card")
        # Between processes' namespaces only the outside can tell.
        moved = ["ip", "link", "set", "card", "netns", str(self.pid)]
        subprocess.run(["nsenter", f"--target={self.wire.pid}", "--net", *moved], check=True)
        self.wire.run("ip", "address", "add", f"{self.gateway}/24", "dev", self.port)
        self.wire.run("ip", "link", "set", self.port, "up")
        self.run("ip", "link", "set", "lo", "up")
        self.run("ip", "address", "add", f"{self.address}/24", "dev", "card")
        self.run("ip", "link", "set", "card", "up")
        self.run("ip", "route", "add", "default", "via", str(self.gateway))
        self.wire.run("sysctl", "-q", "net.ipv4.ip_forward=1")

    def end(self) -> None:
        """The kernel takes its time to take the cable away by itself."""
        self.wire.run("ip", "link", "delete", self.port, check=False)
        super().end()


class Resolver:
    """Whom the home asks for names: every name has the addresses that the test says, in their order."""

    def __init__(self, home: Home, directory: Path, ttl: int) -> None:
        self._home = home
        self._ttl = ttl
        self._zone, self._log = directory / "zone.json", directory / "asked.log"
        self._log.touch()
        self.leads_to()
        (directory / "resolv.conf").write_text(f"nameserver {home.gateway}\n")
        home.run("mount", "--bind", directory / "resolv.conf", "/etc/resolv.conf")
        words = [sys.executable, resolver.__file__, str(home.gateway), str(self._zone), str(self._log)]
        subprocess.Popen(home.wire.command(*words))
        home.wire.run("timeout", "20", "sh", "-c", "until ss -ulnH sport = :53 | grep -q .; do sleep 0.05; done")

    def end(self) -> None:
        """The gateway's address may be another resolver's."""
        self._home.wire.run("pkill", "-KILL", "-f", "edge/resolver[.]py")

    def leads_to(self, *addresses: str, **other: Any) -> None:  # noqa: ANN401 - texts of records
        """Have every name lead to these addresses from now on; `other` are texts of records by their type."""
        answers = {"A": list(addresses), **other}
        fresh = self._zone.with_suffix(".new")
        fresh.write_text(json.dumps({"ttl": self._ttl, "answers": answers}))
        fresh.rename(self._zone)

    def asked(self, name: str) -> list[tuple[float, str]]:
        """When a name was asked for, in seconds before now, and for which type."""
        lines = [line.split() for line in self._log.read_text().splitlines()]
        return [(time.time() - float(when), kind) for when, asked, kind in lines if asked == f"{name}."]
