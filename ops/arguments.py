"""What commands on a deployed environment have in common: its stacks, and how its servers are reached."""

import argparse
from pathlib import Path


def add(parser: argparse.ArgumentParser, *, authority: bool = False) -> None:
    """Add them: `stack`, `directory`, `ssh` and `identity`; with `authority` whom to trust at the edges, too."""
    parser.add_argument("stack", nargs="+", help="the stacks of the environment's sites")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    if authority:
        parser.add_argument("--authority", type=Path, help="the CA of the edges' certificate, if it is a private one")
    parser.add_argument("--ssh", type=Path, default=Path(".ssh"), help="where to write the SSH configuration")
    parser.add_argument("--identity", type=Path, help="the private key to log in with")
