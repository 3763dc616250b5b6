"""Upgrade one site without an outage: drain it, hand the Redis master over, `pulumi up`, wait, put it back.

    python -m ops.roll gra sbg witness --site gra
    python -m ops.roll gra sbg witness --site gra --undo

It stops at the first thing that is not healthy, and what it drained stays so: run again, it goes on from there.
Exit status 1 then, with what was last seen and what to do.
"""

import argparse
import sys

from fleet.stacks import Stack, StackError, stacks
from ops import arguments
from ops.roll.plan import Step, plan, undo
from ops.roll.roll import Patience, StoppedError, roll
from ops.roll.site_controls import Operator, SiteControls
from settings.duration import seconds
from settings.environment import Environment


def main() -> int:
    """The command."""
    args = _arguments()
    try:
        found = {str(stack.raw()["site"]): stack for stack in stacks(args.stack, args.directory)}
        environment = _environment(found, args.site)
        controls = SiteControls(args.site, found, environment, Operator(args.ssh, args.identity, args.authority))
    except (StackError, StoppedError) as error:
        print(error, file=sys.stderr)
        return 1
    deadline = seconds(environment.roll.drain_deadline) if args.deadline is None else args.deadline
    caches = seconds(environment.dns.ttl) if environment.dns else 0
    try:
        situation = controls.situation()
        steps = undo(situation) if args.undo else plan(situation)
        for number, step in enumerate(steps, 1):
            print(f"{number}. {step}")
        if not steps:
            print(f"{args.site}: in service, and {'not drained' if args.undo else 'as described'}: nothing to do")
        if not steps or args.plan:
            return 0
        roll(controls, steps, Patience(deadline, caches=caches if Step.DNS_OUT in steps else 0), _say)
    except (StackError, StoppedError, KeyboardInterrupt) as stopped:
        print(f"\nSTOPPED: {stopped or 'interrupted'}", file=sys.stderr)
        _advise(controls, args.site)
        return 1
    _say(f"{args.site} is {'' if args.undo else 'rolled, '}healthy and in service")
    return 0


def _environment(found: dict[str, Stack], site: str) -> Environment:
    """The one that all stacks belong to; a roll needs the word of every site."""
    if site not in found:
        raise StackError(f"--site {site}: must be one of {', '.join(found)}")
    environment = Environment.model_validate(found[site].environment())
    if missing := sorted(set(environment.sites) - found.keys()):
        raise StackError(f"the environment has more sites: name the stacks of {', '.join(missing)} as well")
    return environment


def _advise(controls: SiteControls, site: str) -> None:
    """What is left as it is, and what there is to run."""
    for line in controls.out() or ["nothing is drained"]:
        print(f"  left: {line}", file=sys.stderr)
    print(f"  see what is wrong: make status\n  go on: make roll SITE={site}", file=sys.stderr)
    print(f"  put the site back as it is: make roll SITE={site} UNDO=1", file=sys.stderr)


def _say(line: str) -> None:
    print(line, flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m ops.roll", description="Upgrade one site without an outage.")
    arguments.add(parser, authority=True)
    parser.add_argument("--site", required=True, help="the one to roll")
    parser.add_argument("--undo", action="store_true", help="put it back into service as it is")
    parser.add_argument("--plan", action="store_true", help="only say what would be done")
    parser.add_argument("--deadline", type=float, help="seconds that meetings may go on; else roll.drain_deadline")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
