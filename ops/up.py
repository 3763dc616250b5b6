"""Deploy all sites of an environment, each after the other, and tell them of each other.

    python -m ops up gra sbg witness [--yes]

With `dns` or `monitoring` sites push each other's public addresses, which the cloud gives out while it deploys: so once
all stacks are up `deployed` is written to Pulumi.yaml, and those that are told are asked again. Cut off anywhere, it
goes on from there.
"""

import subprocess
from collections.abc import Sequence
from typing import Annotated, Any

from fleet.arguments import HERE, Directory, Stacks
from fleet.command_line import CommandError
from fleet.stacks import stacks
from ops.init.environment_files import EnvironmentFiles, read


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


def _up(stack: Sequence[str], directory: Directory, *, yes: bool) -> None:
    for one in stack:
        line = ["pulumi", "up", "--cwd", str(directory), "--stack", one, *(["--yes"] if yes else [])]
        if status := subprocess.run(line, check=False).returncode:
            raise CommandError(f"stack {one}: pulumi up ended with {status}: mend it and say this again")
