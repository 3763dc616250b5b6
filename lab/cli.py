"""The lab's command line."""

import argparse
import os
import subprocess
import time
from collections.abc import Callable, Sequence
from typing import get_args

from fleet.progress import say
from lab.cloud import layout, memory
from lab.cloud.faults import ApiFault
from lab.cloud.hypervisor import ServersKind
from lab.cloud.shell import LabError
from lab.lab import DEFAULT_FAKE_NAME, DEFAULT_NAME, Lab

OK, FAILED = 0, 1


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    root = argparse.ArgumentParser(
        prog="python -m lab", description="A real OpenStack of three regions on one machine."
    )
    commands = root.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install the distribution's packages that the lab needs").set_defaults(
        do=_install
    )
    commands.add_parser("image", help="build the guest images").set_defaults(do=_image)

    def command(name: str, do: Callable[[Lab, argparse.Namespace], int], text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text)
        added.set_defaults(
            do=lambda args: do(Lab(args.name or (DEFAULT_FAKE_NAME if args.fake else DEFAULT_NAME)), args)
        )
        added.add_argument("--fake", action="store_true", help="Nova's fake driver and no agents: the API alone")
        added.add_argument("--name", help=f"default: {DEFAULT_NAME}, with --fake {DEFAULT_FAKE_NAME}")
        return added

    up = command("up", _up, "start the lab, unless it is up")
    up.add_argument("--regions", help=f"default: {','.join(region.name for region in layout.ALL_REGIONS)}")
    up.add_argument("--servers", choices=get_args(ServersKind), default="containers", help="default: containers")
    command("down", _down, "end everything and remove the state; logs stay")
    command("status", _status, "services, guests and their memory")
    logs = command("logs", _logs, "the end of a service's log, or the names of the logs")
    logs.add_argument("service", nargs="?", help="the beginning of a log's name, such as neutron-server-gra11")
    run = command("run", _run, "run a command inside the lab: run [--name NAME] -- COMMAND...")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND")
    openrc = command("openrc", _openrc, "shell lines that set OS_* variables")
    openrc.add_argument("--region", default=layout.ALL_REGIONS[0].name)
    openrc.add_argument("--user", default="demo", choices=sorted(layout.PASSWORDS))
    fault = command("fault", _fault, "have the API answer errors")
    fault.add_argument("--service", choices=[*layout.SERVICES, "identity"])
    fault.add_argument("--status", type=int, default=500)
    fault.add_argument("--count", type=int, help="requests; 0: no limit; default: 1, with --seconds 0")
    fault.add_argument("--seconds", type=float, help="for this long at most")
    fault.add_argument("--method", default="", type=str.upper)
    fault.add_argument("--path", default="", help="paths that begin so")
    fault.add_argument("--region", default="")
    fault.add_argument("--clear", action="store_true", help="no faults any more")
    calls = command("calls", _calls, "how often each API call was made")
    calls.add_argument("--reset", action="store_true", help="count anew")
    return root


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit code; that of the command for `run`.
    """
    args = parser().parse_args(argv)
    try:
        code: int = args.do(args)
    except (LabError, ValueError) as error:
        say(f"error: {error}")
        return FAILED
    return code


def _install(_args: argparse.Namespace) -> int:
    Lab.install()
    return OK


def _image(_args: argparse.Namespace) -> int:
    print(Lab.image())
    return OK


def _up(lab: Lab, args: argparse.Namespace) -> int:
    lab.up(fake=args.fake, region_names=args.regions.split(",") if args.regions else None, servers=args.servers)
    return OK


def _down(lab: Lab, _args: argparse.Namespace) -> int:
    lab.down()
    return OK


def _status(lab: Lab, _args: argparse.Namespace) -> int:
    if not lab.is_up:
        print(f"the lab {lab.name} is down; its state and logs: {lab.home}")
        return FAILED
    table, complete = memory.report(lab.home, lab.processes(), lab.services())
    print(table)
    return OK if complete else FAILED


def _logs(lab: Lab, args: argparse.Namespace) -> int:
    wanted = args.service or ""
    found = sorted(path for path in lab.log.glob("*") if path.name.startswith(wanted) and path.stat().st_size)
    if not found:
        raise LabError(f"no such log in {lab.log}")
    if not wanted:
        print("\n".join(str(path) for path in found))
        return OK
    return subprocess.run(["tail", "-n", "50", *map(str, found)], check=False).returncode


def _run(lab: Lab, args: argparse.Namespace) -> int:
    argv = args.argv[1:] if args.argv[:1] == ["--"] else args.argv
    if not argv:
        raise ValueError("run needs a command: python -m lab run -- COMMAND...")
    entered = lab.enter(argv)
    os.execvp(entered[0], entered)  # noqa: S606 -- the command takes this process's place


def _openrc(lab: Lab, args: argparse.Namespace) -> int:
    for key, value in lab.openrc(args.region, args.user).items():
        print(f"export {key}='{value}'")
    return OK


def _fault(lab: Lab, args: argparse.Namespace) -> int:
    if args.clear:
        lab.set_faults()
        return OK
    if not args.service:
        raise ValueError("fault needs --service, or --clear")
    until = time.time() + args.seconds if args.seconds else 0
    count = args.count if args.count is not None else (0 if args.seconds else 1)
    lab.add_fault(ApiFault(args.service, args.status, count, until, args.method, args.path, args.region))
    return OK


def _calls(lab: Lab, args: argparse.Namespace) -> int:
    counted = lab.calls()
    for (service, region, method, path), count in sorted(counted.items()):
        print(f"{count:6}  {service:10} {region:6} {method:6} {path}")
    print(f"{counted.total():6}  in all")
    if args.reset:
        lab.reset_calls()
    return OK
