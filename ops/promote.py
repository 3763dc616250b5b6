"""Make a site's Redis the master, by hand: where two sites vote and one is lost, nobody can elect.

    python -m ops.promote sbg
    python -m ops.promote sbg --alone

With `--alone` it takes writes though no replica is in reach, until one is. Only that site's stack and its edge are
asked: the other site may be gone.
"""

import argparse
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from fleet import ssh
from fleet.fleet import Fleet, fleet
from fleet.stacks import StackError, stacks

# The script on the server gives up after half a minute; the rest is two logins.
_SECONDS = 120


class NotPromotedError(Exception):
    """The site's Redis is not the master; the message says why."""


def promote(site: Fleet, config: Path, *, alone: bool = False) -> str:
    """Have the site's Sentinel make the Redis beside it the master.

    Args:
        site: the servers of the site's stack.
        config: the SSH configuration that reaches them.
        alone: have it take writes without a replica, until there is one.

    Returns:
        What the server said it did.

    Raises:
        NotPromotedError: there is no such server, it cannot be reached, or Sentinel refuses.
    """
    servers = site.of("redis")
    if not servers:
        raise NotPromotedError("the stack has no Redis that may be master: name the stack of a service site")
    try:
        done = ssh.run(config, servers[0].name, f"sudo redis-promote{' alone' if alone else ''}", timeout=_SECONDS)
    except subprocess.TimeoutExpired as error:
        raise NotPromotedError(f"{servers[0].name}: no answer in {error.timeout:.0f} s") from error
    if done.returncode:
        raise NotPromotedError(f"{servers[0].name}: {(done.stderr or done.stdout).strip()}")
    return done.stdout.strip()


def main() -> int:
    """The command; 1 with the reason when the site's Redis is not the master."""
    parser = argparse.ArgumentParser(prog="python -m ops.promote", description="Make a site's Redis the master.")
    parser.add_argument("stack", help="the site's stack")
    parser.add_argument("--alone", action="store_true", help="take writes though no replica is in reach, until one is")
    parser.add_argument("--identity", type=Path, help="the private key to log in with")
    parser.add_argument("--directory", type=Path, default=Path(), help="where the stacks' files are")
    args = parser.parse_args()
    try:
        site = fleet(stacks([args.stack], args.directory))
        with TemporaryDirectory() as directory:
            print(promote(site, ssh.write(site, Path(directory), args.identity), alone=args.alone))
    except (StackError, NotPromotedError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
