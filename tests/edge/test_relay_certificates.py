"""A relay's certificate: the edge asks for it through the node's port 80, and hands it to who has the fleet's key.

The authority is Pebble, led to the meeting node alone; the node has the very files of its boot document.
"""

import ssl
import subprocess
from pathlib import Path

import pytest
import yaml
from cryptography import x509

from boot.document import render
from boot.meeting.meeting import meeting_node
from fleet.certificates import authority, issued
from settings.relay import CERTIFICATES_PORT
from tests.configuration import settings
from tests.edge import pebble
from tests.edge.fleet import Fleet, Instance
from tests.edge.name import name_leads_to
from tests.unit.boot.golden import ANNOUNCED_IP, ARCHIVE, RELAY
from tests.unit.disk import program
from tests.unit.waiting import eventually

CHANGES = RELAY | ARCHIVE | pebble.CHANGES
NAME = "turn-gra-1.ha.organisation.fr"
_FETCH = "/usr/local/sbin/multiparty-relay-certificate"
_HOME = "/etc/multiparty/relay"
# Says that it was told, in coturn's place.
_TOLD = "#!/bin/sh\necho $* >>/run/told\n"


@pytest.fixture(scope="module")
def node(acme: Fleet) -> Instance:
    """GRA's meeting node, as far as certificates go; port 80 leads to the edge as its units have it."""
    found = acme.instances["gra-1"]
    for file in yaml.safe_load(render(meeting_node(acme.settings("gra"), 1, ANNOUNCED_IP)))["write_files"]:
        if "relay" in file["path"] or file["path"].endswith(("boot.env", "fleet.pem", "fleet.key")):
            _put(found, file["path"], file["content"], file["permissions"])
    _put(found, "/usr/bin/systemctl", _TOLD, "0755")
    unit = found.run("cat", "/etc/systemd/system/relay-challenge.service").stdout
    command = next(line for line in unit.splitlines() if line.startswith("ExecStart=")).partition("=")[2].split()
    activate = program("systemd-socket-activate", "systemd")
    subprocess.Popen(found.command(activate, "--listen=0.0.0.0:80", *command))
    found.listens(80)
    return found


def _put(node: Instance, path: str, text: str, mode: str) -> None:
    node.run("sh", "-c", f"mkdir -p $(dirname {path}); cat >{path}; chmod {mode} {path}", stdin=text)


def _held(node: Instance) -> x509.Certificate:
    return x509.load_pem_x509_certificate(node.run("cat", f"{_HOME}/relay.pem").stdout.encode())


def _told(node: Instance) -> int:
    return node.run("sh", "-c", "cat /run/told 2>/dev/null").stdout.count("reload-or-restart coturn")


def test_a_node_gets_the_certificate_that_its_edge_asked_for(acme: Fleet, node: Instance) -> None:
    """Of the authority, for the node's name, with its key; coturn is told once, as nothing is new afterwards."""
    with name_leads_to(acme, NAME, str(node.address)):
        pebble.begins_anew(acme.edges["gra"])
        eventually(
            lambda: node.run(_FETCH, check=False), lambda done: done.returncode == 0, seconds=90, what="a certificate"
        )
    held = _held(node)
    assert "Pebble" in held.issuer.rfc4514_string()
    assert held.extensions.get_extension_for_class(x509.SubjectAlternativeName).value.get_values_for_type(
        x509.DNSName
    ) == [NAME]
    assert node.run("stat", "--format", "%a %U:%G", f"{_HOME}/relay.key").stdout == "640 root:turnserver\n"
    before = _told(node)
    assert node.run(_FETCH).stdout == ""
    assert _told(node) == before == 1


def test_nobody_else_is_given_the_key(acme: Fleet, node: Instance) -> None:
    """Without a certificate, or with one that is not the fleet's; and the fleet's opens no other file."""
    address = f"https://fleet.multiparty-meeting.internal:{CERTIFICATES_PORT}"
    resolve = f"fleet.multiparty-meeting.internal:{CERTIFICATES_PORT}:{acme.edges['gra'].address}"
    own = ["--cert", "/etc/multiparty/meeting/fleet.pem", "--key", "/etc/multiparty/meeting/fleet.key"]
    foreign = acme.another_pair()
    ask = ["curl", "-sS", "-k", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "--resolve", resolve]
    pairs: tuple[list[str | Path], ...] = ([], ["--cert", foreign[0], "--key", foreign[1]])
    for pair in pairs:
        done = node.run(*ask, *pair, f"{address}/{NAME}.key", check=False)
        assert done.returncode, done.stdout
        assert done.stdout == "000"
    assert node.run(*ask, *own, f"{address}/{NAME}.key").stdout == "200"
    for path in ("/", f"/{NAME}/{NAME}.json", "/meeting.organisation.fr/meeting.organisation.fr.key", "/fleet.pem"):
        assert node.run(*ask, *own, "--path-as-is", f"{address}{path}").stdout == "404", path


def test_a_certificate_of_the_operators_takes_the_same_way(acme: Fleet, node: Instance) -> None:
    """And one that replaces it; one that is not for the node's name is left where it is."""
    gra = acme.edges["gra"]
    told = _told(node)
    for _ in range(2):
        fits = issued(authority("authority of the tests"), NAME)
        own = {"relay_certificate": fits.certificate, "relay_key": fits.key}
        gra.take_all(settings("gra", {**acme.all, **own, "env.meeting.relay": {"certificate": "provided"}}))
        assert node.run(_FETCH).stdout == f"a new certificate for {NAME}\n"
        told += 1
        assert ssl.PEM_cert_to_DER_cert(fits.certificate) == ssl.PEM_cert_to_DER_cert(
            node.run("cat", f"{_HOME}/relay.pem").stdout
        )
        assert _told(node) == told
    other = issued(authority("authority of the tests"), "turn-sbg-1.ha.organisation.fr")
    for file, text in (("relay.pem", other.certificate), ("relay.key", other.key)):
        gra.run("sh", "-c", f"cat >/etc/multiparty/tls/{file}", stdin=text)
    done = node.run(_FETCH, check=False)
    assert done.returncode == 1
    assert done.stderr == f"what the edge has does not fit {NAME}, or its key\n"
    assert _told(node) == told
