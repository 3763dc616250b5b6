"""The lab's namespaces: network, mounts and processes of its own, held by one process whose end is the end of all."""

import contextlib
import os
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from fleet.until import until
from lab.cloud.shell import RUNTIME, LabError, alive

HOLDER = "holder.pid"
UNSHARE = ("unshare", "--net", "--mount", "--propagation", "private", "--pid", "--fork", "--kill-child", "--mount-proc")
ENTER_SECONDS = 60
END_SECONDS = 60


def hold(home: Path) -> None:
    """Start the holder on a state directory and wait until its namespaces are ready.

    Raises:
        LabError: they are not ready in time.
    """
    (home / "held").unlink(missing_ok=True)
    (home / "resolv.conf").touch()
    log = home / "log" / "holder.log"
    with log.open("ab") as out:
        process = subprocess.Popen(
            [
                *UNSHARE,
                str(RUNTIME / "holder.sh"),
                str(home),
            ],
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
            start_new_session=True,
        )
    deadline = time.monotonic() + ENTER_SECONDS
    while not (home / "held").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise LabError(f"the lab's namespaces could not be made (root is needed); see {log}")
        time.sleep(0.05)
    (home / HOLDER).write_text(f"{process.pid} {_born(process.pid)}")


def holder(home: Path) -> int:
    """The holder's process id, 0 when the lab is down. A process id that was used again is not taken for it."""
    try:
        pid, born = (home / HOLDER).read_text().split()
    except (FileNotFoundError, ValueError):
        return 0
    return int(pid) if alive(int(pid)) and _born(int(pid)) == born else 0


def inner(home: Path) -> int:
    """The first process inside, by its id outside.

    Raises:
        LabError: the lab is down.
    """
    outer = holder(home)
    children = Path(f"/proc/{outer}/task/{outer}/children").read_text().split() if outer else []
    if not children:
        raise LabError(f"the lab {home.name} is not up: python -m lab up")
    return int(children[0])


def processes(home: Path) -> dict[int, int]:
    """Every process inside: its id there, and outside."""
    space = _space(inner(home))
    found: dict[int, int] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and _space(int(entry.name)) == space:
            with contextlib.suppress(OSError, IndexError):  # it ended meanwhile
                status = (entry / "status").read_text()
                found[int(status.split("NSpid:")[1].splitlines()[0].split()[-1])] = int(entry.name)
    return found


def enter(home: Path, argv: Sequence[str]) -> list[str]:
    """The command line that runs a command inside the lab, in the present directory.

    Raises:
        LabError: the lab is down.
    """
    # Entering a mount namespace moves to its root: go back to where the caller is.
    return ["nsenter", "-t", str(inner(home)), "-n", "-m", "-p", "--", "env", "-C", os.getcwd(), *argv]  # noqa: PTH109


def end(home: Path) -> None:
    """Kill the holder, and with it everything inside.

    Raises:
        LabError: it does not end.
    """
    pid = holder(home)
    if pid:
        inner = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        for child in inner:  # the first process of the namespace: the kernel ends all others before it goes
            os.kill(int(child), 9)
        what = f"the end of process {pid}, which holds the lab {home.name}"
        until(lambda: "alive" if alive(pid) else "", seconds=END_SECONDS, what=what, error=LabError, pause=0.05)
    (home / HOLDER).unlink(missing_ok=True)


def _space(pid: int) -> str:
    try:
        return str(Path(f"/proc/{pid}/ns/pid").readlink())
    except OSError:
        return ""


def _born(pid: int) -> str:
    """The start time of a process, in clock ticks since boot: with the id it names one process for good."""
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[19]
