"""Whose lock it is that the engine meets, and whether anybody still holds it."""

import os
import re
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

# No `up` and no `destroy` takes as long; after that the machine that locked the stack is taken for gone.
STALE = timedelta(hours=1)
_HOLDER = re.compile(r"created by \S+@(\S+) \(pid (\d+)\) at (\S+)")


@dataclass(frozen=True)
class Lock:
    """A lock on a stack, as the engine describes it."""

    host: str
    pid: int
    since: datetime

    def is_abandoned(self, now: datetime) -> bool:
        """Whether nobody holds it: its process is gone, or on another machine and too long ago."""
        if self.host == socket.gethostname():
            return not _runs(self.pid)
        return now - self.since > STALE

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since:%Y-%m-%dT%H:%MZ}"


def locks(said: str) -> list[Lock]:
    """The locks that the engine named when it refused to begin; none when it refused nothing."""
    return [Lock(host, int(pid), datetime.fromisoformat(since)) for host, pid, since in _HOLDER.findall(said)]


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
