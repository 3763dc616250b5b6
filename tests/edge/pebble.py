"""Pebble beside the edges, an authority that keeps Let's Encrypt's rules: a private one here, so that its root comes
with the configuration.
"""

import json
import os
import socket
import ssl
import subprocess
from pathlib import Path

from cryptography import x509

from fleet.certificates import authority, issued
from tests.edge.fleet import DOMAIN, OUTSIDE, Edge, Fleet
from tests.unit.waiting import eventually

AUTHORITY = authority("authority of the tests")
NAME = "ca.organisation.fr"
CHANGES = {
    "env.edge.certificate": {
        "type": "acme",
        "email": "admin@organisation.fr",
        "directory": f"https://{NAME}:14000/dir",
        "trusted_roots": AUTHORITY.certificate,
    }
}


def start(fleet: Fleet, pebble: Path) -> None:
    """Beside the fleet, until that ends; the edges know its name."""
    own = issued(AUTHORITY, NAME)
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
        edge.run("sh", "-c", f"echo {OUTSIDE} {NAME} >>/etc/hosts")
    command = fleet.wire.command(pebble, "-config", files["json"], "-dnsserver", f"{OUTSIDE}:53")
    environment = {**os.environ, "PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0"}
    with (fleet.directory / "pebble.log").open("wb") as log:
        subprocess.Popen(command, stdout=log, stderr=log, env=environment)
    fleet.wire.listens(14000)


def forgets(edge: Edge) -> None:
    """Take the edge's certificates and account away; its Caddy serves on with what it has read."""
    # Its Caddy may write there at the same moment.
    edge.run("timeout", "60", "sh", "-c", "until rm -rf /var/lib/caddy/.local 2>/dev/null; do sleep 0.05; done")


def begins_anew(edge: Edge) -> None:
    """Without its certificates, as a replaced server; started again by its unit."""
    forgets(edge)
    edge.run("pkill", "-KILL", "caddy")


def served(edge: Edge) -> x509.Certificate | str:
    """What the edge answers with; what went wrong where it does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((str(edge.address), 443), timeout=10) as raw,
            context.wrap_socket(raw, server_hostname=DOMAIN) as secured,
        ):
            return x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    except OSError as error:
        return str(error)


def health(edge: Edge) -> str:
    """Whether the edge says that it can serve."""
    command = ["curl", "-sS", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}"]
    return edge.run(*command, f"http://{edge.address}/edge-health", check=False).stdout


def gets_a_certificate(edge: Edge, why: str) -> x509.Certificate:
    """Begin anew, and wait for what Pebble issued, lately or to another edge."""
    begins_anew(edge)

    def has_one(seen: x509.Certificate | str) -> bool:
        return isinstance(seen, x509.Certificate) and "Pebble" in seen.issuer.rfc4514_string()

    # Where it was refused once Caddy asks again after a minute.
    found = eventually(lambda: served(edge), has_one, seconds=150, what=f"a certificate, {why}")
    assert isinstance(found, x509.Certificate)
    eventually(lambda: health(edge), "200".__eq__, seconds=45, what="the certificate told")
    return found
