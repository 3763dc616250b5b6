"""Upgrade one site, or make one meeting server anew, without an outage: drain, `pulumi up`, wait, put back.

    python -m ops roll gra sbg witness --site gra
    python -m ops roll gra sbg witness --node gra-meeting-2
    python -m ops roll gra sbg witness --site gra --undo

A site hands the Redis master over, too. It stops at the first thing that is not healthy, and what it drained stays so:
run again, it goes on from there. When the others no longer serve, it puts back what it drained instead. Exit status 1
then, with what was last seen and what to do. `--undo` asks nobody's health, and tells every edge and nameserver that
can be told.
"""

import argparse
import math
import sys
from typing import Annotated

from fleet.arguments import HERE, SSH, Authority, Directory, Identity, Ssh, Stacks
from fleet.command_line import Argument, CommandError
from fleet.environment import settings_of_all
from fleet.fleet import DeployedServer, known
from fleet.lease import HeldError
from fleet.nodes import either, neighbours, node, node_name
from fleet.stacks import Stack, StackError, stacks
from ops.roll.node_controls import NodeControls
from ops.roll.plan import Step, plan, undo
from ops.roll.roll import Patience, StoppedError, put_back, roll
from ops.roll.site_controls import Operator, SiteControls
from settings.duration import seconds
from settings.environment import Environment

# As roll.drain_deadline.
_LONGEST = 86_400


def deadline_seconds(word: str) -> float:
    """A deadline's seconds, from an argument."""
    try:
        given = float(word)
    except ValueError:
        given = math.nan
    if not 0 <= given <= _LONGEST:
        raise argparse.ArgumentTypeError(f"{word!r}: must be seconds, 0 to {_LONGEST}")
    return given


def main(
    stack: Stacks,
    *,
    site: Annotated[str | None, "the one to roll"] = None,
    node_: Annotated[str | None, "the meeting server to make anew, in its place"] = None,
    undo_: Annotated[bool, "put it back into service as it is"] = False,
    plan_: Annotated[bool, "only say what would be done"] = False,
    deadline: Annotated[
        float | None, Argument("seconds that meetings may go on; else roll.drain_deadline", deadline_seconds)
    ] = None,
    authority: Authority = None,
    ssh_: Ssh = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command."""
    either(site, node_)
    by_site = {one.site: one for one in stacks(stack, directory)}
    environment = _environment(by_site, site)
    operator = Operator(ssh_, identity, authority)
    if node_ is None:
        name, target = str(site), f"SITE={site}"
        controls = SiteControls(name, by_site, environment, operator)
    else:
        server = _node(by_site, environment, node_, undone=undo_)
        name, target = node_name(server), f"NODE={node_name(server)}"
        controls = NodeControls(server, by_site, environment, operator)
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
            print(f"{name}: in service, and {'not drained' if undo_ else 'as described'}: nothing to do")
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
        print(f"\nSTOPPED: {other}; if that is over: make roll {target} UNDO=1", file=sys.stderr)
        return 1
    except (StackError, StoppedError, KeyboardInterrupt) as stopped:
        print(f"\nSTOPPED: {stopped or 'interrupted'}", file=sys.stderr)
        _advise(controls, target)
        return 1
    _say(f"{name} is {'in service as it is' if undo_ else 'rolled, healthy and in service'}")
    return 0


def _environment(found: dict[str, Stack], site: str | None) -> Environment:
    """The one that all stacks belong to; a roll needs the word of every site."""
    if site is not None and site not in found:
        raise StackError(f"--site {site}: must be one of {', '.join(found)}")
    return settings_of_all(list(found.values()))


def _node(found: dict[str, Stack], environment: Environment, name: str, *, undone: bool) -> DeployedServer:
    """The meeting server of a name; whatever else is wanted with it is the site's to do.

    Raises:
        CommandError: there is none, or it cannot be rolled alone, and what to run instead.
    """
    deployed = known(list(found.values()))
    server = node(deployed, name)
    number, wanted = int(server.name.rpartition("-")[2]), environment.sites[server.site].meeting_nodes
    beside, why = neighbours(deployed, server), ""
    if not environment.edge.affinity:
        why = "edge.affinity is false: no edge can keep rooms from it alone: make roll"
    elif number > wanted:
        why = (
            f"{server.site} has meeting_nodes: {wanted}, so it is one too many: what drains and deletes it is make roll"
        )
    elif len(beside) + 1 < wanted:
        why = f"{server.site} has meeting_nodes: {wanted}, and {len(beside) + 1} of them: what makes them is make roll"
    elif not beside:
        why = f"{server.site} has no other meeting server: what sends new rooms to the other site is make roll"
    if why and not undone:
        raise CommandError(f"--node {name}: {why} SITE={server.site}")
    return server


def _advise(controls: SiteControls, target: str) -> None:
    """What is left as it is, and what there is to run."""
    for line in controls.out() or ["nothing is drained"]:
        print(f"  left: {line}", file=sys.stderr)
    print(f"  see what is wrong: make status\n  go on: make roll {target}", file=sys.stderr)
    what = "the site" if target.startswith("SITE") else "it"
    print(f"  put {what} back as it is: make roll {target} UNDO=1", file=sys.stderr)


def _say(line: str) -> None:
    print(line, flush=True)
