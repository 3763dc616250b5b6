"""Faults that the lab's API proxy injects on demand, and the log of calls that it keeps.

Both are files in the state directory, so that a command outside the lab's namespaces can write and read them.
"""

import json
import re
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

IDENTIFIER = re.compile(r"\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b|\b[0-9a-f]{32}\b")
FAULTS, CALLS = "faults.json", "calls.log"


@dataclass(frozen=True)
class ApiFault:
    """Requests to answer with an error instead of passing them on, or to pass on later.

    Attributes:
        service: a type of the catalogue: compute, network, image, placement, identity.
        status: the HTTP status to answer.
        count: how many requests; 0 is no limit.
        until: Unix time at which it ends; 0 is never.
        method: this method alone, when given.
        path: paths that begin so, when given.
        region: this region alone, when given.
        retry_after: seconds after which to ask again, as the answer says; 0: it does not say.
        broken: no answer, the connection is reset: before the request is passed on, or when its service has done it.
        late: seconds after which it is passed on, and answered as ever; 0: it is not.
    """

    service: str
    status: int = 500
    count: int = 1
    until: float = 0
    method: str = ""
    path: str = ""
    region: str = ""
    retry_after: int = 0
    broken: Literal["", "before", "after"] = ""
    late: float = 0

    def matches(self, service: str, region: str, method: str, path: str) -> bool:
        """Whether a request is one of those meant."""
        return (
            service == self.service
            and self.region in {"", region}
            and self.method in {"", method}
            and path.startswith(self.path)
            and (not self.until or time.time() < self.until)
        )


def write(home: Path, faults: list[ApiFault]) -> None:
    """Replace the faults of a lab; the proxy sees it with the next request, and counts anew."""
    text = json.dumps({"written": time.time_ns(), "faults": [asdict(fault) for fault in faults]})
    new = home / f".{FAULTS}"
    new.write_text(text)
    new.replace(home / FAULTS)


def read(home: Path) -> list[ApiFault]:
    """The faults of a lab as they were ordered."""
    try:
        return [ApiFault(**fields) for fields in json.loads((home / FAULTS).read_text())["faults"]]
    except FileNotFoundError:
        return []


class Injector:
    """The proxy's view of the faults: follows the file, and counts down."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._seen: int | None = None
        self._left: list[tuple[ApiFault, int]] = []

    def fault_for(self, service: str, region: str, method: str, path: str) -> ApiFault | None:
        """What a request meets; None: it is passed on and answered."""
        self._follow()
        for position, (fault, left) in enumerate(self._left):
            if (left or not fault.count) and fault.matches(service, region, method, path):
                self._left[position] = (fault, left - 1 if fault.count else 0)
                return fault
        return None

    def _follow(self) -> None:
        try:
            changed = (self._home / FAULTS).stat().st_mtime_ns
        except FileNotFoundError:
            self._left = []
            return
        if changed != self._seen:
            self._seen = changed
            self._left = [(fault, fault.count) for fault in read(self._home)]


def template(path: str) -> str:
    """A path without query and identifiers: what calls are counted by."""
    return IDENTIFIER.sub("{id}", path.partition("?")[0])


def counts(home: Path) -> Counter[tuple[str, str, str, str]]:
    """How often each (service, region, method, path) was called since the last reset."""
    counted: Counter[tuple[str, str, str, str]] = Counter()
    try:
        lines = (home / CALLS).read_text().splitlines()
    except FileNotFoundError:
        return counted
    for line in lines:
        call = json.loads(line)
        counted[call["service"], call["region"], call["method"], template(call["path"])] += 1
    return counted


def reset(home: Path) -> None:
    """Forget the calls so far."""
    (home / CALLS).write_text("")
