"""blackbox.yml: how the witness asks from outside what people, browsers and resolvers ask."""

import re
from typing import Any

import yaml

from boot.document import BlockDumper
from boot.live import HOME
from boot.monitoring.watched import Watched
from settings.dns import Dns, public_names
from settings.duration import seconds
from settings.edge import HEALTH_STATUS, Acme, Provided
from settings.secrets import FLEET_NAME
from settings.types import SiteName

DIRECTORY = f"{HOME}/blackbox"
EDGE, INSTANCE, DNS = "edge", "instance", "dns"
_FLEET, _AUTHORITY = "fleet.pem", "edge.pem"
_DNS_TIMEOUT = 3  # seconds


def names_module(site: SiteName) -> str:
    """The module that asks whether an answer names a site's edge."""
    return f"names-{site}"


def blackbox_files(watched: Watched) -> dict[str, str]:
    """blackbox.yml, and the certificates that it trusts, by file name."""
    secrets = watched.settings.secrets
    files = {
        "blackbox.yml": yaml.dump({"modules": _modules(watched)}, Dumper=BlockDumper, sort_keys=False, width=4096),
        _FLEET: secrets.fleet_certificate.get_secret_value(),
    }
    authority = _authority(watched)
    return files | ({_AUTHORITY: authority} if authority else {})


def _authority(watched: Watched) -> str | None:
    """Whom an edge's certificate is of: a private authority, or whoever issued the operator's own; None: the world's.

    The operator's own is pinned: of who issued it, nothing is known here.
    """
    certificate, secrets = watched.env.edge.certificate, watched.settings.secrets
    if isinstance(certificate, Provided) and secrets.edge_certificate:
        return secrets.edge_certificate.get_secret_value()
    return certificate.trusted_roots if isinstance(certificate, Acme) else None


def _modules(watched: Watched) -> dict[str, Any]:
    domain = watched.env.domain
    trust = {"ca_file": f"{DIRECTORY}/{_AUTHORITY}"} if _authority(watched) else {}
    modules = {
        EDGE: _health(watched, {"server_name": domain, **trust}, {"Host": domain}),
        INSTANCE: _health(watched, {"server_name": FLEET_NAME, "ca_file": f"{DIRECTORY}/{_FLEET}"}, {}),
    }
    dns = watched.env.dns
    if dns is None:
        return modules
    modules[DNS] = _answer(watched, dns, r"\sA\s")
    return modules | {
        names_module(site): _answer(watched, dns, rf"\s{re.escape(str(address))}$")
        for site, address in watched.edges.items()
    }


def _health(watched: Watched, tls: dict[str, str], headers: dict[str, str]) -> dict[str, Any]:
    """As Caddy asks for health, with its patience."""
    health = watched.env.edge.health
    return {
        "prober": "http",
        "timeout": f"{seconds(health.timeout):g}s",
        "http": {
            "valid_status_codes": [HEALTH_STATUS],
            "follow_redirects": False,
            "preferred_ip_protocol": "ip4",
            "fail_if_not_ssl": True,
            "tls_config": tls,
            **({"headers": headers} if headers else {}),
        },
    }


def _answer(watched: Watched, dns: Dns, expected: str) -> dict[str, Any]:
    """The name that people use, and an answer in which a record matches."""
    label = next(iter(public_names(watched.env.domain, watched.env.service_sites).values()))
    return {
        "prober": "dns",
        "timeout": f"{_DNS_TIMEOUT}s",
        "dns": {
            "query_name": f"{label}.{dns.zone}",
            "query_type": "A",
            "preferred_ip_protocol": "ip4",
            "validate_answer_rrs": {"fail_if_none_matches_regexp": [expected]},
        },
    }
