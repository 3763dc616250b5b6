"""The Pulumi engine on the command line.

python -m lab engine-install
eval "$(python -m lab engine-env)"
python -m lab exec -- pulumi preview --stack gra
"""

import os
import shlex
from collections.abc import Sequence
from typing import Annotated

from fleet.command_line import Argument, one_of
from fleet.progress import say
from lab.engine import EngineError, environment, gotools, official


def install() -> int:
    """Build what is missing."""
    ready = environment()
    cli = official.find()
    say(f"the official Pulumi CLI is used: {cli}" if cli else f"the engine is installed: {ready['PULUMI_HOME']}")
    return 0


def env() -> int:
    """Print lines for a shell."""
    for name, value in sorted(environment().items()):
        if os.environ.get(name) != value:
            print(f"export {name}={shlex.quote(value)}")
    return 0


def execute(command: Annotated[Sequence[str], "what to run, after --"]) -> int:
    """Run a command with the engine on its PATH, in this process's place."""
    os.environ.update(environment())
    try:
        os.execvp(command[0], list(command))  # noqa: S606 - replacing this process is the purpose
    except FileNotFoundError as error:
        raise EngineError(f"{command[0]}: not found on the PATH") from error


def tool(names: Annotated[Sequence[str], Argument("Go programs", one_of(sorted(gotools.TOOLS)))]) -> int:
    """Build them, and print their paths."""
    print(*map(gotools.build, names), sep="\n")
    return 0
