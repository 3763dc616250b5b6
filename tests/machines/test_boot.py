"""Both images boot from a config drive that is a CD, on a kernel of their own."""

import platform
from pathlib import Path

import pytest

from fleet.fleet import DeployedServer
from tests.machines.conftest import Site

pytestmark = [pytest.mark.machines, pytest.mark.timeout(2400)]

ALL = ("production-gra-redis-1", "production-sbg-redis-1", "production-witness-witness-1")
OVERCOMMIT = Path("/proc/sys/vm/overcommit_memory")
each_server = pytest.mark.parametrize("name", ALL)


@each_server
def test_the_config_drive_is_a_cd(site: Site, name: str) -> None:
    """What cloud-init took, and where from: the image's own driver found it before cloud-init looked."""
    server = site.server(name)
    assert site.shell(server, "sudo lsblk --noheadings --output TYPE,FSTYPE,LABEL /dev/sr0").split() == [
        "rom",
        "iso9660",
        "config-2",
    ]
    assert site.shell(server, "cat /run/cloud-init/cloud-id").strip() == "configdrive"
    assert site.shell(server, "sudo cloud-init query subplatform").strip() == "config-disk (/dev/sr0)"


def test_the_stock_image_rendered_its_network_and_installed_its_packages(site: Site) -> None:
    """By cloud-init's own means: netplan's file with both network cards, the packages from the lab's repository."""
    told = site.shell(site.witness, "sudo cat /etc/netplan/50-cloud-init.yaml; ip -brief -4 address show scope global")
    assert {"ens2:", "ens3:"} <= set(told.split()), told
    assert f"{site.witness.backbone_address}/22" in told
    installed = site.shell(site.witness, "grep --count 'install redis-server' /var/log/dpkg.log")
    assert int(installed) >= 1


@each_server
def test_the_kernel_is_the_servers_own(site: Site, name: str) -> None:
    """Its version, its command line, its modules, and what is set for all of it changes nothing here."""
    server = site.server(name)
    assert site.shell(server, "uname --kernel-release").strip() != platform.release()
    assert "root=/dev/vda" in site.shell(server, "cat /proc/cmdline").split()
    assert "dummy" in site.shell(server, "sudo modprobe dummy && lsmod").split()


def test_a_setting_of_the_kernel_is_one_servers_own(site: Site) -> None:
    """Beside those of the network, which containers have of their own too."""
    first, second = site.fleet.of("redis")
    before = [_of(site, first), _of(site, second), OVERCOMMIT.read_text()]
    other = str((int(before[0]) + 1) % 2)
    site.shell(first, f"sudo tee {OVERCOMMIT}", stdin=other)
    try:
        assert [_of(site, first), _of(site, second), OVERCOMMIT.read_text()] == [f"{other}\n", *before[1:]]
    finally:
        site.shell(first, f"sudo tee {OVERCOMMIT}", stdin=before[0])


def _of(site: Site, server: DeployedServer) -> str:
    return site.shell(server, f"cat {OVERCOMMIT}")
