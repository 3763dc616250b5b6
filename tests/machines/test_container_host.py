"""One server of the lab as a container on a host that has cgroups of the second version alone: its whole life."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from boot.common import READY_MARKER
from boot.document import render
from boot.redis.redis import redis_node
from lab.cloud.namespaces import UNSHARE
from lab.cloud.shell import RUNTIME
from lab.image.build import images
from tests.configuration import settings
from tests.machines import container_host

pytestmark = [pytest.mark.machines, pytest.mark.timeout(2400)]

# Two systems that boot one inside the other, emulated.
SECONDS = 1200
MAC = "fa:16:3e:00:00:05"


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the host saw of the server, by step."""
    home = tmp_path_factory.mktemp("container-host")
    program = shutil.copytree(Path(__file__).parent / "container_life", home / "program")
    shutil.copytree(RUNTIME, program / "runtime", ignore=shutil.ignore_patterns("__pycache__"))
    (program / "unshare").write_text(" ".join(UNSHARE))
    gra = settings("gra")
    document = redis_node(gra)
    address = str(gra.redis_addresses["gra"])
    _write_seed(program / "seed" / "openstack" / "latest", document.hostname, render(document), address)
    told = {
        "name": document.hostname,
        "mac": MAC,
        "address": address,
        "host": "10.17.3.254/22",
        "ready": f"{READY_MARKER} {document.hostname}",
    }
    (program / "told.json").write_text(json.dumps(told))
    image, server = container_host.image(), images() / "baked" / "rootfs.erofs"
    console = container_host.run(image, server, program, home / "console.log", deadline=SECONDS)
    seen = [json.loads(line) for line in console.splitlines() if line.startswith('{"step"')]
    assert [one["step"] for one in seen][-1:] == ["deleted"], console[-6000:]
    print("\n".join(f"{one['seconds']:6.1f} s: {one['step']}" for one in seen))
    return {one.pop("step"): one for one in seen}


def test_the_host_has_cgroups_of_the_second_version_alone(life: dict[str, dict[str, Any]]) -> None:
    assert life["host"]["cgroups"] == "cgroup2fs"
    assert not life["host"]["first_version"]


def test_a_server_boots_with_its_flavors_memory_and_disk(life: dict[str, dict[str, Any]]) -> None:
    """Its own services run and it answers; what it sees of itself is what its flavor grants."""
    booted = life["booted"]
    assert (booted["ready"], booted["state"], booted["answers"]) == (True, "running", True)
    assert booted["limit"] == booted["memory"] == 384
    assert 1.8 < booted["disk"] <= 2


@pytest.mark.parametrize(
    ("step", "state", "answers"),
    [("paused", "paused", False), ("unpaused", "running", True), ("stopped", "off", False)],
)
def test_a_server_is_paused_goes_on_and_loses_its_power(
    life: dict[str, dict[str, Any]], step: str, state: str, answers: bool
) -> None:
    assert (life[step]["state"], life[step]["answers"]) == (state, answers)


def test_nothing_is_left_of_a_deleted_server(life: dict[str, dict[str, Any]]) -> None:
    assert len(life["deleted"]["before"]) > 3
    assert life["deleted"]["left"] == []


def _write_seed(directory: Path, name: str, user_data: str, address: str) -> None:
    """A config drive's files, as Nova writes them: who the server is, its one network card, its boot document."""
    directory.mkdir(parents=True)
    link = {"id": "card", "type": "bridge", "ethernet_mac_address": MAC, "mtu": 1500, "vif_id": "card"}
    network = {
        "id": "network0",
        "type": "ipv4",
        "link": "card",
        "ip_address": address,
        "netmask": "255.255.252.0",
        "routes": [],
        "network_id": "backbone",
    }
    files = {
        "meta_data.json": json.dumps({"uuid": "11111111-2222-3333-4444-666666666666", "hostname": name, "name": name}),
        "network_data.json": json.dumps({"links": [link], "networks": [network], "services": []}),
        "user_data": user_data,
    }
    for file, text in files.items():
        (directory / file).write_text(text)
