"""The zone file that every nameserver has, and the delegation that makes it the world's."""

from hashlib import sha256
from ipaddress import IPv4Address
from typing import NamedTuple

from boot.edge.nameservers import Nameservers, geographic
from settings.dns import Dns, nameserver, public_names
from settings.duration import whole_seconds
from settings.environment import Environment
from settings.stack import Settings

# Of what changes with a nameserver's address only.
DELEGATION_TTL = 3600
# Refresh, retry and expire are for secondaries that transfer the zone: there is none. Seconds.
_TRANSFER = "3600 600 604800"


class Record(NamedTuple):
    """A record of the parent zone, to be set by hand."""

    name: str
    type: str
    ttl: int
    value: str


def zone(settings: Settings, dns: Dns, known: Nameservers) -> str:
    """The text of the zone file; the TTL is the same with an edge down, which gdnsd would halve."""
    body = [f"@ {DELEGATION_TTL} NS {nameserver(site, dns.zone)}." for site in known.all]
    body += [f"{nameserver(site, dns.zone)}. {DELEGATION_TTL} A {address}" for site, address in known.all.items()]
    ttl = whole_seconds(dns.ttl)
    fixed = f"{ttl}/{ttl}"
    domain, *sites = public_names(settings.env.domain, settings.env.service_sites).values()
    nearest = "geoip!nearest" if geographic(settings, known) else "multifo!edges"
    body.append(f"{domain} {fixed} DYNA {nearest}")
    body += [
        f"{label} {fixed} DYNA metafo!{site}" for label, site in zip(sites, settings.env.service_sites, strict=True)
    ]
    body += [f"{name}. {ttl} A {address}" for name, address in known.relays.items()]
    first = nameserver(next(iter(known.all)), dns.zone)
    user, host = dns.mail.split("@")
    mail = user.replace(".", r"\.") + f".{host}"
    text = "".join(f"{line}\n" for line in body)
    return f"@ {ttl} SOA {first}. {mail}. {_serial(text)} {_TRANSFER} {ttl}\n{text}"


def delegation(env: Environment, dns: Dns, nameservers: dict[str, IPv4Address]) -> list[Record]:
    """What the parent zone needs: the nameservers, their addresses, and the public names where it holds them."""
    names = {site: f"{nameserver(site, dns.zone)}." for site in nameservers}
    records = [Record(f"{dns.zone}.", "NS", DELEGATION_TTL, name) for name in names.values()]
    records += [Record(names[site], "A", DELEGATION_TTL, str(address)) for site, address in nameservers.items()]
    return records + [
        Record(f"{public}.", "CNAME", DELEGATION_TTL, f"{label}.{dns.zone}.")
        for public, label in public_names(env.domain, env.service_sites).items()
        if public != f"{label}.{dns.zone}"
    ]


def _serial(text: str) -> int:
    """From the content, so that equal zones have equal serials; nobody compares them for which is newer."""
    return int.from_bytes(sha256(text.encode()).digest()[:4])
