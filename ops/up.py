"""Deploy all sites of an environment, each after the other, and tell them of each other.

    python -m ops up gra sbg witness [--yes]

With `dns` or `monitoring` sites push each other's public addresses, which the cloud gives out while it deploys: so once
all stacks are up `deployed` is written to Pulumi.yaml, and those that are told are asked again. Cut off anywhere, it
goes on from there.

Before an environment's first network is made its regions are asked for others' in the way: what comes to be on one wire
with them would meet them without a word.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any

from fleet.arguments import HERE, Directory, Stacks
from fleet.bounded import NoAnswer, ask
from fleet.cloud import connected_once
from fleet.command_line import CommandError
from fleet.stacks import stacks
from ops.init.environment_files import EnvironmentFiles, read
from ops.preflight.command import PATIENCE, drafts, of_regions
from ops.preflight.network import in_the_way


def told(files: EnvironmentFiles) -> list[str]:
    """The stacks that push other sites' addresses: with a zone all, with monitoring the witness'."""
    sites: dict[str, Any] = files.value("sites") or {}
    if files.value("dns"):
        return list(files.stacks)
    watching = (
        {name for name, site in sites.items() if site.get("role") == "witness"} if files.value("monitoring") else ()
    )
    return [stack for stack in files.stacks if files.own(stack, "site") in watching]


def main(
    stack: Stacks = ("gra", "sbg", "witness"),
    *,
    yes: Annotated[bool, "ask nobody: each update is made"] = False,
    directory: Directory = HERE,
) -> int:
    """The command."""
    stacks(stack, directory)
    before = read(directory, stack)
    _refuse_clashes(stack, directory)
    _up(stack, directory, yes=yes)
    sites = [str(before.own(one, "site")) for one in stack]
    known = list(before.value("deployed") or ())
    again = told(before)
    if again and not {*sites} <= {*known}:
        whole = [*known, *(site for site in sites if site not in known)]
        before.changed([(before.shared("deployed"), whole)]).write(before)
        print(f"Pulumi.yaml: deployed: {', '.join(whole)}; {', '.join(again)} once more, with the addresses of all")
        _up(again, directory, yes=yes)
    return 0


def _refuse_clashes(stack: Sequence[str], directory: Path) -> None:
    """By the rule of `make preflight`; a region that does not say, and settings that are refused, are the engine's."""
    found, _ = drafts(stack, directory)
    questions = of_regions(found, {one.region for one in found}, connected_once(), {"network": in_the_way})
    answers = [answer for answer in ask(questions, PATIENCE).values() if not isinstance(answer, NoAnswer)]
    if None in answers:  # what it has stays, whatever is planned
        return
    if clashes := [str(line) for answer in answers for line in answer or ()]:
        anyway = "; ".join(f"pulumi up --stack {one}" for one in stack)
        raise CommandError("\n".join([*clashes, f"nothing was made; who knows that they never meet: {anyway}"]))


def _up(stack: Sequence[str], directory: Directory, *, yes: bool) -> None:
    for one in stack:
        line = ["pulumi", "up", "--cwd", str(directory), "--stack", one, *(["--yes"] if yes else [])]
        if status := subprocess.run(line, check=False).returncode:
            raise CommandError(f"stack {one}: pulumi up ended with {status}: mend it and say this again")
