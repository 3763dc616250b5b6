"""What the lab's processes take: proportional memory (PSS) per service and guest."""

import re
from collections import defaultdict
from pathlib import Path

from lab.cloud.shell import SERVICE_VARIABLE

GUEST = re.compile(rb"-name\0guest=([^,\0]+)")
PSS = re.compile(r"^Pss:\s+(\d+) kB", re.MULTILINE)


def name_of(cmdline: bytes, environ: bytes) -> str:
    """Whose a process is: a guest's, a service's by its environment or log file, else its program's."""
    if found := GUEST.search(cmdline):
        return f"guest {found[1].decode()}"
    if found := re.search(rb"--log-file\0[^\0]*/([^\0/]+)\.log", cmdline):
        return found[1].decode()
    if found := re.search(rf"(?:^|\0){SERVICE_VARIABLE}=([^\0]+)".encode(), environ):
        return found[1].decode()
    return Path(cmdline.split(b"\0", 1)[0].decode(errors="replace")).name


def report(processes: list[int], services: dict[str, bool]) -> str:
    """A table of memory by service, with what does not run although it should, and the total.

    Args:
        processes: process ids as this process sees them.
        services: each started service, and whether it runs.
    """
    memory: dict[str, int] = defaultdict(int)
    for pid in processes:
        proc = Path("/proc") / str(pid)
        try:
            found = PSS.search((proc / "smaps_rollup").read_text())
            name = name_of((proc / "cmdline").read_bytes(), (proc / "environ").read_bytes())
        except OSError:
            continue  # it ended meanwhile
        memory[name] += int(found[1]) // 1024 if found else 0
    lines = [f"{name:32} {memory[name]:6} MiB" for name in sorted(memory, key=lambda name: -memory[name])]
    lines += [f"{name:32} NOT RUNNING" for name, running in sorted(services.items()) if not running]
    guests = sum(size for name, size in memory.items() if name.startswith("guest "))
    return "\n".join([*lines, f"{'total':32} {sum(memory.values()):6} MiB, {guests} MiB of it guests"])
