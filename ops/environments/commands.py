"""Test environments: whole ones, made from production's settings, which expire.

python -m ops env-up --name pr-42 --ttl 8h
python -m ops env-down --name pr-42
python -m ops env-sweep [--yes]
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from fleet.arguments import HERE, Directory
from fleet.command_line import CommandError
from ops.environments import down, sweep, up
from ops.environments.base import Base
from ops.environments.tools import Tools

Name = Annotated[str, "the environment's"]
Stacks = Annotated[str, "the stacks whose settings it takes; gra,sbg,witness by default"]
STACKS = "gra,sbg,witness"


def make(
    *,
    name: Name,
    ttl: Annotated[str, "such as 90m, 8h or 2d"],
    no_operators: Annotated[bool, "nobody may log in: nothing is pushed"] = False,
    base: Stacks = STACKS,
    directory: Directory = HERE,
) -> int:
    """Make one, or give it more time."""
    with _tools(base, directory) as tools:
        up.up(tools, name, ttl, operators=not no_operators)
    return 0


def end(
    *,
    name: Name,
    alone: Annotated[bool, "nobody else works on it: other machines' locks are void"] = False,
    missing_ok: Annotated[bool, "that there is none is no error"] = False,
    base: Stacks = STACKS,
    directory: Directory = HERE,
) -> int:
    """Take one down."""
    with _tools(base, directory) as tools:
        down.down(tools, name, alone=alone, missing_ok=missing_ok)
    return 0


def clear(*, yes: Annotated[bool, "and remove it"] = False, base: Stacks = STACKS, directory: Directory = HERE) -> int:
    """List what has expired and what no stack has."""
    with _tools(base, directory) as tools:
        sweep.sweep(tools, yes=yes)
    return 0


@contextmanager
def _tools(base: str, directory: Path) -> Iterator[Tools]:
    """What they work with; what the cloud refuses is the command's own failure."""
    try:
        yield Tools.on(Base.of(base.split(","), directory.resolve()))
    except (ClientException, SDKException) as error:
        raise CommandError(str(error)) from error
