"""Upgrade one site without an outage: drain it, hand the Redis master over, `pulumi up`, wait, put it back.

    python -m ops roll gra sbg witness --site gra
    python -m ops roll gra sbg witness --site gra --undo

It stops at the first thing that is not healthy, and what it drained stays so: run again, it goes on from there. When
the other site no longer serves, it opens the site again instead. Exit status 1 then, with what was last seen and what
to do. `--undo` asks nobody's health, and tells every edge and nameserver that can be told.
"""

import sys
from typing import Annotated

from fleet.arguments import HERE, SSH, Authority, Directory, Identity, Ssh, Stacks
from fleet.environment import settings_of_all
from fleet.lease import HeldError
from fleet.stacks import Stack, StackError, stacks
from ops.roll.plan import Step, plan, undo
from ops.roll.roll import Patience, StoppedError, put_back, roll
from ops.roll.site_controls import Operator, SiteControls
from settings.duration import seconds
from settings.environment import Environment


def main(
    stack: Stacks,
    *,
    site: Annotated[str, "the one to roll"],
    undo_: Annotated[bool, "put it back into service as it is"] = False,
    plan_: Annotated[bool, "only say what would be done"] = False,
    deadline: Annotated[float | None, "seconds that meetings may go on; else roll.drain_deadline"] = None,
    authority: Authority = None,
    ssh_: Ssh = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command."""
    by_site = {str(one.raw()["site"]): one for one in stacks(stack, directory)}
    environment = _environment(by_site, site)
    controls = SiteControls(site, by_site, environment, Operator(ssh_, identity, authority))
    patience = seconds(environment.roll.drain_deadline) if deadline is None else deadline
    caches = seconds(environment.dns.ttl) if environment.dns else 0
    try:
        if undo_:
            controls.forget_others()
        situation = controls.standing() if undo_ else controls.situation()
        steps = undo(situation) if undo_ else plan(situation)
        for number, step in enumerate(steps, 1):
            print(f"{number}. {step}")
        if not steps:
            print(f"{site}: in service, and {'not drained' if undo_ else 'as described'}: nothing to do")
        if (not steps or plan_) and not (undo_ and controls.silent()):
            return 0
        if undo_:
            put_back(controls, _say)
            if silent := controls.silent():
                raise StoppedError(f"in service as it is, where it can be told; {'; '.join(silent)}")
        else:
            with controls.alone():
                roll(controls, steps, Patience(patience, caches=caches if Step.DNS_OUT in steps else 0), _say)
    except HeldError as other:
        print(f"\nSTOPPED: {other}; if that is over: make roll SITE={site} UNDO=1", file=sys.stderr)
        return 1
    except (StackError, StoppedError, KeyboardInterrupt) as stopped:
        print(f"\nSTOPPED: {stopped or 'interrupted'}", file=sys.stderr)
        _advise(controls, site)
        return 1
    _say(f"{site} is {'in service as it is' if undo_ else 'rolled, healthy and in service'}")
    return 0


def _environment(found: dict[str, Stack], site: str) -> Environment:
    """The one that all stacks belong to; a roll needs the word of every site."""
    if site not in found:
        raise StackError(f"--site {site}: must be one of {', '.join(found)}")
    return settings_of_all(list(found.values()))


def _advise(controls: SiteControls, site: str) -> None:
    """What is left as it is, and what there is to run."""
    for line in controls.out() or ["nothing is drained"]:
        print(f"  left: {line}", file=sys.stderr)
    print(f"  see what is wrong: make status\n  go on: make roll SITE={site}", file=sys.stderr)
    print(f"  put the site back as it is: make roll SITE={site} UNDO=1", file=sys.stderr)


def _say(line: str) -> None:
    print(line, flush=True)
