"""Inside a Debian 12 that has cgroups of the second version alone: one server of the lab, from first boot to deletion.

What is seen goes to standard output, a line of JSON for each step. Beside this file are the lab's own `runtime`, whose
`containers` Nova's driver uses, the files of a config drive, and `told.json` about the server.
"""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TOLD: dict[str, str] = json.loads((HERE / "told.json").read_text())
sys.path.insert(0, str(HERE / "runtime"))
# No part of the project's own packages: here they lie on the CD.
from containers import cables, disks, shell, users  # type: ignore[import-not-found]  # noqa: E402
from containers.container import CGROUPS, LXCFS, Container, Size, unified  # type: ignore[import-not-found]  # noqa: E402

PORT, BRIDGE = "11111111-2222-3333-4444-555555555555", "backbone"
MEMORY, DISK = 384, 2  # MiB, GB
BOOT_SECONDS, ANSWER_SECONDS = 480, 60
IMAGE, HOME = Path("/run/lab/image"), Path("/var/lib/servers/11111111-2222-3333-4444-666666666666")
LOG = Path("/run/lab/server.log")
BEGUN = time.monotonic()


def run(*argv: str) -> str:
    """Run a program to its end; what it printed."""
    return subprocess.run(argv, check=True, capture_output=True, text=True).stdout


def tell(step: str, **seen: object) -> None:
    """One line, with the seconds since this program began."""
    print(json.dumps({"step": step, "seconds": round(time.monotonic() - BEGUN, 1), **seen}), flush=True)


def in_time(done: Callable[[], bool], seconds: float) -> bool:
    """Whether something is so within a deadline."""
    try:
        shell.until("it", done, seconds)
    except shell.ContainerError:
        return False
    return True


def answers() -> bool:
    """Whether the server sends a ping back."""
    ping = ["ping", "-q", "-c", "1", "-W", "2", TOLD["address"]]
    return not subprocess.run(ping, capture_output=True, check=False).returncode


def ready() -> bool:
    """Whether the server has said that it is, since its last start."""
    console = HOME / "console.log"
    found = in_time(lambda: TOLD["ready"] in console.read_text(errors="replace"), BOOT_SECONDS)
    if not found:
        print(console.read_text(errors="replace")[-6000:])
    return found


def inside(container: Container, command: str) -> str:
    """What a command prints inside the server."""
    return run("nsenter", "-t", str(container.pid()), "-a", "sh", "-c", command)


def kept() -> list[str]:
    """What the host has of the server: cgroups, mounts, cables, its users, its directory."""
    found = [path for path, _, _ in os.walk(CGROUPS) if Path(path).name.startswith(f"lab-{HOME.name}")]
    found += [line.split()[1] for line in Path("/proc/mounts").read_text().splitlines() if HOME.name in line]
    found += [path.name for path in Path("/sys/class/net").iterdir() if PORT[:8] in path.name]
    found += [str(path) for path in users.REGISTER.glob("*") if path.read_text() == HOME.name]
    return found + [str(path) for path in (HOME,) if path.exists()]


def prepare() -> None:
    """What a lab gives its nodes: a bridge, lxcfs, the image."""
    run("ip", "link", "add", BRIDGE, "type", "bridge", "forward_delay", "0")
    run("ip", "address", "add", TOLD["host"], "dev", BRIDGE)
    run("ip", "link", "set", BRIDGE, "up")
    LXCFS.parent.mkdir(parents=True)
    lxcfs = ["lxcfs", "-f", "-p", f"{LXCFS.parent}.pid", str(LXCFS.parent)]
    subprocess.Popen(lxcfs, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    IMAGE.symlink_to("/dev/vdb")
    if not in_time((LXCFS / "meminfo").exists, ANSWER_SECONDS):
        raise RuntimeError(f"lxcfs shows nothing below {LXCFS.parent}")


def make(base: int) -> Container:
    """A server as the driver makes it, off."""
    HOME.mkdir(parents=True)
    disks.create(HOME, DISK)
    shutil.copytree(HERE / "seed", HOME / "seed")
    for path in (HOME / "seed", *(HOME / "seed").rglob("*")):
        os.chown(path, base, base)
    container = Container(HOME)
    container.configure(TOLD["name"], base, Size(MEMORY, 1))
    cables.lay(cables.Cable(PORT, BRIDGE, TOLD["mac"], 1500))
    disks.mount(HOME, disks.mount_image(IMAGE), base)
    return container


def figures(container: Container) -> dict[str, Any]:
    """Its memory and disk, as the host bounds them and as it sees them itself: MiB and GB."""
    (cgroup,) = [Path(path) for path, _, _ in os.walk(CGROUPS) if Path(path).name == container.cgroup]
    limit = int((cgroup / "memory.max").read_text())
    memory = int(inside(container, "awk '/MemTotal/ {print $2}' /proc/meminfo"))
    disk = int(inside(container, "df --block-size=1 --output=size / | tail -n 1"))
    return {"limit": limit >> 20, "memory": memory >> 10, "disk": round(disk / 2**30, 2)}


def main() -> None:
    """All of it, one step after the other."""
    kind = run("stat", "--file-system", "--format=%T", str(CGROUPS)).strip()
    tell("host", cgroups=kind, unified=unified(), first_version=[str(each) for each in CGROUPS.glob("*/tasks")])
    prepare()
    base = users.take(HOME.name)
    container = make(base)
    container.start([PORT], LOG)
    tell("started")
    tell(
        "booted", ready=ready(), state=container.state(), answers=in_time(answers, ANSWER_SECONDS), **figures(container)
    )
    cables.cut([PORT])
    container.freeze(on=True)
    tell("paused", state=container.state(), answers=answers())
    container.freeze(on=False)
    cables.mend([PORT])
    tell("unpaused", state=container.state(), answers=in_time(answers, ANSWER_SECONDS))
    cables.cut([PORT])
    container.stop(0)
    tell("stopped", state=container.state(), answers=answers())
    before = kept()
    cables.remove(PORT)
    container.forget()
    disks.remove(HOME)
    users.give_back(base)
    tell("deleted", before=before, left=kept())


if __name__ == "__main__":
    main()
