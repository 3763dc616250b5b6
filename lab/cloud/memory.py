"""What the lab's processes take: proportional memory (PSS) per service and server."""

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path

MACHINE = re.compile(rb"-name\0guest=([^,\0]+)")
CONTAINER = re.compile(r"/lab-([0-9a-f-]{36})")
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def owner(pid: int, services: dict[int, str], parent: Callable[[int], int]) -> str:
    """The service that a process or one of its ancestors is; "others" when none is."""
    while pid > 1:
        if pid in services:
            return services[pid]
        pid = parent(pid)
    return "others"


def server(command_line: bytes, cgroups: str, names: Mapping[str, str]) -> str | None:
    """The server that a process belongs to: QEMU says it by its arguments, a container's is in its cgroups.

    Args:
        command_line: the process's.
        cgroups: those it is in, as the kernel lists them.
        names: servers' names by the id that is in the cgroups' names.
    """
    if machine := MACHINE.search(command_line):
        return machine[1].decode()
    if container := CONTAINER.search(cgroups):
        return names.get(container[1], container[1])
    return None


def usage(home: Path, processes: dict[int, int], services: dict[str, int]) -> dict[str, int]:
    """MiB by service and server.

    Args:
        home: the lab's state directory.
        processes: every process inside: its id there, and as this process sees it.
        services: each service that was started: its process id inside.
    """
    started = {processes[pid]: name for name, pid in services.items() if pid in processes}
    names = {path.parent.name: path.read_text() for path in home.glob("nodes/*/nova/instances/*/name")}
    inside = set(processes.values())
    memory: dict[str, int] = defaultdict(int)
    for proc in Path("/proc").glob("[0-9]*"):
        pid = int(proc.name)
        try:
            guest = server((proc / "cmdline").read_bytes(), (proc / "cgroup").read_text(), names)
            if pid not in inside and guest not in names.values():  # containers' processes are in a space of their own
                continue
            name = f"server {guest}" if guest else owner(pid, started, _parent)
            found = PSS.search((proc / "smaps_rollup").read_text())
        except OSError:
            continue  # it ended meanwhile
        memory[name] += int(found[1]) if found else 0
    return {name: size // 1024 for name, size in memory.items()}


def report(home: Path, processes: dict[int, int], services: dict[str, int]) -> tuple[str, bool]:
    """A table of memory by service, with what does not run although it should, and the total; and whether all run."""
    memory = usage(home, processes, services)
    lines = [f"{name:36} {memory[name]:6} MiB" for name in sorted(memory, key=lambda name: -memory[name])]
    dead = sorted(name for name, pid in services.items() if pid not in processes)
    lines += [f"{name:36} NOT RUNNING" for name in dead]
    servers = sum(size for name, size in memory.items() if name.startswith("server "))
    lines += [f"{'total':36} {sum(memory.values()):6} MiB, {servers} MiB of it servers"]
    return "\n".join(lines), not dead


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
