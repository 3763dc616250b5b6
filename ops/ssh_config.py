"""Write an SSH configuration: servers of operators' logins directly, the others through an edge, host keys known.

python -m ops ssh gra sbg witness --output .ssh
ssh -F .ssh/config production-gra-redis-1
"""

import sys
from pathlib import Path
from typing import Annotated

from fleet.arguments import HERE, SSH, Directory, Identity, Stacks
from fleet.fleet import known
from fleet.ssh import write
from fleet.stacks import stacks


def main(
    stack: Stacks,
    *,
    output: Annotated[Path, "where to write it; .ssh by default"] = SSH,
    identity: Identity = None,
    directory: Directory = HERE,
) -> int:
    """The command: 1 when it is without a site."""
    deployed = known(stacks(stack, directory))
    path = write(deployed, output, identity)
    for finding in deployed.unknown:
        print(f"without {finding.what}: {finding.said}", file=sys.stderr)
    print(f"ssh -F {path} <server>")
    return 1 if deployed.unknown else 0
