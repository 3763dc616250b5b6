"""Each edge gets its certificate by itself, whichever edge the authority is led to, and with the other one down.

The two edges share no storage.
"""

import socket
import ssl
import subprocess
import sys

import pytest
from cryptography import x509

from tests.edge import pebble
from tests.edge.fleet import DOMAIN, Edge, Fleet
from tests.edge.name import name_leads_to
from tests.edge.namespaces import Host
from tests.unit.waiting import eventually

CHANGES = pebble.CHANGES
CHALLENGE = f"/.well-known/acme-challenge/{'t' * 43}"


def _begins_anew(edge: Edge) -> None:
    """Without its certificates, as a replaced server; started again by its unit."""
    edge.run("sh", "-c", "rm -rf /var/lib/caddy/.local; pkill -KILL caddy")


def _issuer(edge: Edge) -> str:
    """Who issued what the edge answers with; what went wrong where it does not."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    try:
        with (
            socket.create_connection((str(edge.address), 443), timeout=3) as raw,
            context.wrap_socket(raw, server_hostname=DOMAIN) as secured,
        ):
            certificate = x509.load_der_x509_certificate(secured.getpeercert(binary_form=True) or b"")
    except OSError as error:
        return str(error)
    return certificate.issuer.rfc4514_string()


def _health(edge: Edge) -> str:
    """Whether the edge says that it can serve."""
    command = ["curl", "-sS", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}"]
    return edge.run(*command, f"http://{edge.address}/edge-health", check=False).stdout


def _gets_a_certificate(edge: Edge, why: str) -> None:
    _begins_anew(edge)
    eventually(lambda: _issuer(edge), lambda seen: "Pebble" in seen, seconds=40, what=f"a certificate, {why}")
    assert _health(edge) == "200"


def test_an_edge_without_a_certificate_does_not_serve(acme: Fleet) -> None:
    """The authority's name leads nowhere: nobody can use this edge, and it says so."""
    edge = acme.edges["gra"]
    _begins_anew(edge)
    eventually(lambda: _health(edge), lambda status: status == "502", seconds=20, what="the missing certificate told")


@pytest.mark.parametrize("led_to", ["gra", "sbg"])
def test_both_edges_are_certified_through_one(acme: Fleet, led_to: str) -> None:
    """The authority is led to one edge alone; what it asks there for the other one is passed on."""
    with name_leads_to(acme, DOMAIN, str(acme.edges[led_to].address)):
        for edge in acme.edges.values():
            _gets_a_certificate(edge, f"the name leads to {led_to}")


@pytest.mark.parametrize(("alone", "down"), [("gra", "sbg"), ("sbg", "gra")])
def test_an_edge_is_certified_with_the_other_one_down(acme: Fleet, alone: str, down: str) -> None:
    """Renewals go on while a site is lost."""
    acme.edges[down].cut(off=True)
    try:
        with name_leads_to(acme, DOMAIN, str(acme.edges[alone].address)):
            _gets_a_certificate(acme.edges[alone], f"{down} is down")
    finally:
        acme.edges[down].cut(off=False)


def test_a_challenge_is_passed_on_once(acme: Fleet) -> None:
    """Marked as passed on it ends where it is: the edge answers at once, although the other one is down."""
    gra, sbg = acme.edges["gra"], acme.edges["sbg"]

    def ask(*more: str) -> str:
        command = ["curl", "-sS", "-m", "8", "-o", "/dev/null", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}", *more]
        return acme.wire.run(*command, f"http://{gra.address}{CHALLENGE}").stdout

    eventually(ask, "404".__eq__, seconds=15, what="the other one's answer, whose plug was just put back")
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
            impostor.run("timeout", "20", "sh", "-c", f"until ss -tlnH sport = :{port} | grep -q .; do sleep 0.1; done")
        gra.run("ip", "neigh", "flush", "all")
        asked = ["curl", "-sS", "-m", "8", "-w", "%{http_code}", "-H", f"Host: {DOMAIN}"]
        assert acme.wire.run(*asked, f"http://{gra.address}{CHALLENGE}").stdout == "502"
    finally:
        impostor.end()
        sbg.cut(off=False)
        gra.run("ip", "neigh", "flush", "all")


def test_the_authoritys_root_comes_with_the_configuration(acme: Fleet) -> None:
    """The bundle's file, as it was configured."""
    assert acme.edges["gra"].run("cat", "/etc/multiparty/tls/acme-roots.pem").stdout == pebble.AUTHORITY.certificate
