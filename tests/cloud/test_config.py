"""Configuration files: what every region's services are told, without starting any."""

import configparser
import json
from pathlib import Path

import pytest

from lab.cloud import config, layout
from lab.cloud.settings import Settings

FAKE, REAL = Settings("x", fake=True), Settings("y", fake=False)
MACHINES = Settings("z", fake=False, servers="machines")


def parsed(text: str) -> configparser.ConfigParser:
    parser = configparser.ConfigParser(interpolation=None, strict=True)
    parser.read_string(text)
    return parser


@pytest.mark.parametrize("settings", [FAKE, REAL, MACHINES], ids=["fake", "containers", "machines"])
def test_every_openstack_file_parses_and_is_filled_in(settings: Settings) -> None:
    """Strict: a section or an option twice is an error, which oslo.config would take silently."""
    for path, text in config.files(settings).items():
        if path.suffix == ".conf" and path.name.startswith(("nova", "neutron", "glance", "placement", "keystone")):
            assert parsed(text).sections(), path
            assert "${" not in text, path


def test_regions_share_no_database_bus_or_port() -> None:
    files = config.files(REAL)
    for key in (("database", "connection"), ("DEFAULT", "transport_url"), ("DEFAULT", "osapi_compute_listen_port")):
        seen = {parsed(files[Path(f"conf/nova-{region.slug}.conf")]).get(*key) for region in layout.ALL_REGIONS}
        assert len(seen) == len(layout.ALL_REGIONS), key


def test_compute_sees_no_database() -> None:
    files = config.files(REAL)
    assert "[database]" in files[Path("conf/nova-gra11.conf")]
    compute = parsed(files[Path("conf/nova-cpu-gra11.conf")])
    assert not {"database", "api_database"} & set(compute.sections())


def test_labs_differ_in_driver_and_mechanism() -> None:
    labs = [config.files(settings) for settings in (FAKE, REAL, MACHINES)]
    drivers = ("fake.FakeDriver", "lab_containers.ContainerDriver", "libvirt.LibvirtDriver")
    mechanisms = ("lab_fake", "linuxbridge,l2population", "linuxbridge,l2population")
    for path, section, option, values in (
        ("conf/nova-compute-de1.conf", "DEFAULT", "compute_driver", drivers),
        ("conf/neutron-de1.conf", "ml2", "mechanism_drivers", mechanisms),
    ):
        assert tuple(parsed(files[Path(path)]).get(section, option) for files in labs) == values


def test_rabbit_has_a_virtual_host_for_each_region() -> None:
    definitions = json.loads(config.rabbit_definitions(layout.ALL_REGIONS))
    assert [host["name"] for host in definitions["vhosts"]] == ["gra11", "sbg7", "de1"]


def test_a_placeholder_without_a_value_is_an_error() -> None:
    with pytest.raises(KeyError):
        config.render("nova.conf", {})
