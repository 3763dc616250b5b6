"""gdnsd's configuration: where it listens, how it checks the edges, which of them it names to whom."""

from collections.abc import Mapping, Sequence
from ipaddress import IPv4Address
from typing import TypeAlias

from boot.edge.haproxy_cfg import HEALTH_PATH
from boot.edge.nameservers import Nameservers, geographic
from settings.dns import OK_THRESH, SERVICE_TYPE, STATE, Dns
from settings.duration import whole_seconds
from settings.stack import Settings

RUN = "/run/gdnsd"
DATABASES = "/var/lib/multiparty"
_CONTINENTS = ("AF", "AN", "AS", "EU", "NA", "OC", "SA")

Value: TypeAlias = "str | int | Sequence[str] | Mapping[str, Value]"


def gdnsd_conf(settings: Settings, dns: Dns, known: Nameservers, listen: IPv4Address) -> str:
    """The text of gdnsd's file `config`.

    Args:
        settings: the stack's settings.
        dns: the environment's DNS.
        known: the addresses that are known.
        listen: the address of the network card that queries come to: the wildcard would collide with
            systemd-resolved, which has port 53 of its own loopback addresses.
    """
    check = dns.check
    sections: dict[str, Value] = {
        "options": {"listen": ["127.0.0.1", str(listen)], "run_dir": RUN, "state_dir": STATE},
        "service_types": {
            SERVICE_TYPE: {
                "plugin": "http_status",
                "port": 80,
                "url_path": HEALTH_PATH,
                "vhost": settings.env.domain,
                "interval": whole_seconds(check.interval),
                "timeout": whole_seconds(check.timeout),
                "up_thresh": check.up_thresh,
                "ok_thresh": OK_THRESH,
                "down_thresh": check.down_thresh,
            }
        },
        "plugins": _plugins(settings, dns, known),
    }
    return "".join(f"{key} => {_text(value)}\n" for key, value in sections.items())


def _plugins(settings: Settings, dns: Dns, known: Nameservers) -> dict[str, Value]:
    edges: dict[str, Value] = {site: str(address) for site, address in known.edges.items()}
    # All that are up; when none is, all: a check may be wrong, and an empty answer is.
    plugins: dict[str, Value] = {"multifo": {"edges": {"service_types": SERVICE_TYPE, **edges}}}
    one_first: dict[str, Value] = {
        site: {"service_types": SERVICE_TYPE, "datacenters": _first(known, site), "dcmap": edges}
        for site in settings.env.service_sites
    }
    plugins["metafo"] = {"resources": one_first}
    if geographic(settings, known):
        plugins["geoip"] = {
            "maps": {"people": _map(settings, dns, known)},
            "resources": {"nearest": {"map": "people", "service_types": SERVICE_TYPE, "dcmap": edges}},
        }
    return plugins


def _map(settings: Settings, dns: Dns, known: Nameservers) -> dict[str, Value]:
    """From people to edges, the nearest first."""
    networks = {str(cidr): _first(known, site) for site, area in dns.map.items() for cidr in area.networks}
    found: dict[str, Value] = {"datacenters": _first(known, dns.default_site or settings.env.primary)}
    if networks:
        found["nets"] = dict(sorted(networks.items()))
    if dns.geoip2:
        found["geoip2_db"] = f"{DATABASES}/{dns.geoip2.sha256}.mmdb"
        found["map"] = {continent: _continent(dns, known, continent, found["datacenters"]) for continent in _CONTINENTS}
    return found


def _continent(dns: Dns, known: Nameservers, continent: str, default: Value) -> Value:
    """A continent's answer, and its countries': each under every continent, as only the database knows which it is."""
    own = next((_first(known, site) for site, area in dns.map.items() if continent in area.continents), default)
    countries = {code: _first(known, site) for site, area in dns.map.items() for code in area.countries}
    return {"default": own, **dict(sorted(countries.items()))}


def _first(known: Nameservers, site: str) -> list[str]:
    """The known edges' sites, this one's first."""
    return sorted(known.edges, key=lambda other: other != site)


def _text(value: Value, indent: str = "") -> str:
    if isinstance(value, Mapping):
        inner = f"{indent}  "
        lines = "".join(f"{inner}{key} => {_text(entry, inner)}\n" for key, entry in value.items())
        return f"{{\n{lines}{indent}}}"
    return str(value) if isinstance(value, (str, int)) else f"[ {', '.join(value)} ]"
