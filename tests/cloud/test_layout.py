"""The tables that the lab is built from: addresses, ports and names, without a cloud."""

import ipaddress
import itertools

import pytest

from fleet.command_line import CommandError
from lab.cloud import layout, network
from lab.cloud.settings import Settings, home_of

# Networks of the machine itself, and those that are its neighbours': the lab must not cover them.
TAKEN = ("192.0.2.0/24", "203.0.113.0/24")


def test_external_networks_are_disjoint_and_free() -> None:
    """Cannot show that the machine uses none of them; shows that the lab does not fight itself or the known ones."""
    networks = [ipaddress.ip_network(f"{region.external}.0/24") for region in layout.ALL_REGIONS]
    networks += [ipaddress.ip_network(taken) for taken in TAKEN]
    assert not [pair for pair in itertools.combinations(networks, 2) if pair[0].overlaps(pair[1])]


def test_every_service_has_a_port_of_its_own() -> None:
    ports = [region.port(service) for region in layout.ALL_REGIONS for service in (*layout.SERVICES, "metadata")] + [
        layout.KEYSTONE_PORT
    ]
    assert len(ports) == len(set(ports))
    assert max(ports) < 32768, "the kernel gives higher ports to outgoing connections"


def test_device_names_fit_the_kernel() -> None:
    """Interface names have at most 15 characters; a longer one fails only when the real lab starts."""
    names = [region.device(bridge) for region in layout.ALL_REGIONS for bridge in layout.BRIDGES]
    assert len(names) == len(set(names))
    assert max(map(len, names)) <= 15


def test_services_address_is_in_the_first_external_network() -> None:
    settings = Settings("x", fake=False, region_names=("SBG7",))
    assert f"{layout.SERVICES_HOST}/32" in network.addresses(settings)["external"]
    assert "198.18.0.1/24" in network.addresses(settings)["external"]


def test_regions_by_name() -> None:
    assert [region.name for region in layout.regions(("DE1", "GRA11"))] == ["GRA11", "DE1"]
    with pytest.raises(CommandError, match="no such region: GRA9; the lab has DE1, GRA11, SBG7"):
        layout.regions(("GRA9",))


def test_openrc_leads_through_the_proxy() -> None:
    variables = layout.openrc("SBG7")
    assert variables["OS_AUTH_URL"].startswith(f"http://{layout.PUBLIC}:")
    assert (variables["OS_REGION_NAME"], variables["OS_USERNAME"]) == ("SBG7", "demo")
    assert layout.openrc("SBG7", "admin")["OS_PROJECT_NAME"] == "admin"


@pytest.mark.parametrize("name", ["", ".", "..", "a/b"])
def test_a_lab_is_named_by_a_plain_file_name(name: str) -> None:
    with pytest.raises(CommandError, match="plain file name"):
        home_of(name)
