"""An edge that people cannot use over HTTPS says so at its port 80, where DNS servers ask."""

from dataclasses import replace

from boot.edge.tls import tls
from fleet.certificates import self_signed
from tests.edge.fleet import DOMAIN, Edge, Fleet
from tests.unit.waiting import eventually


def _health(fleet: Fleet, edge: Edge) -> str:
    command = ["curl", "-sS", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "--header", f"Host: {DOMAIN}"]
    return fleet.wire.run(*command, f"http://{edge.address}/edge-health").stdout


def test_an_edge_with_an_expired_certificate_does_not_serve(fleet: Fleet) -> None:
    """Until it has a good one; the other edge is none the worse."""
    gra, sbg = fleet.edges["gra"], fleet.edges["sbg"]
    assert [_health(fleet, edge) for edge in (gra, sbg)] == ["200", "200"]
    good, old = tls(gra.settings), self_signed(DOMAIN, days=0)
    gra.take(replace(good, files={**good.files, "edge.pem": old.certificate, "edge.key": old.key}))
    eventually(lambda: _health(fleet, gra), lambda status: status == "502", seconds=30, what="the old certificate told")
    assert _health(fleet, sbg) == "200"
    gra.take(good)
    eventually(
        lambda: _health(fleet, gra), lambda status: status == "200", seconds=30, what="the good certificate told"
    )


def test_people_do_not_see_it_over_https(fleet: Fleet) -> None:
    """There it is an address like any other: of a page."""
    edge = fleet.edges["gra"]
    curl = ["curl", "-sS", "-m", "20", "--cacert", str(fleet.cacert), "--resolve", f"{DOMAIN}:443:{edge.address}"]
    assert '"instance"' in fleet.wire.run(*curl, f"https://{DOMAIN}/edge-health").stdout
