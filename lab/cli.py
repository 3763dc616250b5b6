"""The lab's command line."""

import argparse
import os
import subprocess
import time
from collections.abc import Sequence

from lab.cloud import layout
from lab.cloud.faults import Fault
from lab.cloud.shell import LabError, alive
from lab.lab import DEFAULT_FAKE_NAME, DEFAULT_NAME, Lab
from support.progress import say

OK, FAILED = 0, 1


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    root = argparse.ArgumentParser(
        prog="python -m lab", description="A real OpenStack of three regions on one machine."
    )
    commands = root.add_subparsers(dest="command", required=True)
    commands.add_parser("install", help="install the distribution's packages that the lab needs")
    commands.add_parser("image", help="build the guest images")

    def command(name: str, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text)
        added.add_argument("--fake", action="store_true", help="Nova's fake driver and no agents: the API alone")
        added.add_argument("--name", help=f"default: {DEFAULT_NAME}, with --fake {DEFAULT_FAKE_NAME}")
        return added

    up = command("up", "start the lab, unless it is up")
    up.add_argument("--regions", help=f"default: {','.join(region.name for region in layout.ALL_REGIONS)}")
    command("down", "end everything and remove the state; logs stay")
    command("status", "services, guests and their memory")
    logs = command("logs", "the end of a service's log, or the names of the logs")
    logs.add_argument("service", nargs="?", help="the beginning of a log's name, such as neutron-server-gra11")
    run = command("run", "run a command inside the lab: run [--name NAME] -- COMMAND...")
    run.add_argument("argv", nargs=argparse.REMAINDER, metavar="COMMAND")
    openrc = command("openrc", "shell lines that set OS_* variables")
    openrc.add_argument("--region", default=layout.ALL_REGIONS[0].name)
    openrc.add_argument("--user", default="demo", choices=sorted(layout.PASSWORDS))
    fault = command("fault", "have the API answer errors")
    fault.add_argument("--service", choices=[*layout.SERVICES, "identity"])
    fault.add_argument("--status", type=int, default=500)
    fault.add_argument("--count", type=int, default=1, help="requests; 0: no limit")
    fault.add_argument("--seconds", type=float, help="for this long, however many requests (unless --count is given)")
    fault.add_argument("--method", default="", type=str.upper)
    fault.add_argument("--path", default="", help="paths that begin so")
    fault.add_argument("--region", default="")
    fault.add_argument("--clear", action="store_true", help="no faults any more")
    calls = command("calls", "how often each API call was made")
    calls.add_argument("--reset", action="store_true", help="count anew")
    return root


def main(argv: Sequence[str]) -> int:
    """Run one command.

    Returns:
        The exit code; that of the command for `run`.
    """
    args = parser().parse_args(argv)
    try:
        return _dispatch(args)
    except (LabError, ValueError) as error:
        say(f"error: {error}")
        return FAILED


def _dispatch(args: argparse.Namespace) -> int:
    if args.command == "install":
        from lab.install import install

        install()
        return OK
    if args.command == "image":
        from lab.image.build import images

        print(images())
        return OK
    lab = Lab(args.name or (DEFAULT_FAKE_NAME if args.fake else DEFAULT_NAME))
    match args.command:
        case "up":
            lab.up(fake=args.fake, region_names=args.regions.split(",") if args.regions else None)
        case "down":
            lab.down()
        case "status":
            return OK if _status(lab) else FAILED
        case "logs":
            return _logs(lab, args.service)
        case "run":
            argv = args.argv[1:] if args.argv[:1] == ["--"] else args.argv
            if not argv:
                raise ValueError("run needs a command: python -m lab run -- COMMAND...")
            entered = lab.enter(argv)
            os.execvp(entered[0], entered)  # noqa: S606 -- the command takes this process's place
        case "openrc":
            for key, value in lab.openrc(args.region, args.user).items():
                print(f"export {key}='{value}'")
        case "fault":
            _fault(lab, args)
        case "calls":
            _calls(lab, reset=args.reset)
    return OK


def _status(lab: Lab) -> bool:
    if not lab.is_up:
        print(f"the lab {lab.name} is down; state and logs: {lab.home}")
        return False
    from lab.cloud.memory import report

    processes = lab.processes()
    running = {name: pid in processes and alive(processes[pid]) for name, pid in lab.services().items()}
    print(report(list(processes.values()), running))
    return True


def _logs(lab: Lab, service: str | None) -> int:
    found = sorted(path for path in lab.log.glob("*") if path.name.startswith(service or "") and path.stat().st_size)
    if not found:
        raise LabError(f"no such log in {lab.log}")
    if service is None:
        print("\n".join(str(path) for path in found))
        return OK
    return subprocess.run(["tail", "-n", "50", *map(str, found)], check=False).returncode


def _fault(lab: Lab, args: argparse.Namespace) -> None:
    if args.clear:
        lab.set_faults()
        return
    if not args.service:
        raise ValueError("fault needs --service, or --clear")
    until = time.time() + args.seconds if args.seconds else 0
    count = 0 if args.seconds and args.count == 1 else args.count
    lab.add_fault(Fault(args.service, args.status, count, until, args.method, args.path, args.region))


def _calls(lab: Lab, *, reset: bool) -> None:
    counted = lab.calls()
    for (service, region, method, path), count in sorted(counted.items()):
        print(f"{count:6}  {service:10} {region:6} {method:6} {path}")
    print(f"{counted.total():6}  in all")
    if reset:
        lab.reset_calls()
