"""Networks and security groups of a site."""

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


def test_the_gateways_size_is_exported() -> None:
    """No resource has it: a review of the next change reads from here what the gateway costs now."""
    assert deploy("gra", {"gateway": "m"}).exported["gateway"] == "m"


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
    assert len(rules) == 5 + 2 + 3 + 2 + 8 + 4  # public, operators, ACME and rooms, pages, Redis and Sentinel, login
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
