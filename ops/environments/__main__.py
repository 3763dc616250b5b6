"""The command: up, down and sweep.

python -m ops.environments up --name pr-42 --ttl 8h
python -m ops.environments down --name pr-42
python -m ops.environments sweep [--yes]
"""

import argparse
import sys
from pathlib import Path

from keystoneauth1.exceptions import ClientException
from openstack.exceptions import SDKException

from fleet.stacks import StackError
from ops.environments.base import Base
from ops.environments.down import down
from ops.environments.sweep import sweep
from ops.environments.tools import Tools
from ops.environments.up import up


def main() -> int:
    """1 with the reason when it cannot."""
    parser = argparse.ArgumentParser(prog="python -m ops.environments", description="Test environments.")
    parser.add_argument(
        "--base", default="gra,sbg,witness", help="the stacks whose settings they take; default: %(default)s"
    )
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    commands = parser.add_subparsers(dest="command", required=True)
    making = commands.add_parser("up", help="make one, or give it more time")
    making.add_argument("--name", required=True)
    making.add_argument("--ttl", required=True, help="such as 90m, 8h or 2d")
    making.add_argument("--no-operators", action="store_true", help="nobody may log in: nothing is pushed")
    ending = commands.add_parser("down", help="take one down")
    ending.add_argument("--name", required=True)
    ending.add_argument("--alone", action="store_true", help="nobody else works on it: other machines' locks are void")
    ending.add_argument("--missing-ok", action="store_true", help="that there is none is no error")
    sweeping = commands.add_parser("sweep", help="list what has expired and what no stack has")
    sweeping.add_argument("--yes", action="store_true", help="and remove it")
    args = parser.parse_args()
    try:
        tools = Tools.on(Base.of(args.base.split(","), args.directory.resolve()))
        match args.command:
            case "up":
                up(tools, args.name, args.ttl, operators=not args.no_operators)
            case "down":
                down(tools, args.name, alone=args.alone, missing_ok=args.missing_ok)
            case _:
                sweep(tools, yes=args.yes)
    except (StackError, ClientException, SDKException) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
