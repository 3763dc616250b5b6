"""Rules of the DNS with health checks."""

from tests.configuration import OPERATOR_KEY
from tests.unit.settings.rule_table import Changes, Row, Values

_E = "environments.production"
_ZONE = {"zone": "ha.organisation.fr"}
_GEOIP2 = {"url": "https://organisation.fr/country.mmdb", "sha256": "ab" * 32}
WITH_DNS: dict[str, object] = {
    "env.operators": {"cidrs": ["198.51.100.0/28"], "ssh_public_key": OPERATOR_KEY},
    "env.edge.routing": "dns",
    "env.dns": _ZONE,
}
EAST = {"networks": ["198.19.0.0/16"]}
NEAREST = WITH_DNS | {"env.edge.routing": "geographic", "env.dns.map": {"sbg": EAST}}
COUNTRIES = NEAREST | {"env.dns.geoip2": _GEOIP2, "env.dns.map": {"sbg": {"countries": ["DE"], "continents": ["AS"]}}}


def _zone(rule: str, accepted: Changes, refused: Changes, *says: str) -> Row:
    return Row(rule, {**WITH_DNS, **accepted}, {**WITH_DNS, **refused}, says)


def _map(rule: str, accepted: Changes, refused: Changes, *says: str) -> Row:
    return Row(rule, {**NEAREST, **accepted}, {**NEAREST, **refused}, says)


VALUES = [
    Values("env.dns.ttl", "5s", "4s", "must be from 5s to 1h", WITH_DNS),
    Values("env.dns.hostmaster", "dns.admin@organisation.fr", "admin", "must be a mail address", WITH_DNS),
    Values("env.dns.check.interval", "255s", "256s", "must be from 1s to 255s", WITH_DNS),
    Values("env.dns.check.timeout", "2s", "3s", "must be below interval, which is 3s", WITH_DNS),
    Values("env.dns.check.down_thresh", 1, 0, "greater than or equal to 1", WITH_DNS),
    Values("env.dns.zone", "ha.organisation.fr", "organisation.fr", "must be a sub-zone such as", WITH_DNS),
    Values("env.dns.map.sbg.countries", ["DE"], ["Germany"], "countries.0 = 'Germany'", COUNTRIES),
    Values("env.dns.map.sbg.continents", ["EU"], ["Europe"], "continents.0 = 'Europe'", COUNTRIES),
    Values("env.dns.geoip2.sha256", "cd" * 32, "cd", "must be 64 hexadecimal digits", COUNTRIES),
]
NAMES = [
    Row(
        "routing dns has a delegation",
        WITH_DNS,
        WITH_DNS | {"env.dns": None},
        (f"{_E}.dns", "is needed with routing dns: dns.zone, the sub-zone delegated to the edges"),
    ),
    Row(
        "routing geographic has a delegation",
        NEAREST,
        WITH_DNS | {"env.edge.routing": "geographic", "env.dns": None},
        (f"{_E}.dns", "is needed with routing geographic: dns.zone"),
    ),
    _zone(
        "a domain with neighbours",
        {},
        {"env.domain": "organisation.fr"},
        f"{_E}.domain = 'organisation.fr'",
        "must have three labels with dns",
    ),
    _zone(
        "the domain is no nameserver",
        {"env.domain": "nse.organisation.fr"},
        {"env.domain": "ns.organisation.fr"},
        f"{_E}.domain = 'ns.organisation.fr'",
        "must not begin with ns with dns",
    ),
    _zone(
        "the zone is not the domain",
        {"env.dns.zone": "ha.meeting.organisation.fr"},
        {"env.dns.zone": "meeting.organisation.fr"},
        f"{_E}.dns.zone = 'meeting.organisation.fr'",
        "must not be the domain",
    ),
    _zone(
        "the zone holds the domain directly",
        {"env.domain": "meeting.ha.organisation.fr"},
        {"env.domain": "meeting.eu.ha.organisation.fr"},
        f"{_E}.dns.zone = 'ha.organisation.fr'",
        "must hold meeting.eu.ha.organisation.fr directly, or not at all",
    ),
    _zone(
        "the zone can be pushed",
        {},
        {"env.operators": {}},
        f"{_E}.operators.cidrs",
        "is needed with dns: the zone is pushed over SSH",
    ),
    _zone(
        "the zone waits for a host key",
        {"ready_deadline": "1s"},
        {"ready_deadline": "0s"},
        "ready_deadline = '0s'",
        "must be above 0 with dns",
    ),
    Row(
        "a stack's name ends with its site",
        {"site": "sbg"},
        WITH_DNS | {"site": "sbg"},
        ("stack = 'gra'", "must end with the site's name, sbg, with dns"),
    ),
    Row(
        "sites that are deployed",
        {"env.deployed": ["gra", "witness"]},
        {"env.deployed": ["gra", "rbx"]},
        (f"{_E}.deployed = 'rbx'", "must be one of gra, sbg, witness"),
    ),
]
MAPS = [
    _map(
        "routing geographic has a map",
        {},
        {"env.dns.map": None},
        f"{_E}.dns.map",
        "is needed with routing geographic",
    ),
    *(
        _map(
            f"a map is not for routing {routing}",
            {},
            {"env.edge.routing": routing},
            f"{_E}.dns.map",
            f"is for routing geographic alone, and routing is {routing}",
        )
        for routing in ("dns", "failover")
    ),
    _zone(
        "a default site is not for routing dns",
        {},
        {"env.dns.default_site": "sbg"},
        f"{_E}.dns.default_site",
        "is for routing geographic alone",
    ),
    _map(
        "a map covers somebody",
        {"env.dns.map.gra": {"networks": ["198.18.0.0/16"]}},
        {"env.dns.map.gra": {}},
        f"{_E}.dns.map.gra: covers nobody",
        "or leave gra out",
    ),
    *(
        _map(
            f"a map names edges, not {site}",
            {"env.dns.map": {"gra": EAST}},
            {"env.dns.map": {site: EAST}},
            f"{_E}.dns.map.{site} = '{site}'",
            "must be a site with an edge: gra, sbg",
        )
        for site in ("witness", "rbx")
    ),
    _map(
        "a default site has an edge",
        {"env.dns.default_site": "sbg"},
        {"env.dns.default_site": "witness"},
        f"{_E}.dns.default_site = 'witness'",
        "must be a site with an edge: gra, sbg",
    ),
    _map(
        "a network is one site's",
        {"env.dns.map.gra": {"networks": ["198.19.7.0/24"]}},
        {"env.dns.map.gra": {"networks": ["198.19.0.0/16"]}},
        f"{_E}.dns.map.gra.networks = '198.19.0.0/16'",
        "is named twice: it belongs to one site",
    ),
    Row(
        "a country is one site's",
        COUNTRIES | {"env.dns.map.gra": {"countries": ["FR"]}},
        COUNTRIES | {"env.dns.map.gra": {"countries": ["DE"]}},
        (f"{_E}.dns.map.sbg.countries = 'DE'", "is named twice"),
    ),
    Row(
        "countries have a database",
        COUNTRIES,
        COUNTRIES | {"env.dns.geoip2": None},
        (f"{_E}.dns.map.sbg = 'AS, DE'", "can be told by a database only: set dns.geoip2, or name networks"),
    ),
    Row(
        "a database has a use",
        COUNTRIES,
        NEAREST | {"env.dns.geoip2": _GEOIP2},
        (f"{_E}.dns.geoip2", "is of no use: the map names neither continents nor countries"),
    ),
]
ROWS = [*(value.row for value in VALUES), *NAMES, *MAPS]
