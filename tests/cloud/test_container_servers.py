"""The life of servers that are containers, by the API of one region: what a client of a cloud sees of each step."""

import os
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest
from openstack.compute.v2.server import Server

from lab import Lab
from lab.cloud.runtime.containers import users
from lab.cloud.runtime.containers.cables import near
from lab.cloud.runtime.containers.container import CGROUPS
from tests.cloud.region import SECONDS, Region
from tests.conftest import skip_or_fail
from tests.unit.waiting import eventually

pytestmark = pytest.mark.engine
NAME, BESIDE = "container-tests", "container-tests-beside"
SILENCE = 3  # seconds in which nothing may be heard


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    if os.geteuid() or not Path("/usr/bin/lxc-start").exists():
        skip_or_fail("LXC is missing, or root: python -m lab install")
    lab = Lab(NAME)
    lab.down()
    lab.up(region_names=["GRA11"])
    yield lab
    lab.down()


@pytest.fixture(scope="module")
def region(lab: Lab, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Region]:
    with lab.network():
        yield Region(lab, "GRA11", tmp_path_factory.mktemp("region"))


@pytest.fixture(scope="module")
def server(region: Region) -> Server:
    """One that runs and answers; each test leaves it so."""
    made = region.create("one")
    region.answers(made)
    return made


def test_a_server_is_what_its_flavor_says(region: Region, server: Server) -> None:
    """Memory and disk as the server sees them; its users are not the machine's; its data came by the config drive."""
    memory = int(region.shell(server, "grep MemTotal /proc/meminfo").split()[1])
    assert memory == 512 * 1024
    size = int(region.shell(server, "df --output=size -BM / | tail -n1").rstrip("M"))
    assert 5_500 < size < 6 * 1024
    assert int(region.shell(server, "cat /proc/self/uid_map").split()[1]) >= users.FIRST
    assert region.shell(server, "cat /run/cloud-init/cloud-id") == "configdrive"
    assert region.shell(server, "systemctl is-system-running --wait") == "running"


def test_a_security_group_is_in_force(region: Region, server: Server) -> None:
    """A port outside the rules is silent; a rule that is added opens it."""
    region.shell(server, "systemd-run python3 -m http.server 8000")
    with pytest.raises(TimeoutError):
        region.dial(server, 8000)
    region.allow(protocol="tcp", port_range_min=8000, port_range_max=8000)
    eventually(lambda: region.dial(server, 8000).close(), lambda _: True, seconds=SECONDS, what="the port opens")


def test_a_paused_server_is_silent_and_goes_on(region: Region, server: Server) -> None:
    """An open connection hears nothing, and works again afterwards; a new one gets no answer at all."""
    with region.dial(server) as open_before:
        assert open_before.recv(100).startswith(b"SSH-2.0")
        region.cloud.compute.pause_server(server)
        region.wait(server, "PAUSED")
        open_before.sendall(b"SSH-2.0-test\r\n")
        heard_nothing(open_before)
        with pytest.raises(TimeoutError):
            region.dial(server)
        region.cloud.compute.unpause_server(server)
        region.wait(server, "ACTIVE")
        open_before.settimeout(SECONDS)
        assert open_before.recv(100)
    region.answers(server)


def test_a_stopped_server_said_no_goodbye(region: Region, server: Server) -> None:
    with region.dial(server) as open_before:
        assert open_before.recv(100)
        region.cloud.compute.stop_server(server)
        region.wait(server, "SHUTOFF")
        heard_nothing(open_before)
    region.cloud.compute.start_server(server)
    region.wait(server, "ACTIVE")
    region.answers(server)


@pytest.mark.parametrize("kind", ["SOFT", "HARD"])
def test_a_server_is_rebooted(region: Region, server: Server, kind: str) -> None:
    """What is on its disk stays, what is in its memory goes."""
    region.shell(server, f"echo kept >/root/{kind}; touch /run/gone")
    region.cloud.compute.reboot_server(server, kind)
    region.wait(server, "ACTIVE")
    region.answers(server)
    assert region.shell(server, f"cat /root/{kind}; ls /run/gone", check=False) == "kept"


def test_a_server_reboots_itself(region: Region, server: Server) -> None:
    boot = region.shell(server, "touch /run/gone; systemctl reboot", check=False)
    assert not boot
    anew = partial(region.shell, server, "test -e /run/gone || echo anew", check=False)
    eventually(anew, "anew".__eq__, seconds=SECONDS, what="it is up again")
    assert region.status(server) == "ACTIVE"


def test_a_server_that_turns_itself_off_is_off_for_nova(region: Region, server: Server) -> None:
    region.shell(server, "systemctl poweroff", check=False)
    region.wait(server, "SHUTOFF")
    region.cloud.compute.start_server(server)
    region.wait(server, "ACTIVE")
    region.answers(server)


def test_a_disk_fills_up(region: Region, server: Server) -> None:
    """At the flavor's size, and to nobody else's harm."""
    region.shell(server, "fallocate -l 4G /var/tmp/most")
    assert "No space left" in region.shell(server, "fallocate -l 3G /var/tmp/rest 2>&1", check=False)
    region.shell(server, "rm -f /var/tmp/most /var/tmp/rest")


def test_a_snapshot_boots(region: Region, server: Server) -> None:
    """What was there at the moment is there, the new server is another one; the first ran on meanwhile."""
    region.shell(server, "echo baked >/root/mark; rm /etc/motd; systemd-run --unit beat sleep infinity")
    image = region.cloud.compute.create_server_image(server.id, "baked", wait=True, timeout=SECONDS)
    assert region.shell(server, "systemctl is-active beat") == "active"
    other = region.create("two", image="baked")
    region.answers(other)
    assert region.shell(other, "cat /root/mark; hostname; ls /etc/motd", check=False).split() == ["baked", "two"]
    region.cloud.delete_server(other.id, wait=True)
    region.cloud.image.delete_image(image.id)


def test_a_network_card_comes_and_goes(region: Region, server: Server) -> None:
    cloud = region.cloud
    port = cloud.network.create_port(network_id=region.network.id)
    cloud.compute.create_server_interface(server.id, port_id=port.id)
    links = partial(region.shell, server, "ip -br link", check=False)
    eventually(links, lambda text: port.mac_address in text, seconds=SECONDS, what="the card is there")
    assert region.shell(server, "ls /sys/class/net").split() == ["ens2", "ens3", "lo"]
    region.shell(server, "systemctl reboot", check=False)
    eventually(links, lambda text: port.mac_address in text, seconds=SECONDS, what="the card is there after a reboot")
    cloud.compute.delete_server_interface(port.id, server=server.id)
    gone = partial(region.shell, server, "ip -br link")
    eventually(gone, lambda text: port.mac_address not in text, seconds=SECONDS, what="the card is gone")


def test_a_killed_nova_compute_finds_its_servers(lab: Lab, region: Region, server: Server) -> None:
    """They run on without it, and do as they are told once it is back."""
    pid = lab.processes()[lab.services()["nova-compute-gra11"]]
    region.shell(server, "systemd-run --unit pulse sleep infinity")
    os.kill(pid, 9)
    assert region.shell(server, "systemctl is-active pulse") == "active"
    lab.start_compute("GRA11")
    region.cloud.compute.pause_server(server)
    region.wait(server, "PAUSED")
    region.cloud.compute.unpause_server(server)
    region.wait(server, "ACTIVE")
    assert region.shell(server, "systemctl is-active pulse") == "active"


def test_labs_stand_side_by_side(
    lab: Lab, region: Region, server: Server, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """No user is shared; of one that is taken down nothing is left, and to the other it is nothing."""
    beside = Lab(BESIDE)
    beside.down()
    try:
        beside.up(region_names=["GRA11"])
        with beside.network():
            other = Region(beside, "GRA11", tmp_path_factory.mktemp("beside"))
            made = other.create("one")
            other.answers(made)
            theirs = other.shell(made, "cat /proc/self/uid_map")
        assert theirs != region.shell(server, "cat /proc/self/uid_map")
        seen = traces(made)
        assert all(seen.values()), seen
    finally:
        beside.down()
    eventually(
        partial(traces, made), lambda left: not any(left.values()), seconds=SECONDS, what="the kernel has let all go"
    )
    assert region.shell(server, "systemctl is-system-running") == "running"


def test_of_a_deleted_server_nothing_is_left(lab: Lab, region: Region) -> None:
    """No interface, mount, loop device, directory, cgroup or process; and its users are free."""
    made = region.create("three")
    (port,) = region.cloud.network.ports(device_id=made.id)
    instance = lab.home / "nodes/gra11/nova/instances" / made.id
    node = Path("/proc") / str(lab.processes()[lab.services()["node-gra11"]])

    def look() -> dict[str, list[str]]:
        mounts, cables = ((node / name).read_text().splitlines() for name in ("mounts", "net/dev"))
        here = {
            "mounts": [line for line in mounts if made.id in line],
            "cables": [line for line in cables if near(port.id) in line],
        }
        return traces(made) | here

    seen = look()
    assert all(seen.values()), seen
    region.cloud.delete_server(made.id, wait=True)
    eventually(look, lambda left: not any(left.values()), seconds=SECONDS, what="everything is gone")
    assert not instance.exists()


def traces(server: Server) -> dict[str, list[str]]:
    """What this machine knows of a server outside the lab's namespaces, by kind."""
    loops = [path.read_text() for path in Path("/sys/block").glob("loop*/loop/backing_file")]
    return {
        "loops": [loop for loop in loops if server.id in loop],
        "users": [path.name for path in users.REGISTER.iterdir() if path.read_text() == server.id],
        "cgroups": cgroups(server),
        "processes": [proc.name for proc in Path("/proc").glob("[0-9]*") if server.id in cgroups_of(proc)],
    }


def cgroups(server: Server) -> list[str]:
    return [found for found, _, _ in os.walk(CGROUPS) if f"lab-{server.id}" in found]


def cgroups_of(process: Path) -> str:
    try:
        return (process / "cgroup").read_text()
    except OSError:
        return ""


def heard_nothing(connection: socket.socket) -> None:
    """Neither data nor an end, for as long as is waited."""
    connection.settimeout(SILENCE)
    with pytest.raises(TimeoutError):
        connection.recv(100)
