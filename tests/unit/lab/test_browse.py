"""How this machine's loopback leads into the lab: Caddy's configuration, and what a person reads."""

from pathlib import Path

from fleet.fleet import DeployedServer, Fleet
from lab import browse


def _server(role: str, site: str, public: str | None) -> DeployedServer:
    return DeployedServer(f"lab-{site}-{role}-1", "1", site, "R1", role, public, "10.17.0.4", None)


FLEET = Fleet(
    (_server("edge", "gra", "198.51.100.7"), _server("edge", "sbg", "198.18.0.7"), _server("witness", "witness", None)),
    "meeting.ha.lab.example",
)


def test_each_listener_asks_its_own_upstream_by_the_services_name() -> None:
    """An edge has no certificate for `localhost`: it is asked for the service, and its certificate is checked."""
    wanted = browse.listeners(FLEET, Path("/lab/prometheus.sock"))
    text = browse.caddyfile(wanted, [7, 8, 9], Path("/lab/authority.pem"))
    assert [line.strip() for line in text.splitlines() if "bind" in line] == ["bind fd/7", "bind fd/8", "bind fd/9"]
    assert "reverse_proxy https://198.51.100.7:443 {" in text
    assert "reverse_proxy https://198.18.0.7:443 {" in text
    assert "reverse_proxy unix//lab/prometheus.sock\n" in text
    assert text.count("tls_server_name meeting.ha.lab.example") == text.count("header_up Host") == 2
    assert text.count("tls_trust_pool file /lab/authority.pem") == 2
    assert "insecure" not in text


def test_a_person_reads_every_address_and_the_way_from_elsewhere() -> None:
    """One `ssh -L` for each port, not for each page."""
    text = browse.text({"meetings": "http://localhost:8001/", "status": "http://localhost:8001/status"})
    assert "http://localhost:8001/status" in text
    assert text.count("-L 8001:localhost:8001") == 1
