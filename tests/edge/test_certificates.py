"""Each edge gets its certificate by itself, whichever edge the authority is led to, and with the other one down. One
that is replaced serves with the other one's: no authority is asked, and nobody else is given the key.
"""

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography import x509

from fleet.certificates import Pair, issued
from settings.relay import CERTIFICATES_PORT
from settings.secrets import FLEET_NAME
from tests.edge import pebble
from tests.edge.fleet import DOMAIN, Edge, Fleet
from tests.edge.name import name_leads_to
from tests.edge.namespaces import Host
from tests.edge.pebble import begins_anew, forgets, gets_a_certificate, health
from tests.unit.waiting import eventually

CHANGES = pebble.CHANGES
CHALLENGE = f"/.well-known/acme-challenge/{'t' * 43}"

STORAGE = "/var/lib/caddy/.local/share/caddy"
ISSUER = "ca.organisation.fr-14000-dir"
CERTIFICATE = f"certificates/{ISSUER}/{DOMAIN}/{DOMAIN}"
ACCOUNT = f"acme/{ISSUER}/users/admin@organisation.fr/admin"
TAKE_OVER = ["runuser", "-u", "caddy", "--", "sh", "/etc/multiparty/caddy/take-over.sh"]


def test_an_edge_without_a_certificate_does_not_serve(acme: Fleet) -> None:
    """The authority's name leads nowhere: nobody can use this edge, and it says so."""
    edge = acme.edges["gra"]
    begins_anew(edge)
    eventually(lambda: health(edge), lambda status: status == "502", seconds=20, what="the missing certificate told")


@pytest.mark.parametrize("led_to", ["gra", "sbg"])
def test_both_edges_are_certified_through_one(acme: Fleet, led_to: str) -> None:
    """The authority is led to one edge alone; what it asks there for the other one is passed on."""
    with name_leads_to(acme, DOMAIN, str(acme.edges[led_to].address)):
        for edge in acme.edges.values():
            # Nothing to take over.
            for each in acme.edges.values():
                forgets(each)
            gets_a_certificate(edge, f"the name leads to {led_to}")


@pytest.mark.parametrize(("alone", "down"), [("gra", "sbg"), ("sbg", "gra")])
def test_an_edge_is_certified_with_the_other_one_down(acme: Fleet, alone: str, down: str) -> None:
    """Renewals go on while a site is lost; nothing is taken over from it, and that is soon given up."""
    acme.edges[down].cut(off=True)
    try:
        with name_leads_to(acme, DOMAIN, str(acme.edges[alone].address)):
            gets_a_certificate(acme.edges[alone], f"{down} is down")
    finally:
        acme.edges[down].cut(off=False)


def test_a_challenge_is_passed_on_once(acme: Fleet) -> None:
    """Marked as passed on it ends where it is: the edge answers at once, although the other one is down."""
    gra, sbg = acme.edges["gra"], acme.edges["sbg"]

    def ask(*more: str) -> str:
        command = ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}", *more]
        return acme.wire.run(*command, f"http://{gra.address}{CHALLENGE}").stdout

    eventually(ask, "404".__eq__, seconds=30, what="the other one's answer, whose plug was just put back")
    sbg.cut(off=True)
    try:
        assert ask() == "502"
        assert ask("-H", "X-Acme-Relayed: 1") == "404"
        assert ask("-H", "X-Acme-Relayed: 1", "-H", "X-Acme-Relayed: 0") == "404"
    finally:
        sbg.cut(off=False)


# Whoever has the other edge's address: it answers any challenge, in clear and with a certificate of its own.
_IMPOSTOR = """
import http.server, ssl, sys, threading
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"forged")
plain, secured = (http.server.ThreadingHTTPServer(("", port), Answer) for port in (80, 443))
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(*sys.argv[1:])
secured.socket = context.wrap_socket(secured.socket, server_side=True)
threading.Thread(target=plain.serve_forever).start()
secured.serve_forever()
"""


def test_who_answers_in_the_other_edges_place_is_not_believed(acme: Fleet) -> None:
    """It would be given a certificate of the domain's."""
    gra, sbg = acme.edges["gra"], acme.edges["sbg"]
    sbg.cut(off=True)
    impostor = Host(acme.wire, sbg.address, acme.directory / "impostor")
    try:
        subprocess.Popen(impostor.command(sys.executable, "-c", _IMPOSTOR, *acme.another_pair()))
        for port in (80, 443):
            impostor.listens(port)
        gra.run("ip", "neigh", "flush", "all")
        asked = ["curl", "-sS", "-m", "20", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}"]
        assert acme.wire.run(*asked, f"http://{gra.address}{CHALLENGE}").stdout == "502"
    finally:
        impostor.end()
        sbg.cut(off=False)
        gra.run("ip", "neigh", "flush", "all")


def test_the_authoritys_root_comes_with_the_configuration(acme: Fleet) -> None:
    """The bundle's file, as it was configured."""
    assert acme.edges["gra"].run("cat", "/etc/multiparty/tls/acme-roots.pem").stdout == pebble.AUTHORITY.certificate


@pytest.fixture(scope="module")
def certified(acme: Fleet) -> Fleet:
    """GRA's edge has a certificate of its own; from then on the name leads nowhere, and nobody would get one."""
    with name_leads_to(acme, DOMAIN, str(acme.edges["gra"].address)):
        gets_a_certificate(acme.edges["gra"], "asked for")
    return acme


def _orders(fleet: Fleet) -> int:
    return (fleet.directory / "pebble.log").read_text().count("order-plz")


def test_certificates_survive_replaced_edges(certified: Fleet) -> None:
    """One after the other: all serve with the first one's, the key is Caddy's alone, Pebble was asked once."""
    asked = _orders(certified)
    assert asked
    first = pebble.served(certified.edges["gra"])
    assert isinstance(first, x509.Certificate)
    for site in ("sbg", "gra", "sbg"):
        edge = certified.edges[site]
        assert gets_a_certificate(edge, f"{site} is replaced").serial_number == first.serial_number
        modes = edge.run("find", STORAGE, "-type", "f", "-printf", "%m %u %f\n").stdout.splitlines()
        kept = [line for line in modes if line.endswith((f"{DOMAIN}.crt", ".key", f"{DOMAIN}.json", "admin.json"))]
        assert len(kept) == 5 and all(line.startswith("600 caddy ") for line in kept), modes
        assert edge.run("find", STORAGE, "-name", "new").stdout == ""
        edge.run("test", "-e", f"{STORAGE}/{ACCOUNT}.key")
    assert _orders(certified) == asked


def test_an_edge_that_has_a_good_one_asks_nobody(certified: Fleet) -> None:
    """A restart of Caddy's waits for no other edge."""
    gra, sbg = certified.edges["gra"], certified.edges["sbg"]
    sbg.cut(off=True)
    try:
        assert gra.run(*TAKE_OVER).stderr == ""
    finally:
        sbg.cut(off=False)


def _ask(host: Host, edge: Edge, path: str, *more: str | Path) -> tuple[int, str]:
    """What a host is answered at the edge's port of certificates: curl's exit status and the HTTP status."""
    resolve = f"{FLEET_NAME}:{CERTIFICATES_PORT}:{edge.address}"
    command = ["curl", "-sS", "-k", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "--resolve", resolve]
    done = host.run(*command, *more, f"https://{FLEET_NAME}:{CERTIFICATES_PORT}/{path}", check=False)
    return done.returncode, done.stdout


def test_nobody_but_edges_is_given_a_key(certified: Fleet) -> None:
    """Without the fleet's pair no answer, whoever asks; with it, and from another address than an edge's, no file."""
    gra, sbg, node = certified.edges["gra"], certified.edges["sbg"], certified.instances["sbg-1"]
    stranger = certified.another_pair()
    foreign = ("--cert", stranger[0], "--key", stranger[1])
    fleets = ("--cert", certified.directory / "fleet.pem", "--key", certified.directory / "fleet.key")
    for path in (f"{CERTIFICATE}.key", f"{ACCOUNT}.key"):
        for who in (sbg, node):
            for pair in ((), foreign):
                status, said = _ask(who, gra, path, *pair)
                assert status and said == "000", (path, pair)
        assert _ask(node, gra, path, *fleets) == (0, "404")
        assert _ask(sbg, gra, path, *fleets) == (0, "200")
    for path in ("", "instance.uuid", "certificates/../../../../../../../etc/multiparty/tls/peers.pem"):
        assert _ask(sbg, gra, path, "--path-as-is", *fleets) == (0, "404")


def _own(edge: Edge, pair: Pair, about: str = "{}") -> None:
    """Put a pair into the edge's storage."""
    for ending, text in (("crt", pair.certificate), ("key", pair.key), ("json", about)):
        edge.run("runuser", "-u", "caddy", "--", "sh", "-c", f"cat >{STORAGE}/{CERTIFICATE}.{ending}", stdin=text)


GOOD = issued(pebble.AUTHORITY, DOMAIN)
BAD = {
    "expired": (issued(pebble.AUTHORITY, DOMAIN, days=0), "{}"),
    "another name's": (issued(pebble.AUTHORITY, "other.organisation.fr"), "{}"),
    "another key's": (Pair(GOOD.certificate, issued(pebble.AUTHORITY, DOMAIN).key), "{}"),
    "no certificate": (Pair("", GOOD.key), "{}"),
    "no description": (GOOD, '{"sans": ['),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_good_is_not_taken_over(certified: Fleet, what: str) -> None:
    """The authority is asked then; a good one in the same place is taken, and one that is no good is replaced by it."""
    gra, sbg = certified.edges["gra"], certified.edges["sbg"]
    forgets(gra)
    _own(sbg, *BAD[what])
    done = gra.run(*TAKE_OVER)
    assert done.stderr == f"{CERTIFICATE}: no good at {sbg.address}\n"
    assert gra.run("find", STORAGE, "-name", f"{DOMAIN}*").stdout == ""
    _own(sbg, GOOD)
    gra.run(*TAKE_OVER)
    _own(gra, *BAD[what])
    assert gra.run(*TAKE_OVER).stdout == f"{CERTIFICATE}: taken over from {sbg.address}\n"
    assert gra.run("cat", f"{STORAGE}/{CERTIFICATE}.crt").stdout == GOOD.certificate
