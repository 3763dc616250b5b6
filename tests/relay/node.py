"""A meeting node's relay, from its very boot document, behind a floating IP: coturn, config.js, an echo for an SFU."""

import json
import subprocess
import sys
from ipaddress import IPv4Address
from pathlib import Path
from typing import Any

import yaml

from boot.document import RUN, render
from boot.meeting.meeting import meeting_node
from fleet.certificates import Pair, authority, issued
from settings.addresses import Role
from settings.stack import Settings
from tests.edge import systemctl
from tests.edge.namespaces import Host, Wire
from tests.relay import echo
from tests.unit.boot.golden import ARCHIVE, RELAY
from tests.unit.waiting import eventually

AUTHORITY = authority("authority of the tests")
CHANGES = RELAY | ARCHIVE
# TEST-NET-2: public addresses of the nodes, which no card has.
PUBLIC = {"gra": IPv4Address("198.51.100.10"), "sbg": IPv4Address("198.51.100.20")}
MEDIA = 40007  # a port of the SFU's
_CONFIG = "/opt/multiparty-meeting/server/config"
_DIRECTORY = "/etc/multiparty/relay"
# What a server makes of config.js for somebody who joins: as soon as there is a relay, or at the end of the time.
_JOIN = """
const config = Object.assign({}, require(process.argv[1]));
const ends = Date.now() + Number(process.argv[2]);
const ask = () => {
  const told = JSON.stringify(config.backupTurnServers);
  if (told === 'null' && Date.now() < ends) setTimeout(ask, 50);
  else console.log(told);
};
ask();
"""


class Node(Host):
    """A meeting node of a site, its relay running."""

    def __init__(self, wire: Wire, given: Settings, disk: Path) -> None:
        self.settings = given
        self.public = PUBLIC[given.site]
        (self.name,) = given.env.relay_names(given.site)
        for file in yaml.safe_load(render(meeting_node(given, 1, self.public)))["write_files"]:
            _write(disk / file["path"].lstrip("/"), file["content"], int(file["permissions"], 8))
        _write(disk / "usr/bin/systemctl", Path(systemctl.__file__).read_text(), 0o755)
        # What its package makes, and the server's user.
        (disk / "etc/passwd").write_text(_accounts("passwd", "multiparty-meeting:x:991:991::/:/bin/sh"))
        (disk / "etc/group").write_text(_accounts("group", "multiparty-meeting:x:991:"))
        super().__init__(wire, given.backbone_address(Role.MEETING), disk)
        try:
            self._boot()
        except BaseException:
            self.end()
            raise

    def _boot(self) -> None:
        self.run("mkdir", "-p", _CONFIG)
        self.run("mount", "-t", "tmpfs", "tmpfs", "/opt")
        self.run("mkdir", "-p", _CONFIG)
        self.run("cp", "/etc/multiparty/meeting/config.js", _CONFIG)
        steps = Path(RUN).parents[1] / "lib/multiparty/boot.d"
        self.run(steps / "45-relay")
        self.certify(self.pair())
        subprocess.Popen(self.command(sys.executable, echo.__file__, str(MEDIA)))
        self.listens(MEDIA)

    def pair(self) -> Pair:
        """Another certificate of the node's name, from the tests' authority."""
        return issued(AUTHORITY, self.name)

    def certify(self, pair: Pair) -> None:
        """Have the relay take a certificate, as the program does that fetches it."""
        for file, text in (("relay.key", pair.key), ("relay.pem", pair.certificate)):
            self.run(
                "sh", "-c", f"umask 037; cat >{_DIRECTORY}/{file}; chgrp turnserver {_DIRECTORY}/{file}", stdin=text
            )
        self.run("systemctl", "reload-or-restart", "coturn")
        self.listens(443)

    def told(self, milliseconds: int = 30_000) -> list[dict[str, Any]] | None:
        """What config.js tells somebody who joins, by so many milliseconds after the server started."""
        done = self.run("node", "-e", _JOIN, f"{_CONFIG}/config.js", str(milliseconds))
        told: list[dict[str, Any]] | None = json.loads(done.stdout)
        return told

    def probe(self) -> "subprocess.CompletedProcess[str]":
        """The node's own look at its relay."""
        return self.run("/usr/local/sbin/multiparty-relay", self.name, check=False)

    def dropped(self) -> int:
        """Packets of coturn's that the kernel kept from leaving."""
        rules = json.loads(self.run("nft", "--json", "list", "table", "inet", "relay_guard").stdout)["nftables"]
        parts = [part for rule in rules for part in rule.get("rule", {}).get("expr", []) if "counter" in part]
        return sum(part["counter"]["packets"] for part in parts)

    def log(self) -> str:
        """What coturn said."""
        return self.run("cat", "/run/coturn.log").stdout


def settled(node: Node) -> None:
    """Wait until the node's own look is content."""
    eventually(node.probe, lambda done: done.returncode == 0, seconds=60, what="a relay that allocates")


def _write(path: Path, text: str, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def _accounts(file: str, line: str) -> str:
    return f"{Path('/etc', file).read_text().rstrip()}\n{line}\n"
