"""Write an SSH configuration: servers of operators' logins directly, the others through an edge, host keys known.

python -m ops.ssh_config gra sbg witness --output .ssh
ssh -F .ssh/config production-gra-redis-1
"""

import argparse
import sys
from pathlib import Path

from fleet.fleet import fleet
from fleet.ssh import write
from fleet.stacks import StackError, stacks


def main() -> int:
    """The command; 1 with one line when it cannot."""
    parser = argparse.ArgumentParser(
        prog="python -m ops.ssh_config", description="Write an SSH configuration for the fleet."
    )
    parser.add_argument("stack", nargs="+")
    parser.add_argument("--output", type=Path, default=Path(".ssh"))
    parser.add_argument("--identity", type=Path)
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    args = parser.parse_args()
    try:
        path = write(fleet(stacks(args.stack, args.directory)), args.output, args.identity)
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"ssh -F {path} <server>")
    return 0


if __name__ == "__main__":
    sys.exit(main())
