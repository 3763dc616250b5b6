"""What the lab's processes take: proportional memory (PSS) per service and guest."""

import re
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

GUEST = re.compile(rb"-name\0guest=([^,\0]+)")
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def owner(pid: int, services: dict[int, str], parent: Callable[[int], int]) -> str:
    """The service that a process or one of its ancestors is; "others" when none is."""
    while pid > 1:
        if pid in services:
            return services[pid]
        pid = parent(pid)
    return "others"


def report(processes: dict[int, int], services: dict[str, int]) -> tuple[str, bool]:
    """A table of memory by service, with what does not run although it should, and the total; and whether all run.

    Args:
        processes: every process inside: its id there, and as this process sees it.
        services: each service that was started: its process id inside.
    """
    started = {processes[pid]: name for name, pid in services.items() if pid in processes}
    memory: dict[str, int] = defaultdict(int)
    for pid in processes.values():
        proc = Path("/proc") / str(pid)
        try:
            found = PSS.search((proc / "smaps_rollup").read_text())
            guest = GUEST.search((proc / "cmdline").read_bytes())
            name = f"guest {guest[1].decode()}" if guest else owner(pid, started, _parent)
        except OSError:
            continue  # it ended meanwhile
        memory[name] += int(found[1]) // 1024 if found else 0
    lines = [f"{name:36} {memory[name]:6} MiB" for name in sorted(memory, key=lambda name: -memory[name])]
    dead = sorted(set(services) - set(started.values()))
    lines += [f"{name:36} NOT RUNNING" for name in dead]
    guests = sum(size for name, size in memory.items() if name.startswith("guest "))
    lines += [f"{'total':36} {sum(memory.values()):6} MiB, {guests} MiB of it guests"]
    return "\n".join(lines), not dead


def _parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
