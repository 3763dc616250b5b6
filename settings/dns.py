"""The DNS with health checks: a delegated sub-zone that the edges and the witness answer for with gdnsd.

The names, for the domain meeting.example.com and the zone ha.example.com:

    meeting.ha.example.com        the edges that are up, or the nearest of them
    meeting-gra.ha.example.com    the edge of that site, while it is up; else the other one
    ns-gra.ha.example.com         the site's nameserver

People use meeting.example.com and meeting-gra.example.com, which the parent zone makes CNAMEs of these.
"""

from collections import Counter
from collections.abc import Collection, Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from settings.duration import Between, Duration, whole_seconds
from settings.edge import Routing
from settings.section import ADVANCED, Refusal, Section, refuse
from settings.types import Cidr, CountryCode, Email, Fqdn, PlainUrl, Sha256, SiteName, Times

Continent = Literal["AF", "AN", "AS", "EU", "NA", "OC", "SA"]  # the codes of GeoIP2 databases
CheckTime = Annotated[Duration, Between("1s", "255s", whole=True, was="s")]  # what gdnsd takes
# The zone of an organisation, such as example.com, has two labels: it is not to be delegated as a whole.
_LABELS = 3
_NAMESERVER = "ns"
# gdnsd's names for the check of an edge, and for the directory with the overrides of what was checked.
SERVICE_TYPE = "edge"
STATE = "/var/lib/gdnsd"
# gdnsd's `ok_thresh`: failures that count follow each other, so that scattered ones never take an edge out.
OK_THRESH = 1


class EdgeCheck(Section):
    """How a nameserver asks whether an edge serves; names are gdnsd's.

    A lost edge is DOWN after at most `down_thresh` x `interval` + `timeout`: 8 s. gdnsd's own values, 10 x 10 s, would
    make 105 s. A lost SYN is sent again after 1 s: `timeout` 2 s forgives it. One that is back must answer for 12 s.
    """

    interval: CheckTime = Field(
        default="3s", description="Between two questions to an edge.", json_schema_extra=ADVANCED
    )
    timeout: CheckTime = Field(
        default="2s", description="Until an answer is given up; below `interval`.", json_schema_extra=ADVANCED
    )
    up_thresh: Times = Field(
        default=4, description="Good answers in a row that bring an edge back.", json_schema_extra=ADVANCED
    )
    down_thresh: Times = Field(
        default=2, description="Failed ones in a row that take it out of the zone.", json_schema_extra=ADVANCED
    )

    @property
    def detection_seconds(self) -> int:
        """The longest time until a lost edge is DOWN; answers follow within another second."""
        return self.down_thresh * whole_seconds(self.interval) + whole_seconds(self.timeout)

    @property
    def return_seconds(self) -> int:
        """The longest time until an edge that runs again is UP; answers follow within another second."""
        return self.up_thresh * whole_seconds(self.interval) + whole_seconds(self.timeout)


class Area(Section):
    """The people that a site's edge is for; networks go before countries, countries before continents."""

    networks: tuple[Cidr, ...] = Field(default=(), description="Networks of people that this site is nearest to.")
    continents: tuple[Continent, ...] = Field(
        default=(), description="Continents, by the codes of GeoIP2 databases; needs `geoip2`."
    )
    countries: tuple[CountryCode, ...] = Field(
        default=(), description="Countries, by their codes of two letters; needs `geoip2`."
    )

    @property
    def codes(self) -> tuple[str, ...]:
        """What only a database can tell of a client."""
        return (*self.continents, *self.countries)


class GeoIp2(Section):
    """A GeoIP2 database of countries (.mmdb), which the nameservers fetch: its licence keeps it out of this program."""

    url: PlainUrl = Field(description="Where the nameservers fetch the database of countries (.mmdb).")
    sha256: Sha256 = Field(description="Its checksum.")


class Dns(Section):
    """The delegated zone and its answers."""

    zone: Fqdn = Field(description="The sub-zone that the edges and the witness answer for, such as ha.example.com.")
    ttl: Annotated[Duration, Between("5s", "1h", whole=True, was="s")] = Field(
        default="30s", description="How long resolvers keep an answer."
    )
    hostmaster: Email | None = Field(
        default=None,
        description="The mail address in the zone's SOA record; none: hostmaster of the zone.",
        json_schema_extra=ADVANCED,
    )
    check: EdgeCheck = EdgeCheck()
    map: dict[SiteName, Area] = Field(
        default_factory=dict, description="Of routing geographic: whose edge is whose, by site."
    )
    default_site: SiteName | None = Field(
        default=None, description="The site of people whom `map` does not name; none: the primary."
    )
    geoip2: GeoIp2 | None = None

    @model_validator(mode="after")
    def _rules(self) -> "Dns":
        refuse("dns", [*self._zone_rules(), *self._map_rules()])
        return self

    @property
    def mail(self) -> str:
        """The hostmaster's address."""
        return self.hostmaster or f"hostmaster@{self.zone}"

    def _zone_rules(self) -> list[Refusal]:
        refusals = []
        if len(self.zone.split(".")) < _LABELS:
            allowed = "must be a sub-zone such as ha.example.com: an organisation's whole domain is not delegated"
            refusals.append(Refusal(("zone",), self.zone, allowed))
        if whole_seconds(self.check.timeout) >= whole_seconds(self.check.interval):
            allowed = f"must be below interval, which is {self.check.interval}"
            refusals.append(Refusal(("check", "timeout"), self.check.timeout, allowed))
        return refusals

    def _map_rules(self) -> list[Refusal]:
        refusals = []
        for kind in ("networks", "continents", "countries"):
            named = Counter(place for area in self.map.values() for place in getattr(area, kind))
            refusals += [
                Refusal(("map", site, kind), str(place), "is named twice: it belongs to one site")
                for site, area in self.map.items()
                for place in dict.fromkeys(getattr(area, kind))
                if named[place] > 1
            ]
        for site, area in self.map.items():
            if not (area.networks or area.codes):
                allowed = f"covers nobody: name networks, continents or countries, or leave {site} out"
                refusals.append(Refusal(("map", site), None, allowed))
            if area.codes and not self.geoip2:
                allowed = "can be told by a database only: set dns.geoip2, or name networks"
                refusals.append(Refusal(("map", site), ", ".join(area.codes), allowed))
        if self.geoip2 and not any(area.codes for area in self.map.values()):
            allowed = "is of no use: the map names neither continents nor countries"
            refusals.append(Refusal(("geoip2",), None, allowed))
        return refusals


def public_names(domain: Fqdn, sites: Sequence[SiteName]) -> dict[str, str]:
    """The names that people use, the domain first, each with its label in the zone; `sites` are those with an edge."""
    label, parent = domain.split(".", 1)
    labels = [label, *(f"{label}-{site}" for site in sites)]
    return {f"{name}.{parent}": name for name in labels}


def nameserver(site: SiteName, zone: Fqdn) -> str:
    """The name of a site's nameserver."""
    return f"{_NAMESERVER}-{site}.{zone}"


def dns_rules(
    dns: Dns | None, *, domain: Fqdn, routing: Routing, edges: Collection[SiteName], operators: Collection[Cidr]
) -> list[Refusal]:
    """Rules of an environment's DNS beside its other settings.

    Args:
        dns: the section, where there is one.
        domain: the environment's.
        routing: its edges'.
        edges: the sites with an edge; none while it is not clear which have one.
        operators: the networks that operators log in from.
    """
    if dns is None:
        if routing == "failover":
            return []
        allowed = f"is needed with routing {routing}: dns.zone, the sub-zone delegated to the edges"
        return [Refusal(("dns",), None, allowed)]
    refusals = [*_name_rules(dns, domain), *_routing_rules(dns, routing, edges)]
    if not operators:
        refusals.append(Refusal(("operators", "cidrs"), None, "is needed with dns: the zone is pushed over SSH"))
    return refusals


def _name_rules(dns: Dns, domain: Fqdn) -> list[Refusal]:
    refusals = []
    label, parent = domain.split(".", 1)
    if len(domain.split(".")) < _LABELS:
        allowed = "must have three labels with dns, such as meeting.example.com: its neighbours are meeting-<site>"
        refusals.append(Refusal(("domain",), domain, allowed))
    if label == _NAMESERVER:
        allowed = f"must not begin with {_NAMESERVER} with dns: {_NAMESERVER}-<site> are the nameservers"
        refusals.append(Refusal(("domain",), domain, allowed))
    if dns.zone == domain:
        refusals.append(Refusal(("dns", "zone"), dns.zone, "must not be the domain: the zone holds names below it"))
    elif domain.endswith(f".{dns.zone}") and parent != dns.zone:
        allowed = f"must hold {domain} directly, or not at all"
        refusals.append(Refusal(("dns", "zone"), dns.zone, allowed))
    return refusals


def _routing_rules(dns: Dns, routing: Routing, edges: Collection[SiteName]) -> list[Refusal]:
    allowed = f"must be a site with an edge: {', '.join(edges)}"
    refusals = [Refusal(("dns", "map", site), site, allowed) for site in dns.map if edges and site not in edges]
    if dns.default_site and edges and dns.default_site not in edges:
        refusals.append(Refusal(("dns", "default_site"), dns.default_site, allowed))
    geographic = routing == "geographic"
    if geographic and not dns.map:
        refusals.append(Refusal(("dns", "map"), None, "is needed with routing geographic: whose edge is whose"))
    if not geographic and (dns.map or dns.default_site):
        key = "map" if dns.map else "default_site"
        allowed = f"is for routing geographic alone, and routing is {routing}"
        refusals.append(Refusal(("dns", key), None, allowed))
    return refusals
