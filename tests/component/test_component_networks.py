"""Networks and security groups of a site."""

from ipaddress import IPv4Network
from typing import Any

import pulumi
import pytest

from components.deployed import network_warnings
from settings.agreement import agreement
from tests.component.cloud import (
    EXTERNAL,
    GROUP,
    INSTANCE,
    INTERFACE,
    NETWORK,
    PORT,
    ROUTER,
    RULE,
    SUBNET,
    Deployed,
    deploy,
)
from tests.configuration import OPERATOR_KEY, settings

OPERATORS = {"env.operators": {"cidrs": ["198.51.100.0/28"], "ssh_public_key": OPERATOR_KEY}}


def test_the_backbone_is_one_wire_without_a_gateway(gra: Deployed) -> None:
    """The vRack's VLAN, the environment's CIDR at every site, this site's own DHCP pool, no router."""
    network = gra.one(NETWORK, "production-gra-backbone")
    subnet = gra.one(SUBNET, "production-gra-backbone")
    assert network.inputs["valueSpecs"] == {"provider:network_type": "vrack", "provider:segmentation_id": "1701"}
    assert subnet.inputs["cidr"] == "10.17.0.0/22"
    assert subnet.inputs["noGateway"] is True
    assert subnet.inputs["allocationPools"] == [{"start": "10.17.0.192", "end": "10.17.0.254"}]
    (interface,) = gra.all(INTERFACE)
    assert interface.inputs["subnetId"] != subnet.id


def test_another_openstack_names_its_provider_network() -> None:
    """The lab's way: a flat network by its physical name, and no VLAN."""
    backbone = {"type": "provider", "network_type": "flat", "physical_network": "vrack", "cidr": "10.17.0.0/22"}
    network = deploy("gra", {"env.backbone": backbone}).one(NETWORK, "production-gra-backbone")
    assert network.inputs["valueSpecs"] == {"provider:network_type": "flat", "provider:physical_network": "vrack"}


def test_the_local_network_leads_outside(gra: Deployed) -> None:
    """A router on the external network that was looked up, joined to the subnet; OVH's resolver."""
    subnet = gra.one(SUBNET, "production-gra-local")
    (router,) = gra.all(ROUTER)
    (interface,) = gra.all(INTERFACE)
    assert router.inputs["externalNetworkId"] == EXTERNAL
    assert (interface.inputs["routerId"], interface.inputs["subnetId"]) == (router.id, subnet.id)
    assert subnet.inputs["cidr"] == "192.168.64.0/24"
    assert subnet.inputs["gatewayIp"] == "192.168.64.1"
    assert subnet.inputs["dnsNameservers"] == ["213.186.33.99"]


@pytest.mark.parametrize(
    ("size", "policy"),
    [("s", "small_router"), ("m", "medium_router"), ("l", "large_router"), ("xl", "XL_router"), ("2xl", "2XL_router")],
)
def test_the_gateways_size_is_its_routers_qos_policy(size: str, policy: str) -> None:
    """By the name that OVHcloud's policies have; the smallest too, or a larger one could not be made small again."""
    site = deploy("gra", {"gateway": size})
    (router,) = site.all(ROUTER)
    assert router.inputs["externalQosPolicyId"] == f"{policy}-id"
    assert site.exported["gateway"] == size


def test_a_region_without_the_policy_is_named_with_what_asks_for_it() -> None:
    with pytest.raises(pulumi.RunError) as refused:
        deploy("gra", {"gateway": "2xl"}, missing=frozenset({"2XL_router"}))
    assert str(refused.value).startswith(
        "stack gra: gateway = '2xl': GRA11 must have the QoS policy 2XL_router: `openstack network qos policy list`: "
        "Your query"
    )


def test_what_sites_agree_on_is_exported(gra: Deployed) -> None:
    """By it a review of the next change sees what would keep them apart."""
    assert gra.exported["agreement"] == agreement(settings("gra").env)


def test_every_network_resource_says_whose_it_is(gra: Deployed, witness: Deployed) -> None:
    """Descriptions are read by people and by the inventory; each begins with the same words."""
    kinds = (NETWORK, SUBNET, ROUTER, PORT, GROUP)
    for site, name in ((gra, "gra"), (witness, "witness")):
        labels = f"project=multiparty-meeting stack={name} environment=production site={name}"
        described = [resource for kind in kinds for resource in site.all(kind)]
        assert len(described) >= 9
        assert not [r.urn for r in described if not r.inputs["description"].startswith(labels)]
        assert not [p.name for p in site.all(PORT) if f" role={p.name.split('-')[2]}" not in p.inputs["description"]]


def test_floating_ips_say_whose_they_are(gra: Deployed) -> None:
    found = {ip.name: ip.inputs["description"] for ip in gra.all("openstack:networking/floatingIp:FloatingIp")}
    assert len(found) == 2
    assert all(name.split("-")[2] == text.split("role=")[1] for name, text in found.items())


def test_each_port_has_the_group_of_its_role_and_card(gra: Deployed, external: Deployed, witness: Deployed) -> None:
    """Exactly one, of ours, by its id."""
    count = 0
    for site in (gra, external, witness):
        groups = {group.id: group.name for group in site.all(GROUP)}
        for port in site.all(PORT):
            (group,) = port.inputs["securityGroupIds"]
            *_, role, _, card = port.name.split("-")
            assert groups[group].endswith(f"-{role}-{'backbone' if card == 'backbone' else 'public'}")
            assert "noSecurityGroups" not in port.inputs
            count += 1
    assert count == 14


def test_nobody_is_in_the_default_group(gra: Deployed, external: Deployed, witness: Deployed) -> None:
    """Groups stand on ports: on an instance they would be set on all its ports, by name."""
    for site in (gra, external, witness):
        assert not [server.name for server in site.all(INSTANCE) if "securityGroups" in server.inputs]
        assert not [group.name for group in site.all(GROUP) if group.inputs["name"] == "default"]
        assert not [r.urn for r in site.registered if "default" in r.inputs.get("securityGroupIds", [])]
        assert not [group.name for group in site.all(GROUP) if group.inputs.get("deleteDefaultRules")]


def test_rules_are_the_tables_and_go_with_their_group() -> None:
    """One resource for each rule, in the group of its role and card, deleted with it."""
    site = deploy("gra", OPERATORS)
    groups = {group.id: group for group in site.all(GROUP)}
    rules = site.all(RULE)
    # public, operators; ACME, rooms and certificates; pages, load, Redis and Sentinel, login
    assert len(rules) == 5 + 2 + 4 + 2 + 2 + 8 + 4
    for rule in rules:
        group = groups[rule.inputs["securityGroupId"]]
        assert rule.options.deletedWith == group.urn
        assert rule.name.startswith(group.name)
        assert (rule.inputs["direction"], rule.inputs["ethertype"]) == ("ingress", "IPv4")
        assert rule.inputs["portRangeMin"] <= rule.inputs["portRangeMax"]
        assert rule.inputs["remoteIpPrefix"]
        assert rule.inputs["description"]
    world = {
        (rule.name.split("-")[2], rule.inputs["protocol"], rule.inputs["portRangeMin"], rule.inputs["portRangeMax"])
        for rule in rules
        if rule.inputs["remoteIpPrefix"] == "0.0.0.0/0"
    }
    assert world == {
        ("edge", "tcp", 80, 80),
        ("edge", "tcp", 443, 443),
        ("edge", "udp", 443, 443),
        ("meeting", "udp", 40000, 49999),
        ("meeting", "tcp", 40000, 49999),
    }


def _local(stack: str, changes: dict[str, Any] | None = None, state: dict[str, Any] | None = None) -> str:
    """The CIDR of a site's network towards the Internet."""
    subnet = deploy(stack, changes, state=state).one(SUBNET, f"production-{stack}-local")
    assert subnet.inputs["gatewayIp"] == str(IPv4Network(subnet.inputs["cidr"])[1])
    return str(subnet.inputs["cidr"])


def _deployed(cidr: str, *, block: str = "10.17.1.192") -> dict[str, Any]:
    """SBG's state with its two subnets."""
    urn = f"urn:pulumi:sbg::multiparty-meeting::{SUBNET}::production-sbg"
    pool = {"start": block, "end": "10.17.1.254"}
    return {
        f"{urn}-local": {"type": SUBNET, "outputs": {"cidr": cidr}},
        f"{urn}-backbone": {"type": SUBNET, "outputs": {"cidr": "10.17.0.0/22", "allocationPools": [pool]}},
    }


def test_no_two_sites_have_one_local_network() -> None:
    """OVH's local networks are on VLANs of one vRack that nobody plans: each site has a part of its own."""
    found = [_local(stack) for stack in ("gra", "sbg", "witness")]
    assert found == ["192.168.64.0/24", "192.168.65.0/24", "192.168.66.0/24"]
    other = [_local(stack, {"env.local_cidr": "172.31.0.0/25"}) for stack in ("gra", "sbg", "witness")]
    assert other == ["172.31.0.0/27", "172.31.0.32/27", "172.31.0.64/27"]


def test_a_site_that_is_deployed_keeps_its_local_network() -> None:
    """Of the version before, and when `local_cidr` changes: its ports hold the subnet, no `up` would end."""
    state = _deployed("192.168.64.0/24")
    assert _local("sbg", state=state) == "192.168.64.0/24"
    assert _local("sbg", {"env.local_cidr": "172.31.0.0/22"}, state) == "192.168.64.0/24"


def test_what_differs_from_the_plan_is_said() -> None:
    (said,) = network_warnings(settings("sbg"), _deployed("192.168.64.0/24"))
    assert said.startswith(
        "local_cidr plans 192.168.65.0/24 for site sbg, which keeps 192.168.64.0/24 until it is made "
    )
    assert (
        network_warnings(settings("sbg"), _deployed("192.168.65.0/24")) == network_warnings(settings("sbg"), {}) == []
    )


def test_sites_that_are_apart_for_a_while_are_said() -> None:
    """A change of the backbone reaches one site after the other."""
    state = _deployed("192.168.65.0/24")
    for changes in ({"env.backbone.cidr": "10.17.0.0/21"}, {"env.sites.sbg.block": "10.17.3.0/24"}):
        (said,) = network_warnings(settings("sbg", changes), state)
        assert "which then hear nothing of sites that have the one before: apply all stacks" in said


def test_all_networks_of_the_vrack_have_one_mtu(gra: Deployed) -> None:
    """By its age a vRack's network has 1500 or 9000; another cloud's have what they have."""
    assert [network.inputs["mtu"] for network in gra.all(NETWORK)] == [1500, 1500]
    backbone = {"type": "provider", "network_type": "flat", "physical_network": "vrack", "cidr": "10.17.0.0/22"}
    assert not [n.name for n in deploy("gra", {"env.backbone": backbone}).all(NETWORK) if "mtu" in n.inputs]
