"""Kinds of mistakes: whatever key they are made at, the refusal says what is wrong with the value and what to write."""

import re
from typing import Any

import pytest

from settings.keys import keys
from settings.load import SettingsError
from settings.removed import REMOVED
from tests.configuration import OPERATOR_KEY, ROOT, settings
from tests.unit.boot.golden import CLUSTER, DNS, NEAREST
from tests.unit.settings.rule_table import ARCHIVE

_E = "stack gra: environments.production"
_OPERATED = {"env.operators": {"cidrs": ["198.51.100.0/28"], "ssh_public_key": OPERATOR_KEY}}
_WHOLE = "must be a whole number, without quotes and without a leading zero"
_SWITCH = "must be true or false, without quotes"
_NO_CREDENTIALS = "must hold no user, password, key or token: it stands in clear on servers and in previews"


def _refusal(changes: dict[str, Any]) -> list[str]:
    with pytest.raises(SettingsError) as refused:
        settings("gra", changes)
    return str(refused.value).splitlines()


@pytest.mark.parametrize("value", ["0123", "1701", True, 1701.5, 1701.0, [1701]])
@pytest.mark.parametrize(
    "key",
    ["backbone.vlan", "participants", "sites.gra.meeting_nodes", "meeting.listening_port", "redis.max_memory_mb"],
)
def test_a_number_is_a_number(key: str, value: object) -> None:
    """Neither a quoted one, which YAML leaves as text, nor a switch, nor a fraction."""
    (line,) = _refusal({f"env.{key}": value})
    assert line == f"{_E}.{key} = {value!r}: {_WHOLE}"


@pytest.mark.parametrize("value", ["true", "false", 1, 0, "no"])
def test_a_switch_is_a_switch(value: object) -> None:
    assert _refusal({"env.edge.affinity": value}) == [f"{_E}.edge.affinity = {value!r}: {_SWITCH}"]


@pytest.mark.parametrize("value", [12, True, 1.5])
def test_a_text_is_a_text(value: object) -> None:
    """YAML makes a number of 12, and a switch of yes."""
    line = f"{_E}.meeting.cookie_name = {value!r}: must be text: put it in quotes"
    assert _refusal({"env.meeting.cookie_name": value}) == [line]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("redis.down_after", 2500, "has no unit: it was milliseconds, write 2.5s"),
        ("redis.failover_timeout", 3000, "has no unit: it was milliseconds, write 3s"),
        ("redis.min_replicas_max_lag", 2, "has no unit: it was seconds, write 2s"),
        ("dns.ttl", 30, "has no unit: it was seconds, write 30s"),
        ("dns.check.interval", "3", "has no unit: it was seconds, write 3s"),
        ("roll.drain_deadline", 7200, "has no unit: it was seconds, write 7200s"),
        ("edge.health.interval", 10, "has no unit: write 10s, or another of ms, s, m, h, d"),
        ("edge.health.interval", "10", "has no unit: write 10s, or another of ms, s, m, h, d"),
        ("edge.dial_timeout", "0s", "must be above 0: Caddy takes 0 for 3 s"),
        ("edge.tls_timeout", "0ms", "must be above 0: Caddy takes 0 for no limit"),
        ("edge.health.interval", "0s", "must be above 0: Caddy takes 0 for 30 s"),
        ("edge.health.timeout", "0.0s", "must be above 0: Caddy takes 0 for 5 s"),
        ("edge.health.fail_duration", "0s", "must be above 0: Caddy takes 0 for no passive checks at all"),
        ("edge.room_table.check_timeout", "0s", "must be above 0: HAProxy takes 0 for no limit"),
        ("edge.room_table.expire", "25d", "must be from 1ms to 24d"),
        ("dns.check.interval", "2.5s", "must be whole seconds"),
        ("redis.down_after", "2.0005s", "must be a duration with its unit, such as 500ms, 2.5s, 5m or 12h"),
        ("redis.down_after", "500.5ms", "must be whole milliseconds"),
        *(
            ("edge.health.interval", wrong, "must be a duration with its unit, such as 500ms, 2.5s, 5m or 12h")
            for wrong in (
                "10 s",
                "10sec",
                "1h30m",
                "1,5s",
                ".5s",
                "1.s",
                "-5s",
                "5S",
                "s",
                "1e1s",
                "010s",
                "1w",
                "\uff15s",
                "",
            )
        ),
    ],
)
def test_a_time_has_its_unit(key: str, value: object, said: str) -> None:
    """Plain numbers are refused with the unit that they had; 0 where a daemon takes it for something else."""
    assert _refusal(DNS | {f"env.{key}": value}) == [f"{_E}.{key} = {value!r}: {said}"]


@pytest.mark.parametrize(("value", "unit"), [(5000, "write 5s"), (500, "write 0.5s")])
def test_the_times_of_a_cluster_have_units_too(value: int, unit: str) -> None:
    line = f"{_E}.redis.node_timeout = {value}: has no unit: it was milliseconds, {unit}"
    assert _refusal(CLUSTER | {"env.redis.node_timeout": value}) == [line]


def test_a_stacks_time_has_its_unit() -> None:
    """What `pulumi config set` writes is text: 900 as well."""
    assert _refusal({"ready_deadline": "900"}) == [
        "stack gra: ready_deadline = 900: has no unit: it was seconds, write 900s"
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [("2.5s", "2500ms"), ("0.5m", "30s"), ("1.0s", "1s"), ("2500ms", "2500ms"), ("2m", "2m"), ("0.25m", "15s")],
)
def test_a_fraction_is_kept_in_a_smaller_unit(given: str, kept: str) -> None:
    """HAProxy, Prometheus and Alertmanager know no fractions; what has none stays as it is written."""
    edge = settings("gra", {"env.edge.health.interval": given, "env.recovery_objective": {"seconds": None}}).env.edge
    assert edge.health.interval == kept


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("203.0.113.7/24", "203.0.113.7/24 has host bits: write 203.0.113.0/24, or 203.0.113.7/32 for the one address"),
        ("2001:db8::/64", "IPv6 is not supported here: name an IPv4 network, such as 10.17.0.0/22"),
        ("2001:db8::7", "IPv6 is not supported here: name an IPv4 network, such as 10.17.0.0/22"),
        ("203.0.113.0/33", "must have its length behind the slash, 0 to 32, such as 10.17.0.0/22"),
        ("203.0.113.0/", "must have its length behind the slash, 0 to 32, such as 10.17.0.0/22"),
        ("203.0.113.0/255.255.255.0", "must have its length behind the slash, 0 to 32, such as 10.17.0.0/22"),
        ("203.0.0113.0/24", "has leading zeros, which some read as octal: write 203.0.113.0/24"),
        ("203.0.113/24", "must be an IPv4 network, such as 10.17.0.0/22"),
        (" 203.0.113.0/24", "must be an IPv4 network, such as 10.17.0.0/22"),
        ("office", "must be an IPv4 network, such as 10.17.0.0/22"),
        (7, "must be an IPv4 network in text, such as 10.17.0.0/22"),
        (True, "must be an IPv4 network in text, such as 10.17.0.0/22"),
    ],
)
@pytest.mark.parametrize("key", ["operators.cidrs", "local_cidr", "dns.map.sbg.networks"])
def test_a_network_is_an_ipv4_network(key: str, value: object, said: str) -> None:
    many = not key.endswith("local_cidr")
    (line,) = _refusal(DNS | NEAREST | _OPERATED | {f"env.{key}": [value] if many else value})
    assert line == f"{_E}.{key}{'.0' if many else ''} = {value!r}: {said}"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("2001:db8::7", "IPv6 is not supported here: name an IPv4 address, such as 213.186.33.99"),
        ("203.0.113.0/24", "names a network: write one address, such as 203.0.113.0"),
        ("203.0.113.07", "has leading zeros, which some read as octal: write 203.0.113.7"),
        ("resolver", "must be an IPv4 address, such as 213.186.33.99"),
        (99, "must be an IPv4 address in text, such as 213.186.33.99"),
    ],
)
def test_an_address_is_an_ipv4_address(value: object, said: str) -> None:
    assert _refusal({"dns_servers": [value]}) == [f"stack gra: dns_servers.0 = {value!r}: {said}"]


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("domain", "Meeting.Organisation.FR", "it has upper case: write meeting.organisation.fr"),
        ("domain", "réunion.organisation.fr", "names in the DNS have no accents: write xn--runion-bva.organisation.fr"),
        ("domain", "Réunion.Organisation.fr", "names in the DNS have no accents: write xn--runion-bva.organisation.fr"),
        ("dns.zone", "HA.organisation.fr", "it has upper case: write ha.organisation.fr"),
        ("monitoring.status_page.path", "/État", "it has accents: write /etat"),
    ],
)
def test_a_name_says_what_was_meant(key: str, value: str, said: str) -> None:
    """Upper case, and letters beyond a-z."""
    around = DNS | {"env.monitoring": {"webhook": True}}
    (line,) = _refusal(around | {f"env.{key}": value})
    assert line.startswith(f"{_E}.{key} = {value!r}: must be ")
    assert line.endswith(f"; {said}")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"region": "gra11"}, "stack gra: region = 'gra11': must be a compute region of OVHcloud, such as GRA11, "
         "SBG7, RBX-A or EU-WEST-PAR; it has lower case: write GRA11"),
        ({"site": "GRA"}, "stack gra: site = 'GRA': must be a short name of a-z and 0-9, such as gra or sbg; it has "
         "upper case: write gra"),
        ({"environment": "Préprod"}, "stack gra: environment = 'Préprod': must be a short name of a-z, 0-9 and -, such "
         "as production or pr-42; it has accents: write preprod"),
        ({"env.sites.Été": {"role": "witness", "block": "10.17.3.0/24"}}, f"{_E}.sites.Été = 'Été': must be a "
         "short name of a-z and 0-9, such as gra or sbg; it has accents: write ete"),
    ],
)  # fmt: skip
def test_a_place_says_what_was_meant(changes: dict[str, Any], said: str) -> None:
    assert said in _refusal(changes)


@pytest.mark.parametrize(
    "url",
    [
        "https://reader:hunter2@organisation.fr/a.tar.gz",
        "https://hunter2@organisation.fr/a.tar.gz",
        "https://organisation.fr/a.tar.gz?license_key=hunter2",
        "https://organisation.fr/a?x=1&access_token=hunter2",
        "https://organisation.fr/a?X-Amz-Signature=hunter2&x=1",
        "https://organisation.fr/a?PASSWORD=hunter2",
        "https://organisation.fr/a#apikey=hunter2",
        "https://organisation.fr/a?sig=hunter2",
    ],
)
def test_an_address_holds_no_credentials(url: str) -> None:
    """Of every address that is written in clear; the refusal does not show it either."""
    geoip2 = {"url": url, "sha256": "ef" * 32}
    countries = DNS | NEAREST | {"env.dns.map": {"sbg": {"countries": ["DE"]}}, "env.dns.geoip2": geoip2}
    for changes, key in (
        ({"env.meeting.delivery": {**ARCHIVE, "url": url}}, "meeting.delivery.url"),
        (countries, "dns.geoip2.url"),
        ({"env.edge.certificate.directory": url}, "edge.certificate.directory"),
    ):
        assert _refusal(changes) == [f"{_E}.{key}: {_NO_CREDENTIALS}"]


@pytest.mark.parametrize(
    "url",
    ["https://organisation.fr/a.tar.gz?version=3.4", "https://organisation.fr/~a@b/m.tar.gz", "http://10.0.0.7:8080/a"],
)
def test_other_addresses_are_taken(url: str) -> None:
    settings("gra", {"env.meeting.delivery": {**ARCHIVE, "url": url}})


def test_a_private_key_is_not_shown() -> None:
    """The file beside the public one, pasted by mistake."""
    key = "-----BEGIN OPENSSH PRIVATE KEY-----\nhunter2\n-----END OPENSSH PRIVATE KEY-----"
    (line,) = _refusal(_OPERATED | {"env.operators.ssh_public_key": key})
    assert line == f"{_E}.operators.ssh_public_key: must be an OpenSSH public key, as in ~/.ssh/id_ed25519.pub"


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize(
    "cidrs", [["0.0.0.0/0"], ["0.0.0.0/1", "128.0.0.0/1"], ["0.0.0.0/2", "128.0.0.0/1", "64.0.0.0/2"]]
)
def test_the_internet_is_refused_in_pieces_too(cidrs: list[str], wide: bool) -> None:
    (line,) = _refusal(_OPERATED | {"env.operators.cidrs": cidrs, "env.operators.wide_cidrs": wide})
    assert line == f"{_E}.operators.cidrs = {', '.join(cidrs)!r}: must not be the whole Internet"


def test_wide_networks_of_operators_are_insisted_on() -> None:
    """Shorter than /16: a setting of its own."""
    (line,) = _refusal(_OPERATED | {"env.operators.cidrs": ["8.0.0.0/5", "10.0.0.0/16"]})
    assert line.startswith(f"{_E}.operators.cidrs = '8.0.0.0/5': is wider than /16: name your own networks, or set ")
    settings("gra", _OPERATED | {"env.operators.cidrs": ["8.0.0.0/5"], "env.operators.wide_cidrs": True})


@pytest.mark.parametrize("key", REMOVED)
def test_a_setting_that_is_none_any_more_says_what_to_do(key: str) -> None:
    """Whatever its value is, also inside what it was a part of."""
    (line,) = _refusal(DNS | {f"env.{key}": 1})
    assert line == f"{_E}.{key}: {REMOVED[key]}"
    assert "take it out" in line


@pytest.mark.parametrize("key", REMOVED)
def test_upgrading_names_every_setting_that_is_none_any_more(key: str) -> None:
    """Each in a row of its own, with what it is now."""
    rows = [line for line in (ROOT / "docs/upgrading.md").read_text().splitlines() if line.startswith(f"| `{key}` |")]
    assert len(rows) == 1


def test_upgrading_names_every_time_that_had_no_unit() -> None:
    """Each with what it was."""
    fields = ((key.path, f"{key.field.annotation} {key.field.metadata}") for key in keys())
    changed = [path for path, said in fields if "was='s'" in said or "was='ms'" in said]
    assert len(changed) == 10
    rows = (ROOT / "docs/upgrading.md").read_text()
    for path in changed:
        short = re.sub(r"^environments\.<environment>\.|\([a-z]+\)", "", path)
        assert f"`{short}`" in rows, path
