"""Pebble, which keeps Let's Encrypt's rules, as the edges' authority; a private one, so that its root comes with the
configuration.
"""

import json
import os
import subprocess
from pathlib import Path

from fleet.certificates import authority, issued
from tests.edge.fleet import OUTSIDE, Fleet

AUTHORITY = authority("authority of the tests")
_NAME = "ca.organisation.fr"
# What the settings have to say for the edges to ask it.
CHANGES = {
    "env.edge.certificate": {
        "type": "acme",
        "email": "admin@organisation.fr",
        "directory": f"https://{_NAME}:14000/dir",
        "trusted_roots": AUTHORITY.certificate,
    }
}


def start(fleet: Fleet, pebble: Path) -> None:
    """Beside the fleet, until that ends; the edges know its name."""
    own = issued(AUTHORITY, _NAME)
    files = {name: fleet.directory / f"pebble.{name}" for name in ("pem", "key", "json")}
    files["pem"].write_text(own.certificate)
    files["key"].write_text(own.key)
    config = {
        "listenAddress": f"{OUTSIDE}:14000",
        "managementListenAddress": f"{OUTSIDE}:15000",
        "certificate": str(files["pem"]),
        "privateKey": str(files["key"]),
        "httpPort": 80,
        "tlsPort": 443,
        "ocspResponderURL": "",
    }
    files["json"].write_text(json.dumps({"pebble": config}))
    for edge in fleet.edges.values():
        edge.run("sh", "-c", f"echo {OUTSIDE} {_NAME} >>/etc/hosts")
    command = fleet.wire.command(pebble, "-config", files["json"], "-dnsserver", f"{OUTSIDE}:53")
    environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0"}
    with (fleet.directory / "pebble.log").open("wb") as log:
        subprocess.Popen(command, stdout=log, stderr=log, env=environment)
