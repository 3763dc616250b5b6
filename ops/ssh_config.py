"""Write an SSH configuration: servers of operators' logins directly, the others through an edge, host keys known.

python -m ops ssh gra sbg witness --output .ssh
ssh -F .ssh/config production-gra-redis-1
"""

from pathlib import Path
from typing import Annotated

from fleet.arguments import HERE, SSH, Directory, Identity, Stacks
from fleet.fleet import fleet
from fleet.ssh import write
from fleet.stacks import stacks


def main(
    stack: Stacks,
    *,
    output: Annotated[Path, "where to write it; .ssh by default"] = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command."""
    print(f"ssh -F {write(fleet(stacks(stack, directory)), output, identity)} <server>")
    return 0
