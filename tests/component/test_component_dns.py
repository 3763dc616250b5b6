"""The delegated zone: who answers for it, with whose addresses, and what the parent zone is told."""

from typing import Any

import pulumi
import pytest
import yaml

from components.peers import check_peers
from tests.component.cloud import (
    ASSOCIATION,
    FLOATING_IP,
    INSTANCE,
    REMOTE_COMMAND,
    RULE,
    Deployed,
    Registered,
    deploy,
    run,
)
from tests.configuration import settings
from tests.unit.boot.golden import DNS, RELAY, RELAY_NAMES

PEERS = {
    "organization/multiparty-meeting/gra": {"edge_address": "203.0.113.61"},
    "organization/multiparty-meeting/sbg": {"edge_address": "203.0.113.62"},
    "organization/multiparty-meeting/witness": {"nameserver_address": "203.0.113.63"},
}
ALL = DNS | {"env.deployed": ["gra", "sbg", "witness"]}


@pytest.fixture(scope="module")
def together() -> Deployed:
    """The primary site, all sites deployed."""
    return deploy("gra", ALL, PEERS)


@pytest.fixture(scope="module")
def third() -> Deployed:
    """The witness, all sites deployed."""
    return deploy("witness", ALL, PEERS)


def _bundle(push: Registered) -> dict[str, Any]:
    bundle: dict[str, Any] = yaml.safe_load(push.inputs["stdin"])
    return bundle


def _zone(push: Registered) -> str:
    zone: str = _bundle(push)["files"]["zones/ha.organisation.fr"]
    return zone


def test_an_edge_gets_its_zone_after_everything_else(together: Deployed) -> None:
    """Pushed once Caddy has its configuration; the own address from this stack, the others from theirs."""
    push = together.one(REMOTE_COMMAND, "production-gra-edge-1-gdnsd")
    own = together.addresses["production-gra-edge-1"]
    assert together.one(REMOTE_COMMAND, "production-gra-edge-1-caddy").urn in push.depends_on
    assert push.inputs["connection"]["host"] == own
    assert push.inputs["triggers"] == ["production-gra-edge-1-id"]
    found = {line.split()[0]: line.split()[3] for line in _zone(push).splitlines() if line.split()[2] == "A"}
    assert found == {
        "ns-gra.ha.organisation.fr.": own,
        "ns-sbg.ha.organisation.fr.": "203.0.113.62",
        "ns-witness.ha.organisation.fr.": "203.0.113.63",
    }
    files = _bundle(push)["files"]
    assert files["own-address.env"] == f"OWN_ADDRESS={own}\n"
    assert "listen => [ 127.0.0.1, 192.168.64.7 ]" in files["config"]


def test_the_zone_names_the_nodes_with_a_relay() -> None:
    """This site's own as it is made, the others' as their stacks say; at the witness both sites'."""
    announced = {
        f"organization/multiparty-meeting/{site}": {
            **PEERS[f"organization/multiparty-meeting/{site}"],
            "announced_ip": {f"production-{site}-meeting-1": address},
        }
        for site, address in (("gra", "203.0.113.71"), ("sbg", "203.0.113.72"))
    }
    own = RELAY | {"env.deployed": ["gra", "sbg", "witness"]}
    site = deploy("gra", own, PEERS | announced)
    found = _relays(site.one(REMOTE_COMMAND, "production-gra-edge-1-gdnsd"))
    assert found == {"turn-gra-1": site.addresses["production-gra-meeting-1"], "turn-sbg-1": "203.0.113.72"}
    third = deploy("witness", own, PEERS | announced)
    found = _relays(third.one(REMOTE_COMMAND, "production-witness-witness-1-gdnsd"))
    assert found == {"turn-gra-1": "203.0.113.71", "turn-sbg-1": "203.0.113.72"}
    # A site that was deployed by a version before says nothing of its nodes: the zone has those that are known.
    older = deploy("gra", own, PEERS)
    assert _relays(older.one(REMOTE_COMMAND, "production-gra-edge-1-gdnsd")).keys() == {"turn-gra-1"}


def _relays(push: Registered) -> dict[str, str]:
    lines = [line.split() for line in _zone(push).splitlines() if line.startswith("turn-")]
    return {words[0].removesuffix(".ha.organisation.fr."): words[3] for words in lines}


def test_names_of_ones_own_are_records_to_be_set() -> None:
    """Without a zone, beside the edge's."""
    site = deploy("gra", RELAY_NAMES)
    edge, relay = site.exported["dns_records"]
    assert edge["value"] == site.addresses["production-gra-edge-1"]
    address = site.addresses["production-gra-meeting-1"]
    assert relay == {"name": "turn-gra.organisation.fr.", "type": "A", "ttl": 60, "value": address}


def test_the_witness_is_a_nameserver_at_an_address_of_its_own(third: Deployed) -> None:
    """A floating IP on its local card; its zone is the same but for the addresses that the mocks give out."""
    name = "production-witness-witness-1"
    assert [ip.name for ip in third.all(FLOATING_IP)] == [name]
    assert [made.name for made in third.all(ASSOCIATION)] == [name]
    push = third.one(REMOTE_COMMAND, f"{name}-gdnsd")
    assert push.inputs["connection"]["host"] == third.addresses[name] == third.exported["nameserver_address"]
    assert [found.name for found in third.all(REMOTE_COMMAND)] == [push.name]
    assert f"ns-witness.ha.organisation.fr. 3600 A {third.addresses[name]}\n" in _zone(push)
    assert "own-address.env" not in _bundle(push)["files"]
    world = [rule.inputs for rule in third.all(RULE) if rule.inputs["remoteIpPrefix"] == "0.0.0.0/0"]
    assert sorted((rule["protocol"], rule["portRangeMin"]) for rule in world) == [("tcp", 53), ("udp", 53)]


def test_a_card_on_the_external_network_needs_no_second_address() -> None:
    """The own address is on the card then, and gdnsd listens there."""
    site = deploy("gra", ALL | {"public_address": "external-port"}, PEERS)
    files = _bundle(site.one(REMOTE_COMMAND, "production-gra-edge-1-gdnsd"))["files"]
    assert "own-address.env" not in files
    assert f"listen => [ 127.0.0.1, {site.exported['edge_address']} ]" in files["config"]


def test_the_first_site_answers_alone() -> None:
    """Nobody else is deployed: no stack is asked, and each name leads to the one edge there is."""
    site = deploy("gra", DNS)
    zone = _zone(site.one(REMOTE_COMMAND, "production-gra-edge-1-gdnsd"))
    assert "ns-sbg" not in zone
    assert "ns-witness" not in zone
    assert [record["type"] for record in site.exported["dns_records"]] == ["NS", "A", "CNAME", "CNAME", "CNAME"]


def test_a_witness_without_an_edge_has_nothing_to_answer() -> None:
    """Its address is known all the same: the edges will ask for it."""
    site = deploy("witness", DNS)
    assert site.none(REMOTE_COMMAND)
    assert site.exported["dns_records"] == []
    assert site.exported["nameserver_address"] == site.addresses["production-witness-witness-1"]


def test_the_delegation_is_exported(together: Deployed, third: Deployed) -> None:
    """Nameservers, their addresses, aliases; the zone's names for whoever asks the nameservers."""
    records = together.exported["dns_records"]
    assert [record["value"] for record in records if record["type"] == "NS"] == [
        f"ns-{site}.ha.organisation.fr." for site in ("gra", "sbg", "witness")
    ]
    aliases = {record["name"]: record["value"] for record in records if record["type"] == "CNAME"}
    assert aliases == {
        f"{label}.organisation.fr.": f"{label}.ha.organisation.fr."
        for label in ("meeting", "meeting-gra", "meeting-sbg")
    }
    assert together.exported["zone"] == third.exported["zone"] == "ha.organisation.fr"
    assert together.exported["zone_names"][0] == "meeting.ha.organisation.fr"
    assert len(third.exported["dns_records"]) == len(records) == 9


def test_without_a_zone_nothing_of_it_is_there(gra: Deployed, witness: Deployed) -> None:
    """One A record at an edge, no public address of the witness', where gdnsd waits for a configuration."""
    assert [record["type"] for record in gra.exported["dns_records"]] == ["A"]
    assert "dns_records" not in witness.exported
    for site in (gra, witness):
        assert "nameserver_address" not in site.exported
        assert site.none(REMOTE_COMMAND)
    waiting = "ConditionPathExists=/etc/multiparty/gdnsd/config"
    assert waiting in witness.one(INSTANCE, "production-witness-witness-1").inputs["userData"]
    # Nobody may push to this edge, so that no zone ever comes.
    assert "gdnsd" not in gra.one(INSTANCE, "production-gra-edge-1").inputs["userData"]


@pytest.mark.parametrize(
    ("stacks", "words"),
    [
        ({}, ("deployed = 'sbg': unknown stack", "deployed may name only sites whose stacks are there")),
        (
            PEERS | {"organization/multiparty-meeting/sbg": {}},
            ("has no output edge_address yet: pulumi up --stack sbg first, or leave sbg out",),
        ),
        (
            PEERS | {"organization/multiparty-meeting/witness": {"site": "witness"}},
            ("deployed = 'witness'", "has no output nameserver_address yet: pulumi up --stack witness first"),
        ),
    ],
)
def test_a_peer_that_cannot_answer_is_named(stacks: dict[str, dict[str, str]], words: tuple[str, ...]) -> None:
    """Stack, key, value and what to do, before a StackReference fails in the engine's words."""
    with pytest.raises(pulumi.RunError) as refused:
        run("gra", lambda: check_peers(settings("gra", ALL)), stacks)
    lines = str(refused.value).splitlines()
    assert all(line.startswith("stack gra: environments.production.deployed = ") for line in lines)
    assert any(all(word in line for word in words) for line in lines), lines


def test_nobody_is_asked_without_a_zone() -> None:
    """`deployed` may be written down before."""
    run("gra", lambda: check_peers(settings("gra", {"env.deployed": ["gra", "sbg"]})))
