"""`python -m lab.drill`: the failover drill on a lab that is up; `make drill` is it on the demo."""

import argparse
import sys
from contextlib import AbstractContextManager

from drill.__main__ import arguments, command
from drill.target import Target
from lab import Lab, demo
from lab.deployment import Deployment
from lab.drill_target import lab_target


def main() -> int:
    """The command; its exit status is the drill's."""
    parser = arguments("python -m lab.drill")
    parser.add_argument("--lab", default=demo.NAME, help="a lab that is up, with its stacks deployed")
    return command(parser.parse_args(), _on_lab)


def _on_lab(args: argparse.Namespace) -> AbstractContextManager[Target]:
    return lab_target(Deployment(Lab(args.lab)))


if __name__ == "__main__":
    sys.exit(main())
