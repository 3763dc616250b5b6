"""What a container is told, and what of this machine it takes, without starting one."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lab.cloud.runtime.containers import cables, disks, users
from lab.cloud.runtime.containers.container import Container, Size, limits, remove_cgroups, unified

AT_ONCE = 4
PORTS = ["0f3a9d0e-6a4e-4d56-9d0f-0123456789ab", "77777777-6a4e-4d56-9d0f-0123456789ab"]


def test_no_two_servers_share_users(tmp_path: Path) -> None:
    """Also not when one in between has gone; the ranges neither touch each other nor leave the free numbers."""
    first, second, third = (users.take(name, tmp_path) for name in "abc")
    users.give_back(second, tmp_path)
    again = users.take("d", tmp_path)
    assert again == second
    assert {third - first, second - first} == {2 * users.SIZE, users.SIZE}
    assert users.FIRST + users.COUNT * users.SIZE == 1 << 31


def test_ranges_run_out_with_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(users, "COUNT", 1)
    users.take("a", tmp_path)
    with pytest.raises(RuntimeError, match="all 1 ranges"):
        users.take("b", tmp_path)


def test_ends_of_cables_have_names_that_the_kernel_and_neutron_take() -> None:
    """The near end's name is Neutron's: `tap` and the port's first eleven characters."""
    names = [end(port) for port in PORTS for end in (cables.near, cables.far)]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 15
    assert cables.near(PORTS[0]) == "tap0f3a9d0e-6a"


@pytest.mark.parametrize(
    ("pure", "memory"), [(True, "lxc.cgroup2.memory.max"), (False, "lxc.cgroup.memory.limit_in_bytes")]
)
def test_a_flavor_bounds_memory_in_both_kinds_of_cgroups(pure: bool, memory: str) -> None:
    lines = dict(line.split(" = ") for line in limits(Size(768, 2), unified=pure).splitlines())
    assert lines[memory] == "768M"
    assert ("200000 100000" if pure else "200000") in lines.values()
    assert len({name.partition(".memory")[0].partition(".cpu")[0] for name in lines}) == 1


def test_kinds_of_cgroups_are_told_apart(tmp_path: Path) -> None:
    assert not unified(tmp_path)
    (tmp_path / "cgroup.controllers").touch()
    assert unified(tmp_path)


def test_a_configuration_names_users_limits_and_cgroups(tmp_path: Path) -> None:
    """Every key once, but for those that LXC takes as lists."""
    home = tmp_path / "6b1f"
    home.mkdir()
    Container(home).configure("gra-edge-1", users.FIRST, Size(512, 1))
    lines = [line.split(" = ", 1) for line in (home / "config").read_text().splitlines()]
    once = [key for key, _ in lines if key not in {"lxc.idmap", "lxc.mount.entry"}]
    assert len(once) == len(set(once))
    assert ["lxc.idmap", f"u 0 {users.FIRST} 65536"] in lines
    assert ["lxc.cgroup.dir.container", "lab-6b1f"] in lines


def test_empty_cgroups_go_and_others_stay(tmp_path: Path) -> None:
    for name in ("memory/base/lab-6b1f/init.scope", "memory/base/lab-6b1f.monitor", "cpu/lab-6b1f", "cpu/lab-77"):
        (tmp_path / name).mkdir(parents=True)
    assert remove_cgroups("lab-6b1f", tmp_path)
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*")) == [
        "cpu",
        "cpu/lab-77",
        "memory",
        "memory/base",
    ]


def test_a_cgroup_that_is_in_use_is_said_to_be_left(tmp_path: Path) -> None:
    (tmp_path / "lab-6b1f").mkdir()
    (tmp_path / "lab-6b1f" / "cgroup.procs").touch()
    assert not remove_cgroups("lab-6b1f", tmp_path)


def test_servers_that_are_made_at_once_mount_their_image_once(tmp_path: Path) -> None:
    """Whoever comes while it is being mounted waits for that: Nova gives up a server whose image is refused."""
    (tmp_path / "tree").mkdir()
    image = tmp_path / "image"
    subprocess.run(["mkfs.erofs", str(image), str(tmp_path / "tree")], check=True, capture_output=True)
    for _ in range(10):
        with ThreadPoolExecutor(AT_ONCE) as servers:
            mounted = list(servers.map(disks.mount_image, [image] * AT_ONCE))
        subprocess.run(["umount", str(mounted[0])], check=True)
        assert set(mounted) == {mounted[0]}
