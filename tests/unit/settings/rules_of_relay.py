"""The rules of TURN on meeting nodes: names, certificates, ports."""

from fleet.certificates import authority, issued, self_signed
from tests.unit.boot.golden import RELAY, RELAY_NAMES
from tests.unit.settings.rule_table import Row

_R = "environments.production.meeting.relay"
_NAMES = RELAY_NAMES["env.meeting.relay"]["names"]
_FITS = issued(authority("authority of the tests"), "*.organisation.fr")
_OWN = RELAY_NAMES | {"env.meeting.relay.certificate": "provided"}
_PAIR = {"relay_certificate": _FITS.certificate, "relay_key": _FITS.key}
_FOREIGN = self_signed("other.organisation.fr")


def _named(gra: str) -> dict[str, object]:
    return {"env.meeting.relay": {"names": {**_NAMES, "gra": [gra]}}}


ROWS = [
    Row("a relay has names", RELAY, {"env.meeting.relay": {}}, (f"{_R}.names: are needed", "set dns, or one name")),
    Row(
        "each node has a name",
        RELAY_NAMES,
        {"env.meeting.relay": {"names": {"gra": _NAMES["gra"]}}},
        (f"{_R}.names.sbg = 'none'", "must be one a node: site sbg has 1"),
    ),
    Row(
        "a relay's site has nodes",
        RELAY_NAMES,
        {"env.meeting.relay": {"names": {**_NAMES, "witness": ["a.organisation.fr"]}}},
        (f"{_R}.names.witness = 'witness'", "must be a site with meeting nodes: gra, sbg"),
    ),
    Row("a name is no address", RELAY_NAMES, _named("203.0.113.7"), (f"{_R}.names.gra.0 = '203.0.113.7'", "must be a")),
    Row("a name leads to its node", RELAY_NAMES, _named("meeting.organisation.fr"), ("leads to an edge, and not to",)),
    Row("a name is one node's", RELAY_NAMES, _named(_NAMES["sbg"][0]), (f"{_R}.names.gra", "is named twice")),
    Row(
        "the zone names its nodes itself",
        RELAY,
        RELAY | {"env.meeting.relay": {"names": {**_NAMES, "gra": ["x.ha.organisation.fr"]}}},
        (f"{_R}.names.gra = 'x.ha.organisation.fr'", "leave names out"),
    ),
    Row(
        "the domain is no node's name",
        RELAY,
        RELAY | {"env.domain": "turn-gra-1.organisation.fr"},
        ("domain = 'turn-gra-1.organisation.fr'", "must not begin with turn-gra-1 with meeting.relay"),
    ),
    Row("a certificate of your own is there", _OWN | _PAIR, _OWN, ("relay_certificate: is needed", "--stack gra")),
    Row(
        "a certificate is for the names",
        _OWN | _PAIR,
        _OWN | {"relay_certificate": _FOREIGN.certificate, "relay_key": _FOREIGN.key},
        ("relay_certificate: is for other.organisation.fr, and not for turn-gra.organisation.fr",),
    ),
    Row(
        "a certificate belongs to its key",
        _OWN | _PAIR,
        _OWN | _PAIR | {"relay_key": _FOREIGN.key},
        ("relay_certificate: does not belong to the key",),
    ),
    Row(
        "a certificate is one",
        _OWN | _PAIR,
        _OWN | _PAIR | {"relay_certificate": "none"},
        ("relay_certificate: is no certificate in PEM, or its key is none",),
    ),
    Row(
        "who certifies the edges is asked",
        RELAY,
        RELAY | {"env.edge.certificate": {"type": "provided"}, "edge_certificate": "PEM", "edge_key": "PEM"},
        (f"{_R}.certificate = 'acme'", "take provided"),
    ),
    *(
        Row(f"{what} lies beside", RELAY, RELAY | {"env.meeting.relay.ports": {"min": low, "max": high}}, (says,))
        for what, low, high, says in (
            ("media", 49000, 52000, "must lie beside 40000-49999, media"),
            ("the exporter", 8000, 9000, "must lie beside 8889, the server's exporter"),
            ("its own port", 3470, 3480, "must lie beside 3478, the relay's own port"),
            ("an order", 52000, 51000, "min must be below max"),
            ("the system", 500, 2000, f"{_R}.ports.min = 500: must be 1024 or more"),
        )
    ),
    Row(
        "443 is the relay's",
        RELAY,
        RELAY | {"env.meeting.listening_port": 443},
        (f"{_R} = 'the server 443'", "must differ from 443, the relay's"),
    ),
]
