"""Whose lock it is that the engine meets, and whether anybody still holds it."""

import re
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

# No `up` and no `destroy` takes as long; after that the machine that locked the stack is taken for gone.
STALE = timedelta(hours=1)
_FIRST_NAMESPACE = 0xEFFFFFFC  # PROC_PID_INIT_INO of linux/proc_ns.h
_HOLDER = re.compile(r"created by \S+@(\S+) \(pid (\d+)\) at (\S+)")


@dataclass(frozen=True)
class Lock:
    """A lock on a stack, as the engine describes it."""

    host: str
    pid: int
    since: datetime

    def is_abandoned(self, now: datetime) -> bool:
        """Whether nobody holds it: its process is gone, or where nobody sees it from here, and too long ago.

        Containers may have this machine's name, each with numbers of its own for its processes.
        """
        if self.host == socket.gethostname() and sees_all():
            return not _runs(self.pid)
        return now - self.since > STALE

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since:%Y-%m-%dT%H:%MZ}"


def locks(said: str) -> list[Lock]:
    """The locks that the engine named when it refused to begin; none when it refused nothing."""
    return [Lock(host, int(pid), datetime.fromisoformat(since)) for host, pid, since in _HOLDER.findall(said)]


def sees_all() -> bool:
    """Whether every process of this machine is seen from here: not from inside of a container."""
    return str(Path("/proc/self/ns/pid").readlink()) == f"pid:[{_FIRST_NAMESPACE}]"


def _runs(pid: int) -> bool:
    """Whether a process has this number, here or in a container of this machine."""
    return any(pid in _numbers(process) for process in Path("/proc").glob("[0-9]*"))


def _numbers(process: Path) -> list[int]:
    """A process' numbers, from here to the container that it is in (proc(5), NSpid)."""
    try:
        status = (process / "status").read_text()
    except OSError:  # it has ended meanwhile
        return []
    return [int(number) for number in re.findall(r"^NSpid:(.*)$", status, re.MULTILINE)[0].split()]
