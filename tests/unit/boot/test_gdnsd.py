"""The nameservers' bundles, judged by gdnsd as a server would have them judged; zone and delegation."""

import os
import subprocess
from collections.abc import Mapping
from hashlib import sha256
from ipaddress import IPv4Address
from pathlib import Path

import pytest

from boot.edge.gdnsd import gdnsd_bundle
from boot.edge.gdnsd_conf import DATABASES
from boot.edge.nameservers import Nameservers
from boot.edge.zone import Record, delegation, zone
from boot.live import Bundle
from settings.addresses import Role
from settings.dns import Dns
from settings.stack import Settings
from tests.configuration import settings
from tests.unit.boot.golden import CASES, COUNTRIES, DNS, NAMESERVERS, NEAREST, OWN_CARD
from tests.unit.boot.mmdb import database
from tests.unit.disk import program

BUNDLES = {name: bundle for name, case in CASES.items() for bundle in case.bundles() if bundle.name == "gdnsd"}
ALONE = Nameservers(edges={"gra": NAMESERVERS.edges["gra"]}, witness={})
DATABASE = database({"198.19.3.0/24": ("EU", "DE")})


def _with_dns(changes: Mapping[str, object]) -> tuple[Settings, Dns]:
    given = settings("gra", changes)
    assert given.env.dns
    return given, given.env.dns


def _judge(bundle: Bundle, root: Path) -> "subprocess.CompletedProcess[str]":
    """The bundle's own check; the database, where it has one, comes from a file and has that file's checksum."""
    program("gdnsd", "gdnsd")
    source = root / "source.mmdb"
    source.write_bytes(DATABASE)
    replaced = {
        DATABASES: f"{root}/databases",
        "https://organisation.fr/country.mmdb": f"file://{source}",
        "ef" * 32: sha256(DATABASE).hexdigest(),
    }

    def here(text: str) -> str:
        for old, new in replaced.items():
            text = text.replace(old, new)
        return text

    for name, text in bundle.files.items():
        path = root / "new" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(here(text))
    environment = {**os.environ, "DIR": str(root / "new")}
    command = ["sh", "-c", here(bundle.check)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=30)


@pytest.mark.parametrize("name", BUNDLES)
def test_gdnsd_accepts_the_configuration(name: str, tmp_path: Path) -> None:
    """Configuration and zone, with nothing to warn of; the bundle says so in the same words each time."""
    for _ in range(2):
        done = _judge(BUNDLES[name], tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Zone ha.organisation.fr. with serial" in done.stderr
        assert not [line for line in done.stderr.splitlines() if not line.startswith("info: ")]


@pytest.mark.parametrize("changes", [DNS, DNS | NEAREST])
def test_an_edge_that_is_alone_answers_with_itself(changes: Mapping[str, object], tmp_path: Path) -> None:
    """Before the other sites are deployed every name leads to the one edge there is."""
    given, dns = _with_dns(changes)
    bundle = gdnsd_bundle(given, dns, Role.EDGE, ALONE, OWN_CARD)
    done = _judge(bundle, tmp_path)
    assert done.returncode == 0, done.stderr
    text = "".join(bundle.files.values())
    assert "203.0.113.11" in text
    assert "ns-sbg" not in text
    assert "203.0.113.21" not in text


def test_a_wrong_database_is_refused(tmp_path: Path) -> None:
    """By its checksum, before gdnsd is asked; and it is not kept."""
    given, dns = _with_dns(DNS | NEAREST | COUNTRIES | {"env.dns.geoip2.sha256": "ab" * 32})
    done = _judge(gdnsd_bundle(given, dns, Role.EDGE, NAMESERVERS, OWN_CARD), tmp_path)
    assert done.returncode != 0
    assert "did NOT match" in done.stdout + done.stderr
    assert not list((tmp_path / "databases").glob("*.mmdb"))


def test_a_mistake_in_the_zone_is_refused(tmp_path: Path) -> None:
    """The judge would notice: a record that names a resource that is not there."""
    bundle = BUNDLES["sbg-edge-dns"]
    broken = {name: text.replace("metafo!gra", "metafo!grb") for name, text in bundle.files.items()}
    done = _judge(Bundle(**{**vars(bundle), "files": broken}), tmp_path)
    assert done.returncode != 0
    assert "grb" in done.stderr


def test_the_serial_follows_from_the_content() -> None:
    """Equal zones have equal serials, on every nameserver; another address or TTL makes another one."""

    def serial(changes: Mapping[str, object], known: Nameservers = NAMESERVERS) -> str:
        given, dns = _with_dns(changes)
        return zone(given, dns, known).split()[5]

    assert serial(DNS) == serial(DNS | {"env.deployed": ["sbg"]})
    moved = Nameservers(NAMESERVERS.edges | {"sbg": IPv4Address("203.0.113.22")}, NAMESERVERS.witness)
    assert len({serial(DNS), serial(DNS, moved), serial(DNS | {"env.dns.ttl": "60s"})}) == 3


def test_a_hostmaster_with_a_dot_is_one_label() -> None:
    """RFC 1035: the part before the @ is a label of its own."""
    given, dns = _with_dns(DNS | {"env.dns.hostmaster": "dns.admin@organisation.fr"})
    assert zone(given, dns, NAMESERVERS).split()[4] == r"dns\.admin.organisation.fr."


def test_the_parent_delegates_and_points() -> None:
    """Nameservers with their addresses, and the public names as aliases of those in the zone."""
    given, dns = _with_dns(DNS)
    found = delegation(given.env, dns, ALONE.all)
    assert found == [
        Record("ha.organisation.fr.", "NS", 3600, "ns-gra.ha.organisation.fr."),
        Record("ns-gra.ha.organisation.fr.", "A", 3600, "203.0.113.11"),
        Record("meeting.organisation.fr.", "CNAME", 3600, "meeting.ha.organisation.fr."),
        Record("meeting-gra.organisation.fr.", "CNAME", 3600, "meeting-gra.ha.organisation.fr."),
        Record("meeting-sbg.organisation.fr.", "CNAME", 3600, "meeting-sbg.ha.organisation.fr."),
    ]


def test_a_domain_inside_the_zone_needs_no_alias() -> None:
    """Then the names that people type are the zone's own."""
    given, dns = _with_dns(DNS | {"env.domain": "meeting.ha.organisation.fr"})
    assert {record.type for record in delegation(given.env, dns, NAMESERVERS.all)} == {"NS", "A"}
