"""The lab itself: a real OpenStack of three regions on one machine.

python -m lab up [--servers machines]
python -m lab run -- pulumi up
python -m lab fault --service network --status 500 --count 3 --method POST
python -m lab down
"""

import os
import subprocess
import time
from collections.abc import Sequence
from typing import Annotated

from fleet.command_line import Argument, one_of
from lab.cloud import layout, memory
from lab.cloud.faults import ApiFault
from lab.cloud.hypervisor import ServersKind
from lab.cloud.shell import LabError
from lab.lab import DEFAULT_FAKE_NAME, DEFAULT_NAME, Lab

OK, FAILED = 0, 1

Fake = Annotated[bool, "Nova's fake driver and no agents: the API alone"]
Name = Annotated[str | None, f"the lab's; {DEFAULT_NAME} by default, with --fake {DEFAULT_FAKE_NAME}"]


def _lab(name: str | None, *, fake: bool) -> Lab:
    return Lab(name or (DEFAULT_FAKE_NAME if fake else DEFAULT_NAME))


def install() -> int:
    """Install packages."""
    Lab.install()
    return OK


def image() -> int:
    """Build the guest images."""
    print(Lab.image())
    return OK


def up(
    *,
    regions: Annotated[str | None, "all by default: " + ",".join(region.name for region in layout.ALL_REGIONS)] = None,
    servers: Annotated[ServersKind, "containers by default"] = "containers",
    name: Name = None,
    fake: Fake = False,
) -> int:
    """Start it."""
    _lab(name, fake=fake).up(fake=fake, region_names=regions.split(",") if regions else None, servers=servers)
    return OK


def down(*, name: Name = None, fake: Fake = False) -> int:
    """End it."""
    _lab(name, fake=fake).down()
    return OK


def status(*, name: Name = None, fake: Fake = False) -> int:
    """Print its services and its memory."""
    lab = _lab(name, fake=fake)
    if not lab.is_up:
        print(f"the lab {lab.name} is down; its state and logs: {lab.home}")
        return FAILED
    table, complete = memory.report(lab.home, lab.processes(), lab.services())
    print(table)
    return OK if complete else FAILED


def logs(
    service: Annotated[str, "the beginning of a log's name, such as neutron-server-gra11; none: list them"] = "",
    *,
    name: Name = None,
    fake: Fake = False,
) -> int:
    """Print the end of a log, or the names of all."""
    lab = _lab(name, fake=fake)
    found = sorted(path for path in lab.log.glob("*") if path.name.startswith(service) and path.stat().st_size)
    if not found:
        raise LabError(f"no such log in {lab.log}")
    if not service:
        print("\n".join(str(path) for path in found))
        return OK
    return subprocess.run(["tail", "-n", "50", *map(str, found)], check=False).returncode


def run(
    command: Annotated[Sequence[str], "what to run inside, after --"], *, name: Name = None, fake: Fake = False
) -> int:
    """Run a command in this process's place."""
    entered = _lab(name, fake=fake).enter(command)
    os.execvp(entered[0], entered)  # noqa: S606 -- the command takes this process's place


def openrc(
    *,
    region: Annotated[str, f"{layout.ALL_REGIONS[0].name} by default"] = layout.ALL_REGIONS[0].name,
    user: Annotated[str, Argument("demo by default", one_of(sorted(layout.PASSWORDS)))] = "demo",
    name: Name = None,
    fake: Fake = False,
) -> int:
    """Print lines for a shell."""
    for key, value in _lab(name, fake=fake).openrc(region, user).items():
        print(f"export {key}='{value}'")
    return OK


def fault(
    *,
    service: Annotated[str | None, Argument("whose API", one_of([*layout.SERVICES, "identity"]))] = None,
    status: Annotated[int, "what it answers; 500 by default"] = 500,
    count: Annotated[int | None, "requests; 0: no limit; 1 by default, with --seconds 0"] = None,
    seconds: Annotated[float | None, "for this long at most"] = None,
    method: Annotated[str, Argument("any by default", str.upper)] = "",
    path: Annotated[str, "paths that begin so; any by default"] = "",
    region: Annotated[str, "any by default"] = "",
    clear: Annotated[bool, "no faults any more"] = False,
    name: Name = None,
    fake: Fake = False,
) -> int:
    """Have the API answer errors."""
    lab = _lab(name, fake=fake)
    if clear:
        lab.set_faults()
        return OK
    if not service:
        raise LabError("fault needs --service, or --clear")
    until = time.time() + seconds if seconds else 0
    wanted = count if count is not None else (0 if seconds else 1)
    lab.add_fault(ApiFault(service, status, wanted, until, method, path, region))
    return OK


def calls(*, reset: Annotated[bool, "count anew"] = False, name: Name = None, fake: Fake = False) -> int:
    """Print how often each API call was made."""
    lab = _lab(name, fake=fake)
    counted = lab.calls()
    for (service, region, method, path), count in sorted(counted.items()):
        print(f"{count:6}  {service:10} {region:6} {method:6} {path}")
    print(f"{counted.total():6}  in all")
    if reset:
        lab.reset_calls()
    return OK
