"""Servers: addresses before instances, ports that outlive them, boot documents that are secret."""

import re

import pytest

from settings import PROJECT
from tests.component.cloud import (
    ASSOCIATION,
    EXTERNAL,
    FLOATING_IP,
    GROUP,
    INSTANCE,
    INTERFACE,
    NETWORK,
    PORT,
    ROUTER,
    SERVER_GROUP,
    SUBNET,
    Deployed,
    deploy,
)
from tests.configuration import IMAGE_ID, OTHER_IMAGE_ID


def _announced(user_data: str) -> list[str]:
    return re.findall(r'"announcedIp": "([^"]+)"', user_data)


def test_each_node_announces_its_own_floating_ip(three_nodes: Deployed) -> None:
    """Three nodes, three addresses: each boot document holds the one that is associated with that very node's port."""
    seen = set()
    for ordinal in (1, 2, 3):
        name = f"production-gra-meeting-{ordinal}"
        (announced,) = _announced(three_nodes.one(INSTANCE, name).inputs["userData"])
        association = three_nodes.one(ASSOCIATION, name)
        assert announced == three_nodes.addresses[name] == association.inputs["floatingIp"]
        assert association.inputs["portId"] == three_nodes.one(PORT, f"{name}-local").id
        seen.add(announced)
    assert len(seen) == 3


def test_the_address_stands_before_the_server(gra: Deployed) -> None:
    """A meeting node depends on its floating IP, through its boot document, and the floating IP on nothing.

    No other boot document names an address: an address that is new must not preview as a replaced server.
    """
    for name, announced in (("production-gra-meeting-1", True), ("production-gra-edge-1", False)):
        floating_ip = gra.one(FLOATING_IP, name)
        assert (floating_ip.urn in gra.one(INSTANCE, name).depends_on) is announced
        assert floating_ip.depends_on == set()
        assert floating_ip.inputs["pool"] == "Ext-Net"


def test_an_address_is_associated_once_the_router_is_there(gra: Deployed) -> None:
    """Neutron refuses an association on a network that no router joins to the outside."""
    (interface,) = gra.all(INTERFACE)
    associations = gra.all(ASSOCIATION)
    assert len(associations) == 2
    assert all(interface.urn in association.depends_on for association in associations)
    assert all(interface.urn in instance.depends_on for instance in gra.all(INSTANCE))


def test_ports_have_planned_addresses_on_the_backbone(three_nodes: Deployed, witness: Deployed) -> None:
    """One fixed address each, that of the plan; the other card's address is the region's choice."""
    planned = {
        "production-gra-edge-1": "10.17.0.4",
        "production-gra-redis-1": "10.17.0.5",
        "production-gra-meeting-1": "10.17.0.64",
        "production-gra-meeting-2": "10.17.0.65",
        "production-gra-meeting-3": "10.17.0.66",
        "production-witness-witness-1": "10.17.2.6",
    }
    for name, address in planned.items():
        site = witness if "witness" in name else three_nodes
        port = site.one(PORT, f"{name}-backbone")
        kind, place = "production-gra-backbone-id", "production-witness-backbone-id"
        assert port.inputs["networkId"] == (place if site is witness else kind)
        assert [fixed["ipAddress"] for fixed in port.inputs["fixedIps"]] == [address]
        assert "fixedIps" not in site.one(PORT, f"{name}-local").inputs
    assert len(three_nodes.all(PORT)) + len(witness.all(PORT)) == 2 * len(planned)


def test_every_server_has_its_two_cards_in_order(gra: Deployed, witness: Deployed) -> None:
    """The card with the default route first, the backbone second."""
    for site, servers in ((gra, 3), (witness, 1)):
        assert len(site.all(INSTANCE)) == servers
        for server in site.all(INSTANCE):
            ports = [network["port"] for network in server.inputs["networks"]]
            assert ports == [f"{server.name}-local-id", f"{server.name}-backbone-id"]


def test_a_replaced_server_comes_back_at_its_ports(gra: Deployed) -> None:
    """The old one goes first; another image or flavor is a replacement; ports and addresses have no such option."""
    for server in gra.all(INSTANCE):
        assert server.options.deleteBeforeReplace
        assert set(server.options.replaceOnChanges) == {"imageId", "flavorName"}
    for kind in (PORT, FLOATING_IP, ASSOCIATION):
        assert not [r.name for r in gra.all(kind) if r.options.deleteBeforeReplace or r.options.deletedWith]


def test_production_is_protected_until_a_setting_says_otherwise(
    gra: Deployed, external: Deployed, witness: Deployed
) -> None:
    """Its public addresses, and each site as a whole; nothing that a change has to replace."""

    def protected(site: Deployed) -> set[str]:
        return {resource.name for resource in site.registered if resource.options.protect}

    servers = {"production-gra-edge-1", "production-gra-meeting-1"}
    assert protected(gra) == servers | {"gra-protection"}
    assert protected(external) == {f"{server}-external" for server in servers} | {"gra-protection"}
    assert protected(witness) == {"witness-protection"}
    assert protected(deploy("gra", {"env.protect": False})) == set()
    assert protected(deploy("gra", {"env.kind": "test"})) == set()


def test_boot_documents_are_secrets_and_come_with_the_server(gra: Deployed, witness: Deployed) -> None:
    """Encrypted in the state; on a config drive, so that no metadata service has to be there."""
    for server in (*gra.all(INSTANCE), *witness.all(INSTANCE)):
        assert server.is_secret("userData")
        assert server.inputs["userData"].startswith("#cloud-config\n")
        assert f"hostname: {server.name}\n" in server.inputs["userData"]
        assert server.inputs["configDrive"] is True


def test_servers_are_what_the_settings_say() -> None:
    """Flavor by role, image by id, a role's own image where it has one."""
    own = OTHER_IMAGE_ID
    site = deploy("gra", {"images.redis": {"name": "Own", "id": own}})
    found = {s.inputs["metadata"]["role"]: (s.inputs["flavorName"], s.inputs["imageId"]) for s in site.all(INSTANCE)}
    assert found == {"edge": ("d2-4", IMAGE_ID), "meeting": ("b3-8", IMAGE_ID), "redis": ("d2-2", own)}
    assert not [s.name for s in site.all(INSTANCE) if "imageName" in s.inputs]


def test_metadata_says_whose_a_server_is(gra: Deployed, witness: Deployed) -> None:
    """Five keys, the same for all, on every server."""
    for site, name in ((gra, "gra"), (witness, "witness")):
        for server in site.all(INSTANCE):
            role = server.name.split("-")[-2]
            assert server.inputs["metadata"] == {
                "project": PROJECT,
                "stack": name,
                "environment": "production",
                "site": name,
                "role": role,
            }


def test_nothing_is_destroyed_before_the_protection_is_met(
    gra: Deployed, external: Deployed, witness: Deployed, three_nodes: Deployed
) -> None:
    """The engine deletes last what others depend on: so nothing may be left on which it does not, by whatever way."""
    for site in (gra, external, witness, three_nodes):
        protection = site.all("multiparty-meeting:protection:Protection")[0]
        met, todo = set[str](), {protection.urn}
        while todo:
            met |= todo
            todo = {urn for one in todo for urn in site.by_urn(one).depends_on} - met
        ours = {resource.urn for resource in site.registered if resource.options.custom}
        assert len(ours) > 10
        assert ours - met == set()


def test_a_test_environment_says_when_it_expires() -> None:
    """On everything that has labels, after those that production has."""
    expires = "2026-11-24T02:00Z"
    site = deploy("gra", {"env.kind": "test", "env.expires": expires})
    for server in site.all(INSTANCE):
        assert server.inputs["metadata"]["expires"] == expires
    described = [r for kind in (NETWORK, SUBNET, ROUTER, PORT, GROUP, FLOATING_IP) for r in site.all(kind)]
    assert len(described) > 15
    assert not [r.urn for r in described if not r.inputs["description"].endswith(f" expires={expires}")]


def test_meeting_nodes_are_made_one_after_the_other(three_nodes: Deployed) -> None:
    """Each waits until the one before is ready, so that a change replaces one node of a site at a time."""
    for ordinal in (2, 3):
        node = three_nodes.one(INSTANCE, f"production-gra-meeting-{ordinal}")
        before = three_nodes.one("command:local:Command", f"gra-meeting-{ordinal - 1}-ready")
        assert before.urn in node.depends_on
    first = three_nodes.one(INSTANCE, "production-gra-meeting-1")
    assert not [urn for urn in first.depends_on if "Command" in urn]


def test_several_nodes_stand_on_different_hosts(three_nodes: Deployed, gra: Deployed) -> None:
    """As far as the region has them: a soft rule, of all the site's nodes and of nobody else.

    A single node has the same hint: a second one must not change it, which would replace the first.
    """
    (group,) = three_nodes.all(SERVER_GROUP)
    assert group.inputs["policies"] == "soft-anti-affinity"
    for server in three_nodes.all(INSTANCE):
        hints = server.inputs.get("schedulerHints")
        assert hints == ([{"group": group.id}] if "meeting" in server.name else None), server.name
    one, more = (site.one(INSTANCE, "production-gra-meeting-1").inputs for site in (gra, three_nodes))
    assert one["schedulerHints"] == more["schedulerHints"]


def test_an_external_port_takes_the_place_of_floating_ip_and_local_card(external: Deployed) -> None:
    """Edge and meeting node have a card on the external network itself and no second default route."""
    assert external.none(FLOATING_IP)
    assert external.none(ASSOCIATION)
    ports = {port.name: port.inputs["networkId"] for port in external.all(PORT)}
    public = {"production-gra-edge-1-external", "production-gra-meeting-1-external"}
    assert {name for name, network in ports.items() if network == EXTERNAL} == public
    assert {name for name in ports if name.endswith("-local")} == {"production-gra-redis-1-local"}
    node = external.one(INSTANCE, "production-gra-meeting-1")
    assert [network["port"] for network in node.inputs["networks"]] == [
        "production-gra-meeting-1-external-id",
        "production-gra-meeting-1-backbone-id",
    ]
    assert _announced(node.inputs["userData"]) == [external.addresses["production-gra-meeting-1-external"]]


@pytest.mark.parametrize("public_address", ["floating-ip", "external-port"])
def test_inner_servers_have_no_public_address(public_address: str) -> None:
    """Neither the witness' stack nor a Redis server, whichever way public addresses are had."""
    site = deploy("witness", {"public_address": public_address})
    assert site.none(FLOATING_IP)
    assert not [port for port in site.all(PORT) if port.inputs["networkId"] == EXTERNAL]
    assert {server["public_address"] for server in site.exported["servers"].values()} == {None}
    redis = deploy("gra", {"public_address": public_address}).exported["servers"]["production-gra-redis-1"]
    assert redis["public_address"] is None


def test_meeting_nodes_are_spread_over_the_zones() -> None:
    """What a site has one of stands in the first zone; without zones the cloud is told none, as before."""
    zones = ["eu-west-par-a", "eu-west-par-b", "eu-west-par-c"]
    changes = {"region": "EU-WEST-PAR", "availability_zones": zones, "env.sites.gra.meeting_nodes": 4}
    placed = {
        server.name.removeprefix("production-gra-"): server.inputs for server in deploy("gra", changes).all(INSTANCE)
    }
    assert {name: inputs["availabilityZone"][-1] for name, inputs in placed.items()} == {
        "edge-1": "a",
        "redis-1": "a",
        "meeting-1": "a",
        "meeting-2": "b",
        "meeting-3": "c",
        "meeting-4": "a",
    }
    assert not [s.name for s in deploy("gra").all(INSTANCE) if "availabilityZone" in s.inputs]
