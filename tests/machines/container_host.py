"""A Debian 12 with LXC and cgroups of the second version alone, as an emulated machine: the host that most people have.

It runs a program from a CD, whose output is what the machine says on its serial console, and then switches itself off.
"""

import os
import shutil
import subprocess
from pathlib import Path

from lab.cache import built, cache_home, content_key
from lab.cloud.provisioning import KERNEL_OPTIONS
from lab.cloud.shell import LabError
from lab.image import build

HERE = Path(__file__).parent / "container_host"
# The directory of what every guest image has: an initrd without udev, with the drivers that these machines need.
COMMON = build.HERE / "files" / "common"
PACKAGES = "systemd-sysv,udev,linux-image-cloud-amd64,initramfs-tools,lz4,python3,iproute2,iputils-ping,kmod,procps"
LXC = "lxc,lxcfs,uidmap,e2fsprogs"
SIZE = 4 << 30
MEMORY = 1024  # MiB
UNIFIED = "systemd.unified_cgroup_hierarchy=1"


def image() -> Path:
    """The directory with `vmlinuz`, `initrd.img` and `rootfs.ext4`; built unless the cache has it."""
    return built("container-host", content_key(PACKAGES, LXC, HERE, COMMON), _build)


def run(image: Path, server: Path, program: Path, console: Path, *, deadline: float) -> str:
    """Boot, have a program run, and wait until the machine is off.

    Args:
        image: the host's.
        server: a file system, the second disk, `/dev/vdb`.
        program: the CD's content; its `main.sh` is run.
        console: where the console log is written.
        deadline: seconds.

    Returns:
        The console log.

    Raises:
        LabError: it is not off in time; with the end of the log.
    """
    disc = console.with_suffix(".iso")
    subprocess.run(["genisoimage", "-quiet", "-rational-rock", "-output", disc, program], check=True)
    argv = ["qemu-system-x86_64", "-nodefaults", "-no-reboot", "-display", "none", "-m", str(MEMORY), "-smp", "2"]
    argv += ["-kernel", str(image / "vmlinuz"), "-initrd", str(image / "initrd.img")]
    argv += ["-append", f"{KERNEL_OPTIONS} {UNIFIED}", "-serial", f"file:{console}", "-cdrom", str(disc)]
    argv += ["-drive", f"file={image / 'rootfs.ext4'},if=virtio,format=raw,snapshot=on"]
    argv += ["-drive", f"file={server},if=virtio,format=raw,readonly=on"]
    try:
        subprocess.run(argv, check=True, timeout=deadline)
    except subprocess.TimeoutExpired as error:
        said = console.read_text(errors="replace")[-4000:]
        raise LabError(f"the machine is not off after {deadline:.0f} s; the end of its console:\n{said}") from error
    return console.read_text(errors="replace")


def _build(target: Path) -> None:
    root, log = target / "root", cache_home() / "container-host.log"
    argv = ["mmdebstrap", "--variant=minbase", "--mode=root", '--aptopt=Apt::Install-Recommends "false"']
    argv += [f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("doc", "man", "locale")]
    argv += [f"--include={PACKAGES},{LXC}", f'--customize-hook=sh {HERE}/customize.sh "$1" {HERE} {COMMON}']
    with log.open("wb") as out:
        done = subprocess.run([*argv, build.SUITE, root], stdout=out, stderr=out, check=False)
    if done.returncode:
        raise LabError(f"mmdebstrap failed for the host of containers; see {log}")
    for name, pattern in (("vmlinuz", "vmlinuz-*"), ("initrd.img", "initrd.img-*")):
        (found,) = (root / "boot").glob(pattern)
        shutil.move(found, target / name)
    disk = target / "rootfs.ext4"
    with disk.open("wb") as file:
        os.truncate(file.fileno(), SIZE)
    subprocess.run(["mkfs.ext4", "-q", "-O", "^has_journal", "-E", "lazy_itable_init=0", "-d", root, disk], check=True)
    shutil.rmtree(root)
