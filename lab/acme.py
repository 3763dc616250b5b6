"""An ACME authority in the lab: Pebble, Let's Encrypt's own test server. It forgets everything when the lab ends."""

import json
import ssl
import subprocess
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from fleet import certificates
from fleet.until import until
from lab.cloud.layout import ACME_NAME, SERVICES_HOST
from lab.cloud.shell import LabError
from lab.engine import gotools
from lab.lab import Lab

PORT, MANAGEMENT_PORT = 14000, 15000
DIRECTORY = f"https://{ACME_NAME}:{PORT}/dir"
SECONDS = 20


@dataclass(frozen=True)
class AcmeAuthority:
    """A running Pebble.

    Attributes:
        directory: the URL that an ACME client is given.
        trusted_roots: PEM of the authority behind Pebble's own HTTPS certificate.
        root: PEM of the authority that signs what Pebble issues.
    """

    directory: str
    trusted_roots: str
    root: str


def start(lab: Lab) -> AcmeAuthority:
    """Start Pebble inside the lab, unless it runs, at the address where guests find the lab's services.

    The caller's own network must be the lab's.

    Raises:
        LabError: it does not answer in time.
    """
    home = lab.home / "acme"
    if (home / "ca.pem").exists():
        return AcmeAuthority(DIRECTORY, (home / "ca.pem").read_text(), _root(home))
    home.mkdir(exist_ok=True)
    ca = certificates.authority("lab ACME listener")
    pair = certificates.issued(ca, ACME_NAME)
    (home / "ca.pem").write_text(ca.certificate)
    (home / "listener.pem").write_text(pair.certificate)
    (home / "listener.key").write_text(pair.key)
    config = {
        "listenAddress": f"{SERVICES_HOST}:{PORT}",
        "managementListenAddress": f"{SERVICES_HOST}:{MANAGEMENT_PORT}",
        "certificate": str(home / "listener.pem"),
        "privateKey": str(home / "listener.key"),
        "httpPort": 80,
        "tlsPort": 443,
    }
    (home / "pebble.json").write_text(json.dumps({"pebble": config}))
    # Pebble by itself waits up to 15 s before it validates, and refuses every twentieth nonce.
    environment = {"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_WFE_NONCEREJECT": "0"}
    command = [str(gotools.build("pebble")), "-config", str(home / "pebble.json"), "-dnsserver", f"{SERVICES_HOST}:53"]
    with (home / "pebble.log").open("ab") as log:
        subprocess.Popen(
            lab.enter(["env", *(f"{key}={value}" for key, value in environment.items()), *command]),
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    return AcmeAuthority(DIRECTORY, ca.certificate, _root(home))


def _root(home: Path) -> str:
    trust = ssl.create_default_context(cafile=str(home / "ca.pem"))
    trust.check_hostname = False  # asked by address; the certificate has the name
    found: list[str] = []

    def lacking() -> str:
        url = f"https://{SERVICES_HOST}:{MANAGEMENT_PORT}/roots/0"
        with urllib.request.urlopen(url, context=trust, timeout=5) as answer:
            found.append(answer.read().decode())
        return ""

    until(lacking, seconds=SECONDS, what=f"Pebble, whose log is {home / 'pebble.log'}", error=LabError, pause=0.3)
    return found[0]
