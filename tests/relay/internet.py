"""Between people and nodes: gateways with floating IPs, the security groups of the table, and networks of people."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from settings.addresses import Role
from settings.rules import rules
from tests.configuration import settings
from tests.edge.fleet import OUTSIDE
from tests.edge.home import Home
from tests.edge.namespaces import Namespaces, Wire
from tests.relay import person
from tests.relay.node import AUTHORITY, CHANGES, MEDIA, PUBLIC, Node

# What a network lets out of what its people send, in nftables' words.
OPEN = "accept"
NO_UDP = "meta l4proto udp drop; accept"
ONLY_443 = "tcp dport 443 accept; drop"


class Internet:
    """Both sites' nodes, and one person whose network the test chooses."""

    def __init__(self, directory: Path, changes: Mapping[str, Any]) -> None:
        self.directory = directory
        self.changes = changes
        self.authority = directory / "authority.pem"

    def __enter__(self) -> "Internet":
        self.wire = Wire(OUTSIDE)
        self.nodes: dict[str, Node] = {}
        self._hosts: list[Namespaces] = [self.wire]
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        for host in (*self.nodes.values(), *self._hosts):
            host.end()

    def _start(self) -> None:
        self.home = Home(self.wire)
        self._hosts.append(self.home)
        self.authority.write_text(AUTHORITY.certificate)
        for site in PUBLIC:
            node = Node(self.wire, settings(site, CHANGES | dict(self.changes)), self.directory / site)
            node.run("ip", "route", "add", "default", "via", str(OUTSIDE))
            self.nodes[site] = node
        self._names()
        self.lets_out(OPEN)

    def _names(self) -> None:
        """The nodes' names, as the person's DNS would tell them."""
        hosts = self.directory / "hosts"
        hosts.write_text("".join(f"{node.public} {node.name}\n" for node in self.nodes.values()))
        self.home.run("mount", "--bind", hosts, "/etc/hosts")

    def lets_out(self, allowed: str, *, symmetric: bool = False, signalling: int | None = None) -> None:
        """Have the person's network let out what it does; `symmetric`: each target sees another port of it.

        Each packet is asked about, also of what the network knows from before: a port may be taken again.

        Where there is no edge, the nodes take a port for signalling from everybody.
        """
        table = [
            rule for rule in rules(self.nodes["gra"].settings) if (rule.role, rule.nic) == (Role.MEETING, "public")
        ]
        groups = [f"\t\tip saddr {rule.source} {rule.protocol} dport {rule.ports} accept" for rule in table]
        inside = {str(node.public): str(node.address) for node in self.nodes.values()}
        text = _RULESET.format(
            port=self.home.port,
            allowed="\n".join(f"\t\t{rule}" for rule in allowed.split("; ")),
            floating="\n".join(f"\t\tip daddr {public} dnat to {address}" for public, address in inside.items()),
            groups="\n".join([*groups, *([f"\t\ttcp dport {signalling} accept"] if signalling else [])]),
            nat=f'oifname "bridge" ip saddr {self.home.address} masquerade fully-random' if symmetric else "accept",
        )
        self.wire.run("nft", "--file", "-", stdin=text)

    def meets(self, site: str, servers: list[dict[str, Any]] | None, *, udp_port: int = 0) -> dict[str, float | str]:
        """What each way to a site's SFU comes to, from the person's network; straight UDP from a port, or from any."""
        sfu = [str(PUBLIC[site]), MEDIA]
        given = {"servers": servers, "sfu": sfu, "authority": str(self.authority), "udp_port": udp_port}
        done = self.home.run(sys.executable, person.__file__, stdin=json.dumps(given))
        found: dict[str, float | str] = json.loads(done.stdout)
        return found


_RULESET = """\
table inet between
delete table inet between
table inet between {{
	chain nodes {{
{groups}
		drop
	}}
	chain people {{
{allowed}
	}}
	chain out {{
		type filter hook forward priority -10; policy accept;
		iifname "{port}" ct direction original jump people
	}}
	chain in {{
		type filter hook forward priority 0; policy accept;
		ct state established,related accept
		iifname "{port}" oifname "bridge" jump nodes
		iifname "bridge" oifname "{port}" drop
	}}
	chain floating {{
		type nat hook prerouting priority -100; policy accept;
{floating}
	}}
	chain leaving {{
		type nat hook postrouting priority 100; policy accept;
		{nat}
	}}
}}
"""
